import { CodedError } from '../../errors.ts';
import { logName } from '../log/origin.ts';
import type { RootState } from '../root/root-state.ts';
import type { TrustRoot } from '../root/trust-root.ts';
import type { LiveConfig, LiveLogConfig } from './config.ts';
import type { Fetching } from './fetch-bytes.ts';
import type { LogSource } from './live-tree.ts';

/** The trusted root of a name as it counts now, or why it does not; undefined where nobody can say why. */
export type RootOf = (name: string) => TrustRoot | Extract<RootState, { failure: unknown }> | undefined;

/**
 * What is wrong with the configured logs, given the roots that can be had: each with its remedy. For the start; the job itself reports
 * and goes on.
 */
export function liveLogProblems(config: LiveConfig, rootOf: RootOf): readonly string[] {
  return config.logs.flatMap((log) => {
    const root = rootOf(log.root);
    if (root === undefined || 'failure' in root || candidatesOf(log, root).length > 0) return [];
    return [
      `${log.origin}: the trusted root ${log.root} has no such log; correct the origin, or give the log_id that the root has for it`,
    ];
  });
}

/** Where a configured log is read, and which of the root's logs it may be. */
export function sourceOf(log: LiveLogConfig, rootOf: RootOf, fetching: Fetching): LogSource {
  const root = rootOf(log.root);
  const candidates = root === undefined || 'failure' in root ? [] : candidatesOf(log, root);
  const baseUrl = (log.base_url ?? candidates[0]?.baseUrl ?? log.origin).replace(/\/+$/, '');
  return { baseUrl, origin: log.origin, candidates, fetching };
}

/** Why a configured log is none that can be looked at: its root does not count now, or does not have it. */
export function noSuchLog(log: LiveLogConfig, rootOf: RootOf): CodedError {
  const root = rootOf(log.root);
  const nothing = `the trusted root ${log.root} cannot be had, so its log ${log.origin} is not looked at`;
  if (root === undefined) return new CodedError('trust.root_unavailable', nothing);
  if ('failure' in root) return new CodedError(`trust.${root.failure}`, `${nothing}: ${root.message}`);
  return new CodedError('log.unknown', `the trusted root ${log.root} has no log ${log.origin}`);
}

/** The root's logs that a configured one may be: by its id, or by its base URL, which is the origin with a scheme before it. */
function candidatesOf(log: LiveLogConfig, root: TrustRoot): TrustRoot['logs'] {
  return root.logs.filter(({ id, baseUrl }) =>
    log.log_id === undefined ? logName({ baseUrl }) === log.origin : id === log.log_id,
  );
}
