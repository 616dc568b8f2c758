import { randomBytes } from 'node:crypto';
import type { AuditEvent } from './audit/event.ts';
import { type AuditLog, openAuditLog } from './audit/log.ts';
import { createRefusalCounter } from './audit/refusals.ts';
import {
  type ActivePolicy,
  type ActiveTrust,
  activatePolicy,
  activateTrust,
  loadFactSources,
  type ReportDenial,
} from './compose.ts';
import { type Config, configPath } from './config.ts';
import { evaluateInBatches } from './decision/batch.ts';
import { createDecide } from './decision/decide.ts';
import { createIds } from './decision/decision-id.ts';
import type { Deployment } from './decision/record.ts';
import type { Files } from './durable/files.ts';
import { type Schedule, timers } from './durable/schedule.ts';
import { CodedError, describeThrown } from './errors.ts';
import { createDecisionApp } from './http/app.ts';
import { createOperationsApp } from './http/operations.ts';
import { listen } from './http/server.ts';
import { createIdentify } from './identity/identify.ts';
import type { Log } from './observe/log.ts';
import { readinessOf } from './readiness.ts';
import {
  createAlarms,
  type RecordAlarm,
  recordActivation,
  recordRefusal,
  recordTrustChanges,
  type Stamp,
} from './records.ts';
import { describeState } from './state/config.ts';
import type { StateHealth } from './state/watch.ts';
import type { TrustEvent } from './trust/event.ts';
import { OPA_VERSION, VERSION } from './version.ts';

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

const NOT_LOADED = 'signatures are verified by `exequatur verify`; catalogues and plans are not yet loaded by them';

/** What the service reaches outside of the process; the system's own by default, others in tests. */
export type ServiceOutside = {
  readonly files?: Files;
  readonly schedule?: Schedule;
  readonly fetch?: typeof globalThis.fetch;
};

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
  const stamp: Stamp = { now: Date.now, newId: createIds(randomBytes) };
  const recordAlarm = createAlarms(audit, stamp);
  let active: ActiveTrust | undefined;
  let changes: ReturnType<typeof recordTrustChanges> | undefined;
  const close = async () => {
    await changes?.close();
    await active?.close();
  };
  try {
    active = await activateTrust(config, {
      now: stamp.now,
      fetch: outside.fetch ?? fetch,
      onEvent: (event) => reportTrust(event, recordAlarm, log),
      schedule: outside.schedule ?? timers,
      onState: (health) => reportTrust(stateEvent(health), recordAlarm, log),
    });
    const { trust } = active ?? {};
    if (trust !== undefined) {
      reportState(config, log);
      log.warn('signatures_not_loaded', { message: NOT_LOADED });
    }
    await recordActivation(audit, stamp, {
      policy,
      documents: catalogue.documents,
      deployment,
      ...(trust !== undefined && { trust }),
    });
    changes =
      trust && recordTrustChanges(audit, stamp, trust, (error) => log.error('trust_change_not_recorded', error));
    return await serve(config, log, stop, {
      audit,
      stamp,
      policy,
      sources,
      deployment,
      ...(active && { active }),
      close,
    });
  } catch (error) {
    await close();
    await audit.close();
    throw error;
  }
}

type Parts = {
  readonly audit: AuditLog;
  readonly stamp: Stamp;
  readonly policy: ActivePolicy;
  readonly sources: Omit<Awaited<ReturnType<typeof loadFactSources>>, 'catalogue'>;
  readonly deployment: Deployment;
  readonly active?: ActiveTrust;
  /** Ends what decisions rest on; the log is closed after it. */
  readonly close: () => Promise<void>;
};

async function serve(config: Config, log: Log, stop: AbortSignal, parts: Parts): Promise<Service> {
  const { audit, policy, stamp } = parts;
  const refusals = createRefusalCounter({
    append: audit.append,
    now: stamp.now,
    schedule: timers,
    newId: () => stamp.newId(stamp.now()),
  });
  const decide = createDecide({
    ...parts.sources,
    ...stamp,
    elapsedUs: () => performance.now() * 1000,
    evaluate: evaluateInBatches(policy.evaluate, setImmediate, () => performance.now()),
    append: audit.append,
    deployment: parts.deployment,
    permitMs: config.limits.permit_ms,
  });
  const decisionApp = createDecisionApp({
    identify: createIdentify(config.authentication),
    decide,
    recordRefusal: (identified, code, trace) => recordRefusal(audit, stamp, identified, code, trace),
    countRefusal: refusals.count,
    limits: config.limits,
    onUnexpected: (error) => log.error('request_failed', error),
  });
  const onError = (error: unknown) => log.error('server_failed', error);
  const operationsApp = createOperationsApp(() => readinessOf({ ...parts, stopping: stop.aborted }));
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
    await parts.close();
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

function stateEvent(health: StateHealth): TrustEvent {
  if (health.kind === 'ready')
    return { code: 'state.ready', severity: 'info', message: 'The state can be used again.' };
  const { code, message, cause } = health;
  return { code, severity: 'error', message, cause };
}

/** To the log, and what an operator must act on to the audit log as well. */
function reportTrust(event: TrustEvent, recordAlarm: RecordAlarm, log: Log): void {
  const { code, severity, message, cause } = event;
  const name = code.replaceAll('.', '_');
  if (severity === 'error') log.error(name, new CodedError(code, message, { cause }));
  else if (severity === 'warning')
    log.warn(name, { code, message, ...(cause !== undefined && { cause: describeThrown(cause) }) });
  else log.info(name, { code, message });
  // A root that is not refreshed is no error before it is stale; by then it may be too late to learn of it.
  if (severity !== 'error' && code !== 'root.refresh_failed') return;
  recordAlarm(event).catch((error: unknown) => log.error('alarm_not_recorded', error, { code }));
}

/** Where marks are forgotten with the process, that is said. */
function reportState({ state }: Config, log: Log): void {
  const message = describeState(state);
  if (state.store === 'memory') log.warn('state_in_memory', { message });
  else log.info('state', { message });
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
