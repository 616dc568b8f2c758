import { below } from '../document/problems.ts';
import type { DocumentReader } from '../document/reader.ts';
import type { Facts, Identity } from '../model/facts.ts';
import { isJsonObject, type Json, member } from '../model/json.ts';

/** Whose plan it is. */
export type PlanAgent = Identity & {
  /** The exact chain between the caller and the agent, in this order; empty: nobody stands between. Absent: any. */
  readonly actors?: readonly Identity[];
  /** The session (`context.session`) that the calls must belong to. Absent: any, and none. */
  readonly session?: string;
};

/** Issuer and id are matched whole and joined by a blank for scopes, so neither holds one. */
const IDENTIFIER = /^[^\p{C}\p{Z}]{1,1024}$/u;
/** What fits into `context.session`. */
const SESSION = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;
/** Chains are short; a longer one is no chain that anybody reviewed. */
const MAX_ACTORS = 16;
const WHAT = '1 to 1024 visible characters without blanks';

/** Reads a plan's `agent`; what is wrong is reported, and reads as nobody. */
export function readAgent(reader: DocumentReader, value: Json | undefined): PlanAgent {
  const place = '/agent';
  const agent = reader.object(value, place, ['issuer', 'id', 'actors', 'session']);
  if (!isJsonObject(value)) return { issuer: '', id: '' };
  const actors = member(agent, 'actors');
  const session = member(agent, 'session');
  return {
    issuer: reader.text(agent, 'issuer', place, IDENTIFIER, WHAT),
    id: reader.text(agent, 'id', place, IDENTIFIER, WHAT),
    ...(actors !== undefined && { actors: readActors(reader, actors, `${place}/actors`) }),
    ...(session !== undefined && {
      session: reader.text(agent, 'session', place, SESSION, 'one line of 1 to 256 characters, as in context.session'),
    }),
  };
}

function readActors(reader: DocumentReader, value: Json, place: string): readonly Identity[] {
  const actors = reader.array(value, place, 'an array: the chain between the caller and the agent, or [] for none');
  if (actors.length > MAX_ACTORS)
    reader.problem(place, `names ${actors.length} actors; at most ${MAX_ACTORS} are read`);
  return actors.slice(0, MAX_ACTORS).map((one, index) => {
    const at = below(place, index);
    const actor = reader.object(one, at, ['issuer', 'id']);
    return {
      issuer: reader.text(actor, 'issuer', at, IDENTIFIER, WHAT),
      id: reader.text(actor, 'id', at, IDENTIFIER, WHAT),
    };
  });
}

/**
 * Whether a call is the agent's: the principal exactly, and, where the plan names them, the chain of actors in its length and order, and
 * the session. The session is only asserted by the caller: naming one keeps honest sessions apart.
 */
export function agentMatches(
  agent: PlanAgent,
  { principal, actors }: Pick<Facts, 'principal' | 'actors'>,
  session: string | undefined,
): boolean {
  return (
    isSame(agent, principal) &&
    (agent.actors === undefined || isSameChain(agent.actors, actors)) &&
    (agent.session === undefined || agent.session === session)
  );
}

function isSameChain(planned: readonly Identity[], found: readonly Identity[]): boolean {
  return (
    planned.length === found.length &&
    planned.every((one, index) => {
      const other = found[index];
      return other !== undefined && isSame(one, other);
    })
  );
}

function isSame(one: Identity, other: Identity): boolean {
  return one.issuer === other.issuer && one.id === other.id;
}
