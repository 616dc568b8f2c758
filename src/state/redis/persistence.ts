import type { CodedError } from '../../errors.ts';
import { stateFailure } from '../failure.ts';

/**
 * How a write is known to be on the server's disk: `waitaof` asks after each (Redis 7.2, Valkey); `always` rests on `appendfsync always`,
 * under which a server answers only after its fsync; `assumed` on the operator's word.
 */
export type Persistence = 'waitaof' | 'always' | 'assumed';

/** INFO's text as pairs. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\r\n')
      .filter((line) => line.includes(':') && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

/** CONFIG GET's reply (names and values in turn) as pairs; undefined for anything else. */
export function parseSettings(reply: unknown): ReadonlyMap<string, string> | undefined {
  if (!Array.isArray(reply) || reply.length % 2 !== 0) return undefined;
  const settings = new Map<string, string>();
  for (let at = 0; at < reply.length; at += 2) {
    const [name, value]: readonly unknown[] = reply.slice(at, at + 2);
    if (typeof name !== 'string' || typeof value !== 'string') return undefined;
    settings.set(name, value);
  }
  return settings;
}

/** Why a server with this INFO keeps no state, or undefined. A section that is missing says nothing against it: the rest is asked for. */
export function infoProblem(info: ReadonlyMap<string, string>, where: string): CodedError | undefined {
  const detail = { detail: { where } };
  if (info.get('loading') === '1') {
    return stateFailure('unavailable', `Redis (${where}) is still loading its data. It is asked again.`, detail);
  }
  if (info.get('cluster_enabled') === '1') {
    return stateFailure(
      'unsuitable',
      `Redis (${where}) is a cluster, which is not supported: the state is one key, and would gain nothing. Give it a Redis of its own.`,
      detail,
    );
  }
  const role = info.get('role');
  if (role !== undefined && role !== 'master') {
    return stateFailure('unsuitable', `Redis (${where}) is a replica. state.url must lead to the primary.`, detail);
  }
  if (info.get('maxmemory_policy')?.startsWith('allkeys') === true) {
    return stateFailure(
      'unsuitable',
      `Redis (${where}) may evict the state (maxmemory-policy ${info.get('maxmemory_policy')}). Set: CONFIG SET maxmemory-policy noeviction, and in redis.conf.`,
      detail,
    );
  }
  if (info.get('aof_enabled') === '0') {
    return notPersistent(
      where,
      'it keeps no append-only file, so that a restart loses writes that it confirmed. Set appendonly yes (and appendfsync always) in redis.conf, and by CONFIG SET',
    );
  }
  return undefined;
}

/** Why these settings do not let every confirmed write outlive a crash, or undefined. For servers without WAITAOF. */
export function settingsProblem(settings: ReadonlyMap<string, string>, where: string): CodedError | undefined {
  const wanted = { appendonly: 'yes', appendfsync: 'always', 'no-appendfsync-on-rewrite': 'no' };
  const wrong = Object.entries(wanted).filter(([name, value]) => settings.get(name) !== value);
  if (wrong.length === 0) return undefined;
  const found = wrong.map(([name]) => `${name} ${settings.get(name) ?? 'unknown'}`).join(', ');
  return notPersistent(
    where,
    `it confirms writes before its disk has them (${found}), and it has no WAITAOF to ask by. Set ${wrong
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')} in redis.conf and by CONFIG SET, or use Redis 7.2 or Valkey`,
  );
}

/**
 * Whether WAITAOF's reply (disks of the server, disks of replicas that have the connection's writes) is what was asked for; if not, why.
 */
export function waitAofProblem(reply: unknown, replicas: number, where: string): CodedError | undefined {
  const [local, remote]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  if (typeof local === 'number' && typeof remote === 'number' && local >= 1 && remote >= replicas) return undefined;
  return stateFailure(
    'unconfirmed',
    `Redis (${where}) did not confirm within state.timeout_ms that the write is on disk (own disk ${text(local)} of 1, replicas ${text(remote)} of ${replicas}). It may still get there: reading again tells. Check its disk and replicas; with appendfsync everysec a write waits up to a second and more.`,
    { detail: { where }, outcome: 'unknown' },
  );
}

export function notPersistent(where: string, why: string): CodedError {
  return stateFailure('not_persistent', `Redis (${where}) is not trusted with the state: ${why}.`, {
    detail: { where },
  });
}

function text(count: unknown): string {
  return typeof count === 'number' ? String(count) : 'unknown';
}
