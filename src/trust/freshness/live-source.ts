import { schemeless } from '../log/note-key-id.ts';
import type { TrustRoot } from '../root/trust-root.ts';
import type { LiveConfig, LiveLogConfig } from './config.ts';
import type { Fetching } from './fetch-bytes.ts';
import type { LogSource } from './live-tree.ts';

/** The trusted root of a name as it counts now, or undefined where there is none. */
export type RootOf = (name: string) => TrustRoot | undefined;

/**
 * What is wrong with the configured logs, given the roots that can be had: each with its remedy. For the start; the job itself reports
 * and goes on.
 */
export function liveLogProblems(config: LiveConfig, rootOf: RootOf): readonly string[] {
  return config.logs.flatMap((log) => {
    const root = rootOf(log.root);
    if (root === undefined || candidatesOf(log, root).length > 0) return [];
    return [
      `${log.origin}: the trusted root ${log.root} has no such log; correct the origin, or give the log_id that the root has for it`,
    ];
  });
}

/** Where a configured log is read, and which of the root's logs it may be. */
export function sourceOf(log: LiveLogConfig, rootOf: RootOf, fetching: Fetching): LogSource {
  const root = rootOf(log.root);
  const candidates = root === undefined ? [] : candidatesOf(log, root);
  const baseUrl = (log.base_url ?? candidates[0]?.baseUrl ?? log.origin).replace(/\/+$/, '');
  return { baseUrl, origin: log.origin, candidates, fetching };
}

/** The root's logs that a configured one may be: by its id, or by its base URL, which is the origin with a scheme before it. */
function candidatesOf(log: LiveLogConfig, root: TrustRoot): TrustRoot['logs'] {
  return root.logs.filter(({ id, baseUrl }) =>
    log.log_id === undefined ? schemeless(baseUrl).replace(/\/+$/, '') === log.origin : id === log.log_id,
  );
}
