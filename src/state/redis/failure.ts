import { ErrorReply } from 'redis';
import { CodedError, codeOf, describeThrown } from '../../errors.ts';
import { type Outcome, stateFailure } from '../failure.ts';

/** Error replies after which a new connection may do better than this one: another server may stand behind the name by then. */
export function endsSession(error: CodedError): boolean {
  return error.code === 'state.unsuitable' || error.code === 'state.not_persistent' || error.code === 'state.forbidden';
}

/** How servers say that the user lacks a command within a script, in an ERR like any other: Valkey 9, and Redis 7.0. */
const LACKS = /ACL failure in script|The user executing the script can't run this command/;

/** What a server's error reply means, by its first word. */
export function fromErrorReply(reply: ErrorReply, where: string, outcome?: Outcome): CodedError {
  const word = LACKS.test(reply.message) ? 'NOPERM' : (/^[A-Z]{2,20}(?= |$)/.exec(reply.message)?.[0] ?? 'ERR');
  const options = { cause: reply, detail: { where, reply: word }, ...(outcome === undefined ? {} : { outcome }) };
  switch (word) {
    case 'NOAUTH':
    case 'WRONGPASS':
    case 'NOPERM':
      return stateFailure(
        'forbidden',
        `Redis (${where}) refuses this client (${word}). Check the user in state.url, state.password_file, and the commands that docs/state.md lists for the user.`,
        options,
      );
    case 'READONLY':
    case 'MOVED':
    case 'ASK':
    case 'CROSSSLOT':
    case 'CLUSTERDOWN':
      return stateFailure(
        'unsuitable',
        `Redis (${where}) does not take writes for this key (${word}). state.url must lead to the one primary of a Redis that is not a cluster.`,
        options,
      );
    case 'WRONGTYPE':
      return torn(where, 'its key holds something else');
    default:
      return stateFailure(
        'unavailable',
        `Redis (${where}) could not do it (${word}). Look at the server's log and its memory and disk.`,
        options,
      );
  }
}

/** What it means that a connection could not be made, broke or was too slow. */
export function fromConnection(error: unknown, where: string, outcome?: Outcome): CodedError {
  if (error instanceof CodedError) return error;
  if (error instanceof ErrorReply) return fromErrorReply(error, where, outcome);
  const why = codeOf(error) ?? describeThrown(error);
  const asked =
    outcome === 'unknown' ? ' Whether the write that was under way took place is unknown: reading again tells.' : '';
  return stateFailure(
    'unavailable',
    `Redis (${where}) cannot be reached (${why}). Check that it runs, state.url, the network, and for rediss:// the certificates.${asked}`,
    { cause: error, detail: { where }, ...(outcome === undefined ? {} : { outcome }) },
  );
}

export function tooSlow(where: string, milliseconds: number): CodedError {
  return stateFailure(
    'unavailable',
    `Redis (${where}) did not answer within ${milliseconds} ms. Check the server and the network; state.timeout_ms bounds the wait.`,
    { detail: { where }, outcome: 'unknown' },
  );
}

export function lost(where: string): CodedError {
  return stateFailure(
    'lost',
    `There is no state in Redis (${where}). If there was one, it was deleted, evicted or never made durable: restore it. Only a store that never was is made by "exequatur state init".`,
    { detail: { where }, outcome: 'not_written' },
  );
}

export function torn(where: string, why: string): CodedError {
  return stateFailure(
    'torn',
    `The state in Redis (${where}) is torn: ${why}. Somebody else wrote to it, so its marks cannot be trusted. Restore a copy that is certainly the latest, or make a new store by "exequatur state init --dangerously-forget-state", which forgets every mark.`,
    { detail: { where }, outcome: 'not_written' },
  );
}

export function replaced(where: string): CodedError {
  return stateFailure(
    'replaced',
    `Another store stands in Redis (${where}) in place of the one that this process began with. If an operator made it by "exequatur state init", start this process again; if nobody did, find out who.`,
    { detail: { where }, outcome: 'not_written' },
  );
}

export function rolledBack(where: string, found: number, seen: number): CodedError {
  return stateFailure(
    'rolled_back',
    `The state in Redis (${where}) was rolled back: it is at revision ${found}, and ${seen} was confirmed to this process before. It is not used again before a restart. Find out whether an old copy was restored or a replica without the latest writes took over; restore the latest before starting again.`,
    { detail: { where, found, seen }, outcome: 'unknown' },
  );
}
