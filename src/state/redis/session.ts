import { createClient, ErrorReply } from 'redis';
import type { RedisStateConfig } from '../config.ts';
import { stateFailure } from '../failure.ts';
import { fromConnection, fromErrorReply, tooSlow } from './failure.ts';
import {
  infoProblem,
  notPersistent,
  type Persistence,
  parseInfo,
  parseSettings,
  settingsProblem,
  waitAofProblem,
} from './persistence.ts';
import { type Proof, proofOf, SETTINGS, switchedOff, waitAof } from './proof.ts';
import { SCRIPTS } from './scripts.ts';

/** What is read from files at each connection, so that an exchanged password or certificate counts from the next one on. */
export type RedisSecrets = { readonly password?: string; readonly ca?: string };

/** One connection, checked: a server that keeps what it confirms, as far as it can be asked. Never mended: whoever needs one makes another. */
export type Session = {
  readonly persistence: Persistence;
  /** What proves writes durable; undefined where the operator vouches. */
  readonly proof: Proof | undefined;
  /** How the server is called in messages: host, port and key, no user. */
  readonly where: string;
  /**
   * Sends commands in a row on this one connection and waits for all replies; an error reply stands among them as an ErrorReply.
   *
   * @param waits the last of them may wait on the server for as long again as the time limit
   * @throws CodedError state.unavailable; the session has then ended, and what the commands did is unknown
   */
  readonly send: (commands: readonly (readonly string[])[], waits: boolean) => Promise<readonly unknown[]>;
  readonly ended: () => boolean;
  readonly end: () => void;
};

/**
 * Connects, and checks the server. Nothing is retried, and nothing is queued while there is no connection.
 *
 * @throws CodedError state.unavailable, state.forbidden, state.unsuitable, state.not_persistent, state.unconfirmed
 */
export async function openSession(config: RedisStateConfig, secrets: RedisSecrets): Promise<Session> {
  const session = await connect(config, secrets);
  try {
    const persistence = await checkServer(config, session);
    return { ...session, persistence, proof: proofOf(persistence, config, session.where) };
  } catch (error) {
    session.end();
    throw error;
  }
}

/** How a server and its store are called in messages. */
export function whereOf(config: RedisStateConfig): string {
  const url = new URL(config.url);
  return `${url.host}, key ${config.namespace}:state`;
}

type Connection = Omit<Session, 'persistence' | 'proof'>;

async function connect(config: RedisStateConfig, secrets: RedisSecrets): Promise<Connection> {
  const where = whereOf(config);
  const limit = config.timeout_ms;
  const client = makeClient(config, secrets);
  let ended = false;
  const end = (): void => {
    ended = true;
    client.destroy();
  };
  // The error itself reaches whoever waits for a reply.
  client.on('error', end);
  client.on('end', () => {
    ended = true;
  });
  try {
    await within(limit, client.connect(), () => tooSlow(where, limit));
  } catch (error) {
    end();
    throw fromConnection(error, where, 'not_written');
  }
  return {
    where,
    ended: () => ended,
    end,
    async send(commands, waits) {
      const bound = waits ? 2 * limit : limit;
      try {
        const replies = commands.map((command) =>
          client.sendCommand([...command]).catch((error: unknown) => {
            if (error instanceof ErrorReply) return error;
            throw error;
          }),
        );
        return await within(bound, Promise.all(replies), () => tooSlow(where, bound));
      } catch (error) {
        // What was sent may still run: on this connection nothing is asked again.
        end();
        throw fromConnection(error, where, 'unknown');
      }
    },
  };
}

function makeClient(config: RedisStateConfig, secrets: RedisSecrets) {
  const url = new URL(config.url);
  const database = Number(url.pathname.slice(1));
  const address = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    connectTimeout: config.timeout_ms,
    reconnectStrategy: false,
  } as const;
  return createClient({
    // RESP 2: every server has it, and nothing is pushed.
    RESP: 2,
    maintNotifications: 'disabled',
    disableClientInfo: true,
    disableOfflineQueue: true,
    // Ours are the time limits: the client's would leave the connection in use.
    commandOptions: { timeout: 4 * config.timeout_ms },
    socket:
      url.protocol === 'rediss:'
        ? { ...address, tls: true, minVersion: 'TLSv1.2', ...(secrets.ca === undefined ? {} : { ca: secrets.ca }) }
        : address,
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(secrets.password === undefined ? {} : { password: secrets.password }),
    ...(database === 0 ? {} : { database }),
  });
}

async function checkServer(config: RedisStateConfig, { send, where }: Connection): Promise<Persistence> {
  const [info, reply] = await send([['INFO', 'all'], SETTINGS], false);
  const trusting = config.dangerously_assume_persistence;
  if (typeof info === 'string') {
    const problem = infoProblem(parseInfo(info), where);
    if (problem !== undefined) throw problem;
  } else if (!trusting) {
    throw refused('INFO', info, where);
  }
  const [confirmed] = await send([waitAof(config)], true);
  if (Array.isArray(confirmed)) {
    const problem = waitAofProblem(confirmed, config.replicas, where);
    if (problem !== undefined) throw problem;
    await loadScripts(send, where);
    return 'waitaof';
  }
  const off = switchedOff(confirmed, where);
  if (off !== undefined) throw off;
  if (config.replicas > 0) {
    throw stateFailure(
      'unsuitable',
      `Redis (${where}) has no WAITAOF for this user, so that replicas cannot be asked whether they have a write on disk. Use Redis 7.2 or Valkey, let the user call WAITAOF, or set state.replicas to 0.`,
      { detail: { where } },
    );
  }
  const settings = parseSettings(reply);
  if (settings === undefined && !trusting) throw refused('CONFIG GET', reply, where);
  const problem = settings === undefined ? undefined : settingsProblem(settings, where);
  if (problem !== undefined) throw problem;
  await loadScripts(send, where);
  return settings === undefined ? 'assumed' : 'always';
}

async function loadScripts(send: Session['send'], where: string): Promise<void> {
  const commands = Object.values(SCRIPTS).map((script) => ['SCRIPT', 'LOAD', script.text]);
  for (const reply of await send(commands, false)) {
    // Where loading is not allowed, each script is sent whole when it is first called.
    if (reply instanceof ErrorReply && !/^(NOPERM|ERR)/.test(reply.message)) throw fromErrorReply(reply, where);
  }
}

function refused(command: string, reply: unknown, where: string): Error {
  if (reply instanceof ErrorReply && /^(NOAUTH|WRONGPASS|LOADING|MASTERDOWN)/.test(reply.message)) {
    return fromErrorReply(reply, where);
  }
  return notPersistent(
    where,
    `it does not answer ${command}, so that nobody knows whether it keeps what it confirms. Let this user call ${command}, or, where the provider vouches for an append-only file with appendfsync always, set state.dangerously_assume_persistence`,
  );
}

async function within<T>(milliseconds: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
