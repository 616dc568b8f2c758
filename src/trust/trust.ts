import type { Clock, Milliseconds } from '../model/clock.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { Signatures } from '../model/facts.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { DocumentKind } from './authority/authority.ts';
import { authoritiesBytes } from './authority/source.ts';
import type { TrustConfig } from './config.ts';
import { createDocuments, type HeldDocument, type Judgement, type VerifiedDocument } from './documents.ts';
import type { TrustEvent } from './event.ts';
import type { FailureCode } from './failure.ts';
import { isStrict } from './freshness/config.ts';
import type { FreshnessEvent } from './freshness/event.ts';
import { createFreshness } from './freshness/freshness.ts';
import { type LiveWatch, watchLogs } from './freshness/live.ts';
import { jobOf, openMaterial, type TrustMaterial } from './material.ts';
import { changeReport, freshnessReport } from './report.ts';
import { type CronSchedule, cronTasks } from './root/cron.ts';
import type { DocumentVerdict } from './verdict.ts';
import { createVerdicts, keyOf, type Question } from './verdicts.ts';
import { VERIFIER_VERSION } from './verifier-version.ts';
import { createVerifier } from './worker/verifier.ts';

/** A document as it was read, once: the bytes that were signed, and the bundles that came with them. */
export type SignedDocument = {
  readonly kind: DocumentKind;
  /** What it is called from version to version; without one it is remembered by its digest. */
  readonly name?: string;
  readonly bytes: Uint8Array;
  readonly bundles: readonly Uint8Array[];
  /** Also refuses a checkpoint older than one seen for this document. Default: what `trust.freshness.strict_marks` says. */
  readonly strictMark?: boolean;
};

/** What trust rests on at this moment, by digest: for the record of an activation. */
export type TrustIdentity = {
  readonly verifier: string;
  /** Over the canonical configuration of authorities and rules. */
  readonly authorities: Sha256Digest;
  readonly roots: Readonly<Record<string, Sha256Digest | 'root_stale' | 'root_unavailable'>>;
  readonly revocations: Sha256Digest | 'revocations_unavailable';
};

/** Whether documents can be verified at all. */
export type TrustState = {
  /** Documents that are held, verdicts that are kept, documents that wait or are being verified. */
  readonly documents: number;
  readonly verdicts: number;
  readonly pending: number;
} & ({ readonly kind: 'ready' } | Failed);

type Failed = { readonly kind: 'failed'; readonly code: FailureCode; readonly message: string };

/** Signatures become facts: verified off the way of decisions, looked up on it. */
export type Trust = {
  /**
   * Copies the document, verifies it in a thread, asks what was seen before, and holds it until it is released. Resolves whatever came
   * of it: `signatures` tells.
   */
  readonly verify: (document: SignedDocument) => Promise<VerifiedDocument>;
  /** What a decision asks at its own time: a look-up, in which revocations count at once. */
  readonly signatures: (handle: VerifiedDocument, now: Milliseconds) => Signatures;
  /** The verdict behind it, for whoever explains; undefined once released. */
  readonly verdict: (handle: VerifiedDocument) => DocumentVerdict | undefined;
  readonly release: (handle: VerifiedDocument) => void;
  /** Verifies everything held again, as the schedule does. Never throws. */
  readonly renew: () => Promise<void>;
  readonly state: () => TrustState;
  readonly identity: () => TrustIdentity;
  /** The bytes behind the digests of `identity` that can be had: roots, and authorities with rules. */
  readonly objects: () => readonly Uint8Array[];
  /** Ends threads, schedules and watches. The store of what was seen stays open: it is its opener's. */
  readonly close: () => Promise<void>;
};

export type TrustOptions = {
  readonly config: TrustConfig;
  /** What relative paths of the configuration are meant against. */
  readonly resolvePath: (path: string) => string;
  /** What was seen before. */
  readonly state: SharedState;
  readonly now: Clock;
  readonly fetch: typeof globalThis.fetch;
  /** Alarms and the like; severities `warning` and `error` are for an operator to act on. */
  readonly onEvent: (event: TrustEvent) => void;
  readonly cron?: CronSchedule;
  /** The program of the threads that verify; another one in tests. */
  readonly entry?: URL;
};

/** Between two looks at the roots' ages, while nothing is told of them: a timer can be late, as after the machine slept. */
const ROOTS_AGE_MS = 1_000;

/**
 * Opens all that signatures are verified by.
 *
 * @throws CodedError `config.invalid`, `root.*`, `durable.file_*` for what is configured and cannot be read; revocations that cannot be
 *   read are a state instead, in which nothing counts
 */
export async function openTrust(options: TrustOptions): Promise<Trust> {
  const { config, state, now, cron = cronTasks } = options;
  const onEvent = guarded(options.onEvent);
  const material = await openMaterial({ ...options, onEvent });
  const verifier = createVerifier({
    limits: config.verification,
    onEvent,
    ...(options.entry !== undefined && { entry: options.entry }),
  });
  const verdicts = createVerdicts(config.verification.verdicts, now);
  const freshness = createFreshness({
    state,
    now,
    onEvent: onFreshness,
    rememberedCheckpoints: config.freshness.remembered_checkpoints,
  });
  /** Of the roots and of what logs are believed; revocations have their own. */
  let changes = 0;
  const documents = createDocuments({
    judge,
    stand: (verdict, time) => {
      const { signatures, until } = material.stand(verdict, time);
      return { signatures, until: Math.min(until, time + ROOTS_AGE_MS) };
    },
    generation: () => changes + material.revocations.current().generation,
    freshness,
    now,
    onChange: (change) => onEvent(changeReport(change)),
  });

  async function judge({ kind, digest, bytes, bundles }: HeldDocument, anew: boolean): Promise<Judgement> {
    const question: Question = {
      document: digest,
      kind,
      bundles: bundles.map((bundle) => sha256(bundle)),
      roots: material.rootDigests(),
      authorities: material.digest,
      verifier: VERIFIER_VERSION,
    };
    const job = jobOf(material, { kind, artifact: { digest, bytes }, bundles }, now());
    return { key: keyOf(question), verdict: await verdicts.ask(question, () => verifier.verify(job), anew) };
  }

  /** One renewal at a time; whoever asks meanwhile gets the one after it, begun later than the question. */
  let running: Promise<void> | undefined;
  let closed = false;
  let next: { anew: boolean; readonly done: Promise<void> } | undefined;
  function renew(anew: boolean): Promise<void> {
    if (closed) return Promise.resolve();
    if (running === undefined) {
      running = documents.renew(anew).finally(() => {
        running = undefined;
      });
      return running;
    }
    if (next !== undefined) {
      next.anew ||= anew;
      return next.done;
    }
    const queued = { anew, done: running.then(() => begin()) };
    const begin = (): Promise<void> => {
      next = undefined;
      return renew(queued.anew);
    };
    next = queued;
    return queued.done;
  }

  function onFreshness(event: FreshnessEvent): void {
    onEvent(freshnessReport(event));
    // What was admitted on that log's word is reviewed at once.
    if (event.type === 'log_distrusted') changed();
  }

  function changed(): void {
    changes += 1;
    void renew(false);
  }

  const endings = [material.roots.onChange(changed), material.revocations.onChange(() => void renew(false))];
  const endSchedule = cron(config.verification.renew, () => renew(true));
  const live = liveWatch();
  live?.start();

  function liveWatch(): LiveWatch | undefined {
    if (config.freshness.live === undefined) return undefined;
    return watchLogs({
      config: config.freshness.live,
      rootOf: (name) => {
        const root = material.roots.current()[name];
        return root !== undefined && 'root' in root ? root.root : undefined;
      },
      marks: freshness.marks,
      fetch: options.fetch,
      now,
      onEvent: onFreshness,
    });
  }

  return {
    verify: ({ kind, name, bytes, bundles, strictMark }) => {
      const copy = Uint8Array.from(bytes);
      const digest = sha256(copy);
      return documents.hold({
        kind,
        ...(name !== undefined && { name }),
        digest,
        bytes: copy,
        bundles: bundles.map((bundle) => Uint8Array.from(bundle)),
        strictMark: strictMark ?? isStrict(config.freshness, kind, name ?? digest),
      });
    },
    signatures: documents.signatures,
    verdict: documents.verdict,
    release: documents.release,
    renew: () => renew(true),
    state: () => ({
      ...health(material),
      documents: documents.size(),
      verdicts: verdicts.size(),
      pending: verifier.pending(),
    }),
    identity: () => identityOf(material),
    objects: () => objectsOf(material),
    close: async () => {
      closed = true;
      for (const end of endings) end();
      await Promise.all([endSchedule(), live?.stop(), material.close()]);
      await verifier.close();
      await running;
    },
  };
}

function health({ revocations, rootSources }: TrustMaterial): { readonly kind: 'ready' } | Failed {
  const revoked = revocations.current();
  if (revoked.state === 'unavailable') {
    return { kind: 'failed', code: 'revocations_unavailable', message: revoked.message };
  }
  for (const root of Object.values(rootSources())) {
    if ('failure' in root) return { kind: 'failed', code: root.failure, message: root.message };
  }
  return { kind: 'ready' };
}

function identityOf({ digest, rootDigests, revocations }: TrustMaterial): TrustIdentity {
  const revoked = revocations.current();
  return {
    verifier: VERIFIER_VERSION,
    authorities: digest,
    roots: rootDigests(),
    revocations: revoked.state === 'ready' ? revoked.digest : 'revocations_unavailable',
  };
}

function objectsOf({ authorities, rules, rootSources }: TrustMaterial): readonly Uint8Array[] {
  const roots = Object.values(rootSources()).flatMap((root) => ('bytes' in root ? [root.bytes] : []));
  return [authoritiesBytes(authorities, rules), ...roots];
}

/** A sink whose failures end with it: whoever reports must break nothing that it reports about. */
function guarded(sink: TrustOptions['onEvent']): TrustOptions['onEvent'] {
  return (event) => {
    try {
      sink(event);
    } catch {
      // Nowhere is left to say it.
    }
  };
}
