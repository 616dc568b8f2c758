import { randomBytes } from 'node:crypto';
import type { AuditEvent } from './audit/event.ts';
import { type AuditLog, openAuditLog } from './audit/log.ts';
import { createRefusalCounter } from './audit/refusals.ts';
import { type ActivePolicy, activatePolicy, loadFactSources, type ReportDenial } from './compose.ts';
import { type Config, configPath } from './config.ts';
import { evaluateInBatches } from './decision/batch.ts';
import { createDecide } from './decision/decide.ts';
import { createIds } from './decision/decision-id.ts';
import type { Identified } from './decision/facts.ts';
import type { Deployment, Trace } from './decision/record.ts';
import type { Files } from './durable/files.ts';
import { type Schedule, timers } from './durable/schedule.ts';
import { CodedError } from './errors.ts';
import { createDecisionApp } from './http/app.ts';
import { createOperationsApp, type Readiness } from './http/operations.ts';
import { listen } from './http/server.ts';
import { createIdentify } from './identity/identify.ts';
import { rfc3339 } from './model/clock.ts';
import type { Log } from './observe/log.ts';
import { OPA_VERSION, VERSION } from './version.ts';

const newId = createIds(randomBytes);

/** A running decision service. */
export type Service = {
  /** Base URLs, with the ports that were really taken. */
  readonly decisions: string;
  readonly operations: string;
  /** Revision and digest of the policy, and the log's folder: for the line that says that it runs. */
  readonly policy: string;
  readonly audit: string;
  /** Resolves once the service has ended in good order. */
  readonly ended: Promise<void>;
};

/** What the log reaches outside of the process; the system's own by default, others in tests of a failing disk. */
export type ServiceOutside = { readonly files?: Files; readonly schedule?: Schedule };

/**
 * The composition root: builds every part from the configuration, opens the log, records the activation, and listens. Ends when
 * `stop` says so: it refuses readiness, takes no more connections, finishes what is under way, and closes the log.
 *
 * @throws CodedError where a part cannot start; then nothing listens and the log is closed.
 */
export async function startService(
  config: Config,
  log: Log,
  stop: AbortSignal,
  outside: ServiceOutside = {},
): Promise<Service> {
  const { catalogue, ...sources } = await loadFactSources(config);
  const policy = await activatePolicy(config, reportOncePerSecond(log), stop);
  const audit = await openAuditLog({
    ...config.audit,
    folder: configPath(config, config.audit.folder),
    instance: config.instance,
    tenant: config.tenant,
    randomBytes,
    schedule: outside.schedule ?? timers,
    ...(outside.files !== undefined && { files: outside.files }),
    onEvent: (event) => reportAudit(event, log),
  });
  const deployment: Deployment = {
    engine: { version: VERSION, opa: OPA_VERSION },
    catalogue: { digests: catalogue.documents.map((document) => document.digest) },
  };
  try {
    await recordActivation(audit, policy, catalogue.documents, deployment);
    return await serve(config, log, stop, { audit, policy, sources, deployment });
  } catch (error) {
    await audit.close();
    throw error;
  }
}

type Parts = {
  readonly audit: AuditLog;
  readonly policy: ActivePolicy;
  readonly sources: Omit<Awaited<ReturnType<typeof loadFactSources>>, 'catalogue'>;
  readonly deployment: Deployment;
};

async function serve(config: Config, log: Log, stop: AbortSignal, parts: Parts): Promise<Service> {
  const { audit, policy } = parts;
  const refusals = createRefusalCounter({
    append: audit.append,
    now: Date.now,
    schedule: timers,
    newId: () => newId(Date.now()),
  });
  const decide = createDecide({
    ...parts.sources,
    now: Date.now,
    elapsedUs: () => performance.now() * 1000,
    newId,
    evaluate: evaluateInBatches(policy.evaluate, setImmediate, () => performance.now()),
    append: audit.append,
    deployment: parts.deployment,
    permitMs: config.limits.permit_ms,
  });
  const decisionApp = createDecisionApp({
    identify: createIdentify(config.authentication),
    decide,
    recordRefusal: (identified, code, trace) => recordRefusal(audit, identified, code, trace),
    countRefusal: refusals.count,
    limits: config.limits,
    onUnexpected: (error) => log.error('request_failed', error),
  });
  const onError = (error: unknown) => log.error('server_failed', error);
  const operationsApp = createOperationsApp(() => readiness(audit, policy, stop));
  const decisions = await listen(decisionApp, config.listen, config.limits, onError);
  const operations = await listen(operationsApp, config.operations, config.limits, onError).catch(
    async (error: unknown) => {
      await decisions.drain(0);
      throw error;
    },
  );
  log.info('listening', { decisions: decisions.url, operations: operations.url, policy: policy.identity });
  const ended = aborted(stop).then(async () => {
    log.info('draining');
    await decisions.drain(config.limits.drain_ms);
    await refusals.close();
    await audit.close();
    await operations.drain(0);
    log.info('stopped');
  });
  return {
    decisions: decisions.url,
    operations: operations.url,
    policy: `${policy.identity.revision} ${policy.identity.digest}`,
    audit: configPath(config, config.audit.folder),
    ended,
  };
}

/** What a record names by digest is kept beside it, before the first record that names it. */
async function recordActivation(
  audit: AuditLog,
  policy: ActivePolicy,
  documents: readonly {
    readonly bytes: Uint8Array;
    readonly id: string;
    readonly version: number;
    readonly digest: string;
  }[],
  deployment: Deployment,
): Promise<void> {
  await audit.keepObject(policy.bundle);
  for (const document of documents) await audit.keepObject(document.bytes);
  const now = Date.now();
  await audit.append({
    kind: 'activation',
    id: newId(now),
    time: rfc3339(now),
    body: {
      policy: policy.identity,
      engine: deployment.engine,
      catalogue: documents.map(({ id, version, digest }) => ({ id, version, digest })),
    },
  });
}

async function recordRefusal(audit: AuditLog, identified: Identified, code: string, trace: Trace): Promise<void> {
  const now = Date.now();
  await audit.append({
    kind: 'refusal',
    id: newId(now),
    time: rfc3339(now),
    body: {
      code,
      count: 1,
      caller: identified.caller,
      ...(trace.requestId !== undefined && { request_id: trace.requestId }),
      ...(trace.traceId !== undefined && { trace_id: trace.traceId }),
    },
  });
}

function readiness(audit: AuditLog, policy: ActivePolicy, stop: AbortSignal): Readiness {
  const state = audit.state();
  return {
    ready: state.kind === 'ready' && !stop.aborted,
    checks: {
      audit:
        state.kind === 'ready'
          ? { status: 'ready', low_space: state.lowSpace }
          : { status: 'failed', code: state.code, message: state.message },
      policy: { status: 'ready', ...policy.identity },
      process: { status: stop.aborted ? 'draining' : 'ready' },
    },
  };
}

/** Hostile input can break every evaluation: the log says each code once a second, and how often it kept silent. */
function reportOncePerSecond(log: Log): ReportDenial {
  const silent = new Map<string, { until: number; count: number }>();
  return ({ code, cause }) => {
    const now = performance.now();
    const before = silent.get(code);
    if (before !== undefined && now < before.until) {
      before.count++;
      return;
    }
    log.error('engine_denied', cause, { denial: code, not_logged_since: before?.count ?? 0 });
    silent.set(code, { until: now + 1000, count: 0 });
  };
}

function reportAudit(event: AuditEvent, log: Log): void {
  const { type, ...detail } = event;
  if ('cause' in detail)
    log.error(
      `audit_${type}`,
      detail.cause instanceof Error ? detail.cause : new CodedError(detail.code, detail.message),
      detail,
    );
  else if (type === 'space_low' || type === 'repaired') log.warn(`audit_${type}`, detail);
  else log.info(`audit_${type}`, detail);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
