import { randomBytes } from 'node:crypto';
import type { AuditEvent } from './audit/event.ts';
import { type AuditLog, openAuditLog, wasNotTaken } from './audit/log.ts';
import { createRefusalCounter } from './audit/refusals.ts';
import { type ActivePolicy, type ActiveTrust, activatePolicy, activateTrust, type ReportDenial } from './compose.ts';
import { type Config, configPath } from './config.ts';
import { evaluateInBatches } from './decision/batch.ts';
import { createDecide, type DecidePorts } from './decision/decide.ts';
import { createIds } from './decision/decision-id.ts';
import { createEnvironmentResolver } from './decision/environment.ts';
import { noPlans } from './decision/facts.ts';
import type { AppendRecord } from './decision/ports.ts';
import type { Deployment } from './decision/record.ts';
import type { ShelfEvent } from './document/shelved.ts';
import { type Documents, openDocuments } from './documents.ts';
import type { Files } from './durable/files.ts';
import { type Schedule, timers } from './durable/schedule.ts';
import { CodedError, describeThrown } from './errors.ts';
import { createDecisionApp } from './http/app.ts';
import { createOperationsApp } from './http/operations.ts';
import { listen } from './http/server.ts';
import { createIdentify } from './identity/identify.ts';
import { createNamedObjects, type NamedObjects } from './named-objects.ts';
import type { Log } from './observe/log.ts';
import { type OpenPlans, openPlans } from './plan/open.ts';
import { readinessOf } from './readiness.ts';
import {
  createAlarms,
  type RecordAlarm,
  recordActivation,
  recordDocument,
  recordRefusal,
  recordTrustChanges,
  type Stamp,
  trustMembers,
} from './records.ts';
import { describeState } from './state/config.ts';
import type { openState } from './state/open.ts';
import type { StateHealth } from './state/watch.ts';
import type { TrustEvent } from './trust/event.ts';
import type { Trust } from './trust/trust.ts';
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

/** What the service reaches outside of the process; the system's own by default, others in tests. */
export type ServiceOutside = {
  readonly files?: Files;
  readonly schedule?: Schedule;
  readonly fetch?: typeof globalThis.fetch;
  readonly openState?: typeof openState;
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
  const policy = await activatePolicy(config, reportOncePerSecond(log), stop);
  const stamp: Stamp = { now: Date.now, newId: createIds(randomBytes) };
  const schedule = outside.schedule ?? timers;
  const parts: Disposable[] = [];
  /** All of them, the log last, whatever one of them does. */
  const close = async () => {
    for (const part of parts.splice(0).reverse()) {
      await part.close().catch((error: unknown) => log.error('close_failed', error));
    }
  };
  let plans: OpenPlans | undefined;
  const audit = await openAuditLog({
    ...config.audit,
    folder: configPath(config, config.audit.folder),
    instance: config.instance,
    tenant: config.tenant,
    randomBytes,
    schedule,
    ...(outside.files !== undefined && { files: outside.files }),
    onEvent: (event) => {
      reportAudit(event, log);
      // What waited for the log to say what is left of it.
      if (event.type === 'recovered') plans?.poke();
    },
  });
  parts.push(audit);
  const recordAlarm = createAlarms(audit, stamp);
  try {
    const active = await activateTrust(config, {
      now: stamp.now,
      fetch: outside.fetch ?? fetch,
      onEvent: (event) => reportTrust(event, recordAlarm, log),
      schedule,
      onState: (health) => reportTrust(stateEvent(health), recordAlarm, log),
      ...(outside.openState !== undefined && { openState: outside.openState }),
    });
    if (active !== undefined) {
      parts.push(active);
      reportState(config, log);
    }
    const documents = await openDocuments({
      config,
      ...(active !== undefined && { trusted: active }),
      record: async (event) => {
        await recordDocument(audit, stamp, event);
        reportDocument(event, recordAlarm, log);
      },
      now: stamp.now,
      schedule,
      onError: (error) => log.error('document_failed', error),
      follow: true,
    });
    parts.push(documents);
    if (config.plans !== undefined && documents.plans !== undefined && active !== undefined) {
      plans = openPlans({
        ...documents.plans,
        config: config.plans,
        state: active.state,
        log: { id: audit.id, durableIndex: () => audit.state().durableIndex, findPermits: audit.findPermits },
        now: stamp.now,
        schedule,
        onFailure: (error) => log.error('plan_failed', error),
      });
      parts.push(plans);
      const recovered = await plans.recover();
      if (recovered.confirmed + recovered.released + recovered.open > 0) log.warn('plan_steps_recovered', recovered);
    }
    const named = createNamedObjects(audit);
    const deployment = deploymentOf(named, documents, active?.trust);
    parts.push({ close: async () => deployment.end() });
    await recordActivation({ ...audit, append: named.append }, stamp, {
      policy,
      deployment,
      ...(active !== undefined && { trust: active.trust }),
    });
    if (active !== undefined) {
      parts.push(
        recordTrustChanges(audit, stamp, active.trust, (error) => log.error('trust_change_not_recorded', error)),
      );
    }
    return await serve(config, log, stop, {
      audit,
      append: named.append,
      ready: () => {
        // Named now, if they are others than before.
        deployment.catalogue();
        deployment.trust();
        return named.kept();
      },
      stamp,
      schedule,
      policy,
      documents,
      ...(plans !== undefined && { plans }),
      deployment,
      ...(active && { active }),
      close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}

type Disposable = { readonly close: () => Promise<void> };

type Parts = {
  readonly audit: AuditLog;
  readonly append: AppendRecord;
  readonly ready: DecidePorts['ready'];
  readonly stamp: Stamp;
  readonly schedule: Schedule;
  readonly policy: ActivePolicy;
  readonly documents: Documents;
  readonly plans?: OpenPlans;
  readonly deployment: Deployment;
  readonly active?: ActiveTrust;
  /** Ends what decisions rest on, the log last. */
  readonly close: () => Promise<void>;
};

async function serve(config: Config, log: Log, stop: AbortSignal, parts: Parts): Promise<Service> {
  const { audit, policy, stamp, documents, plans } = parts;
  const refusals = createRefusalCounter({
    append: audit.append,
    now: stamp.now,
    schedule: parts.schedule,
    newId: () => stamp.newId(stamp.now()),
  });
  const decide = createDecide({
    ...stamp,
    tenant: config.tenant,
    lookUpTool: documents.lookUpTool,
    resolveEnvironment: createEnvironmentResolver(config.environments),
    readPlan: plans?.readPlan ?? noPlans,
    generation: documents.generation,
    elapsedUs: () => performance.now() * 1000,
    evaluate: evaluateInBatches(policy.evaluate, setImmediate, () => performance.now()),
    append: parts.append,
    ready: parts.ready,
    wasNotTaken,
    deployment: parts.deployment,
    permitMs: config.limits.permit_ms,
  });
  const decisionApp = createDecisionApp({
    identify: createIdentify(config.authentication),
    decide,
    submitPlan: plans?.submitPlan ?? refuseSubmission,
    showPlan: plans?.showPlan ?? (async () => undefined),
    showCatalogue: documents.showCatalogue,
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

async function refuseSubmission(): Promise<never> {
  throw new CodedError('plan.not_submitter', 'no plans are configured here; an operator can do so by `plans`');
}

/** What every record names of code, catalogue and trust; the last two by digests that follow what they are over. */
function deploymentOf(
  named: Pick<NamedObjects, 'name'>,
  documents: Pick<Documents, 'manifest' | 'catalogue'>,
  trust: Trust | undefined,
): Deployment & { readonly end: () => void } {
  const nameCatalogue = () => ({ digest: named.name(documents.manifest()) });
  const nameTrust = () => (trust === undefined ? null : { digest: named.name(trustMembers(trust)) });
  let listed = documents.catalogue.active();
  let [catalogue, trusted] = [nameCatalogue(), nameTrust()];
  const end = trust?.onIdentity(() => {
    trusted = nameTrust();
  });
  return {
    engine: { version: VERSION, opa: OPA_VERSION },
    catalogue: () => {
      // The same list while nothing changed.
      const current = documents.catalogue.active();
      if (current !== listed) catalogue = nameCatalogue();
      listed = current;
      return catalogue;
    },
    trust: () => trusted,
    end: () => end?.(),
  };
}

/** To the log, and what somebody may be behind as an alarm as well. */
function reportDocument(event: ShelfEvent, recordAlarm: RecordAlarm, log: Log): void {
  const { type, source, message, failed, alarm } = event;
  const codes = failed.map(({ code }) => code);
  // That a rule is not met follows from another reason, where there is one.
  const code = `document.${codes.find((one) => one !== 'rule_not_met') ?? codes[0] ?? type}`;
  if (type === 'activated') log.info('document_activated', { source, message });
  else if (alarm) log.error(`document_${type}`, new CodedError(code, message), { source, codes });
  else log.warn(`document_${type}`, { source, message, codes });
  if (!alarm) return;
  recordAlarm({ code, severity: 'error', message }).catch((error: unknown) =>
    log.error('alarm_not_recorded', error, { source }),
  );
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
