import { randomBytes } from 'node:crypto';
import { type AuditLog, openAuditLog, wasNotTaken } from './audit/log.ts';
import { createRefusalCounter } from './audit/refusals.ts';
import { type ActivePolicy, type ActiveTrust, activatePolicy, activateTrust } from './compose.ts';
import { type Config, configPath } from './config.ts';
import { evaluateInBatches } from './decision/batch.ts';
import { createDecide, type DecidePorts } from './decision/decide.ts';
import { createIds } from './decision/decision-id.ts';
import { createEnvironmentResolver } from './decision/environment.ts';
import { noPlans } from './decision/facts.ts';
import type { AppendRecord } from './decision/ports.ts';
import type { Deployment } from './decision/record.ts';
import { deploymentOf } from './deployment.ts';
import { type Documents, openDocuments } from './documents.ts';
import type { Files } from './durable/files.ts';
import { type Schedule, timers } from './durable/schedule.ts';
import { CodedError } from './errors.ts';
import { createDecisionApp } from './http/app.ts';
import { createOperationsApp } from './http/operations.ts';
import { listen } from './http/server.ts';
import { createIdentify } from './identity/identify.ts';
import { createNamedObjects } from './named-objects.ts';
import type { Log } from './observe/log.ts';
import { type OpenPlans, openPlans } from './plan/open.ts';
import { readinessOf } from './readiness.ts';
import {
  createAlarms,
  recordActivation,
  recordDocument,
  recordRefusal,
  recordTrustChanges,
  type Stamp,
} from './records.ts';
import { reportAudit, reportDocument, reportOncePerSecond, reportState, reportTrust, stateEvent } from './reports.ts';
import type { openState } from './state/open.ts';

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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
