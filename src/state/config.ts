import { z } from 'zod';
import { isLoopbackHost } from '../model/loopback.ts';

const MIB = 1024 * 1024;

/** What bounds every store: a write beyond a bound is refused with `state.full`, and what stands stays. */
const bounds = {
  /** Keys that the store holds at most. */
  max_entries: z.int().min(1).max(1_000_000).default(100_000),
  /** Bytes of keys and values together. */
  max_bytes: z
    .int()
    .min(65_536)
    .max(64 * MIB)
    .default(16 * MIB),
};

const memory = z.strictObject({ store: z.literal('memory'), ...bounds });

const file = z.strictObject({
  store: z.literal('file'),
  /** The file, relative to the configuration's folder; for one process at a time. Made by `exequatur state init`. */
  path: z.string().min(1, 'must be the path of the file that exequatur state init makes'),
  ...bounds,
});

const redis = z
  .strictObject({
    store: z.literal('redis'),
    /** `rediss://[USER@]HOST[:PORT][/DATABASE]`, or `redis://…` on loopback. Without a password: that is in `password_file`. */
    url: z.string().max(1000).superRefine(checkUrl),
    /** A file with the password alone, relative to the configuration's folder; a line break at its end does not count. */
    password_file: z.string().min(1).optional(),
    /** PEM certificates of the authorities that may vouch for the server; default: those that Node trusts. */
    ca_file: z.string().min(1).optional(),
    /** Tells the stores in one Redis apart: the store is the one key `NAMESPACE:state`. */
    namespace: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, underscores and hyphens')
      .default('exequatur'),
    /** Milliseconds that connecting, one command, and the disk's confirmation of a write may each take. */
    timeout_ms: z.int().min(50).max(60_000).default(2000),
    /** Replicas whose disks must confirm a write besides the server's own. More than 0 needs `WAITAOF`: Redis 7.2 or Valkey. */
    replicas: z.int().min(0).max(10).default(0),
    /** Sends the password and the state in the clear over a network. */
    dangerously_allow_plaintext: z.boolean().default(false),
    /** Goes on where the server refuses to say (INFO, CONFIG) whether it keeps what it confirms. What it does say still counts. */
    dangerously_assume_persistence: z.boolean().default(false),
    ...bounds,
  })
  .superRefine((config, context) => {
    const url = URL.parse(config.url);
    if (url === null) return;
    if (url.protocol === 'redis:' && !isLoopbackHost(url.hostname) && !config.dangerously_allow_plaintext) {
      context.addIssue({
        code: 'custom',
        path: ['url'],
        message: `is refused without TLS off loopback: whoever is on the way could change the state; use rediss://, or set dangerously_allow_plaintext`,
      });
    }
    if (url.protocol === 'redis:' && config.ca_file !== undefined) {
      context.addIssue({ code: 'custom', path: ['ca_file'], message: 'has no use without TLS; use rediss:// in url' });
    }
    if (url.username !== '' && config.password_file === undefined) {
      context.addIssue({ code: 'custom', path: ['password_file'], message: 'is missing; url names a user' });
    }
  });

/**
 * The configuration's `state`: what must survive a restart and what replicas share. Default: memory, which does neither: `describeState`
 * says so, and the service with it when it starts.
 */
export const stateConfig = z
  .discriminatedUnion('store', [memory, file, redis], { error: 'must have a store: memory, file or redis' })
  .prefault({ store: 'memory' });

/** The configuration's `state`, with its defaults filled in. */
export type StateConfig = z.infer<typeof stateConfig>;
export type RedisStateConfig = z.infer<typeof redis>;
/** The bounds that every store has. */
export type StateBounds = Pick<StateConfig, 'max_entries' | 'max_bytes'>;

/** One sentence for the operator about what the configured store keeps, and a second one where that is little. */
export function describeState(config: StateConfig): string {
  switch (config.store) {
    case 'memory':
      return 'State is kept in MEMORY, for this process alone: every mark is forgotten when it ends, and replicas share none. Configure state.store: file or redis before anything relies on it.';
    case 'file':
      return `State is kept in the file ${config.path}, for one process at a time.`;
    case 'redis':
      return `State is kept in Redis, under the key ${config.namespace}:state.`;
  }
}

function checkUrl(text: string, context: z.RefinementCtx): void {
  const problem = urlProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
}

function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') {
    return 'must be rediss://HOST[:PORT][/DATABASE], or redis:// on loopback';
  }
  if (url.password !== '') return 'must not hold a password; put it into a file and name that in password_file';
  if (url.search !== '' || url.hash !== '') return 'must end with the database; nothing behind ? or # is read';
  if (!/^(\/\d{0,5})?$/.test(url.pathname)) return 'must name the database by its number, e.g. rediss://redis:6379/2';
  return undefined;
}
