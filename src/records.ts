import type { AuditLog } from './audit/log.ts';
import type { ActivePolicy } from './compose.ts';
import type { Identified } from './decision/facts.ts';
import type { Deployment, Trace } from './decision/record.ts';
import type { ShelfEvent } from './document/shelved.ts';
import { canonicalize } from './model/canonical.ts';
import { type Clock, rfc3339 } from './model/clock.ts';
import type { DecisionId } from './model/decision.ts';
import type { JsonObject } from './model/json.ts';
import type { AppendedRecord, RecordKind } from './model/record.ts';
import type { TrustEvent } from './trust/event.ts';
import type { Trust } from './trust/trust.ts';

/** What gives every record its time and its id. */
export type Stamp = { readonly now: Clock; readonly newId: (time: number) => DecisionId };

/** What decides from now on. */
type Activation = {
  readonly policy: ActivePolicy;
  readonly deployment: Deployment;
  readonly trust?: Trust;
};

/** Records what decides from now on. What a record names by digest is kept beside it, before the first record that names it. */
export async function recordActivation(
  audit: Pick<AuditLog, 'append' | 'keepObject'>,
  stamp: Stamp,
  activation: Activation,
): Promise<void> {
  const { policy, deployment, trust } = activation;
  await audit.keepObject(policy.bundle);
  for (const object of trust?.objects() ?? []) await audit.keepObject(object);
  await appendRecord(audit, stamp, 'activation', {
    policy: policy.identity,
    engine: deployment.engine,
    catalogue: deployment.catalogue(),
    ...(trust !== undefined && trustMembers(trust)),
  });
}

/**
 * Records what signatures are verified by whenever that has changed, from now on, in the order of the changes. A change back before it
 * was written leaves no record: nothing was verified by it that its own record does not name.
 */
export function recordTrustChanges(
  audit: Pick<AuditLog, 'append' | 'keepObject'>,
  stamp: Stamp,
  trust: Pick<Trust, 'identity' | 'objects' | 'onIdentity'>,
  onFailure: (error: unknown) => void,
): { readonly close: () => Promise<void> } {
  let recorded = canonicalize(trustMembers(trust));
  let last = Promise.resolve();
  async function record(): Promise<void> {
    const members = trustMembers(trust);
    const objects = trust.objects();
    const current = canonicalize(members);
    if (current === recorded) return;
    for (const object of objects) await audit.keepObject(object);
    await appendRecord(audit, stamp, 'activation', members);
    recorded = current;
  }
  const end = trust.onIdentity(() => {
    last = last.then(record).catch(onFailure);
  });
  return {
    close: async () => {
      end();
      await last;
    },
  };
}

/** Revocations stand beside `trust`, whose digests name objects: they change too often, and say too much, to be kept as such. */
export function trustMembers(trust: Pick<Trust, 'identity'>): JsonObject {
  const { revocations, ...rest } = trust.identity();
  return { trust: rest, revocations };
}

const KINDS = { activated: 'activation', refused: 'refusal', withdrawn: 'withdrawal' } as const;

/** Records what became of a signed document. One that counts from now on is kept beside the record, with its bundles. @throws CodedError `audit.*` */
export async function recordDocument(
  audit: Pick<AuditLog, 'append' | 'keepObject'>,
  stamp: Stamp,
  event: ShelfEvent,
): Promise<void> {
  const { type, kind, id, version, digest, source, failed, message, signatures, alarm, bytes, bundles = [] } = event;
  const kept: string[] = [];
  if (bytes !== undefined) {
    await audit.keepObject(bytes, '.json');
    for (const bundle of bundles) kept.push(await audit.keepObject(bundle, '.sigstore.json'));
  }
  await appendRecord(audit, stamp, KINDS[type], {
    document: {
      kind,
      ...(id !== undefined && { id }),
      ...(version !== undefined && { version }),
      digest,
      source: bounded(source),
      ...(kept.length > 0 && { bundles: kept }),
    },
    failed: failed.slice(0, MAX_FAILED),
    message: bounded(message),
    ...(signatures !== undefined && { signatures: { ...signatures, failed: signatures.failed.slice(0, MAX_FAILED) } }),
    alarm,
  });
}

/** A text of foreign origin that a record holds. */
function bounded(text: string): string {
  return text.slice(0, MAX_MESSAGE).toWellFormed();
}

/** Records that a request was refused before anybody decided it. */
export async function recordRefusal(
  audit: Pick<AuditLog, 'append'>,
  stamp: Stamp,
  identified: Identified,
  code: string,
  trace: Trace,
): Promise<void> {
  await appendRecord(audit, stamp, 'refusal', {
    code,
    count: 1,
    caller: identified.caller,
    ...(trace.requestId !== undefined && { request_id: trace.requestId }),
    ...(trace.traceId !== undefined && { trace_id: trace.traceId }),
  });
}

/** Takes what an operator must see though no request caused it. */
export type RecordAlarm = (event: TrustEvent) => Promise<void>;

/** How long the same alarm is not recorded again, and how many are remembered. */
const SAME_ALARM_MS = 60_000;
const ALARMS_KNOWN = 1000;

/** Records alarms; the same one, as for every document while a store is away, once a minute. */
export function createAlarms(audit: Pick<AuditLog, 'append'>, stamp: Stamp): RecordAlarm {
  const known = new Map<string, number>();
  return async ({ code, severity, message }) => {
    const time = stamp.now();
    const key = `${code} ${message}`;
    if (time < (known.get(key) ?? 0)) return;
    if (known.size >= ALARMS_KNOWN) known.clear();
    known.set(key, time + SAME_ALARM_MS);
    await appendRecord(audit, stamp, 'alarm', {
      code,
      severity,
      message: bounded(message),
    });
  };
}

/** A record has 64 KiB at most. */
const MAX_MESSAGE = 8192;
/** A document that many authorities might have signed fails for each of them. */
const MAX_FAILED = 64;

/** Appends a record with a time and an id of its own; resolves once it is durable, with where it stands. @throws CodedError `audit.*` */
export async function appendRecord(
  audit: Pick<AuditLog, 'append'>,
  { now, newId }: Stamp,
  kind: RecordKind,
  body: JsonObject,
): Promise<AppendedRecord & { readonly id: DecisionId }> {
  const time = now();
  const id = newId(time);
  return { id, ...(await audit.append({ kind, id, time: rfc3339(time), body })) };
}
