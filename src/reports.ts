import type { AuditEvent } from './audit/event.ts';
import type { ReportDenial } from './compose.ts';
import type { Config } from './config.ts';
import type { ShelfEvent } from './document/shelved.ts';
import { CodedError, describeThrown } from './errors.ts';
import type { Log } from './observe/log.ts';
import type { RecordAlarm } from './records.ts';
import { describeState } from './state/config.ts';
import type { StateHealth } from './state/watch.ts';
import type { TrustEvent } from './trust/event.ts';

/** To the log, and what somebody may be behind as an alarm as well. */
export function reportDocument(event: ShelfEvent, recordAlarm: RecordAlarm, log: Log): void {
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

/** The store was lost, or is back. */
export function stateEvent(health: StateHealth): TrustEvent {
  if (health.kind === 'ready')
    return { code: 'state.ready', severity: 'info', message: 'The state can be used again.' };
  const { code, message, cause } = health;
  return { code, severity: 'error', message, cause };
}

/** To the log, and what an operator must act on to the audit log as well. */
export function reportTrust(event: TrustEvent, recordAlarm: RecordAlarm, log: Log): void {
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
export function reportState({ state }: Config, log: Log): void {
  const message = describeState(state);
  if (state.store === 'memory') log.warn('state_in_memory', { message });
  else log.info('state', { message });
}

/** Hostile input can break every evaluation: the log says each code once a second, and how often it kept silent. */
export function reportOncePerSecond(log: Log): ReportDenial {
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

/** What the audit log reports besides its answers. */
export function reportAudit(event: AuditEvent, log: Log): void {
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
