import type { Identified } from '../decision/facts.ts';
import { CodedError } from '../errors.ts';
import { isLoopbackAddress, isLoopbackHost } from '../model/loopback.ts';
import type { Subject } from '../model/request.ts';
import type { AuthenticationConfig } from './config.ts';

/** The issuer of identities that nobody vouches for. Bindings name it, so that a real issuer's ids are never confused with them. */
export const ASSERTED_ISSUER = 'asserted';

/** What a connection tells about its other end. */
export type Connection = {
  /** The peer's address, from the socket. */
  readonly remoteAddress: string | undefined;
  /** The Host header: a browser whose DNS was rebound to loopback sends its page's name. */
  readonly host: string | undefined;
};

/**
 * Says who asks, or throws.
 *
 * @throws CodedError `authentication.required`, `authentication.not_loopback`.
 */
export type Identify = (subject: Subject, connection: Connection) => Identified;

/** Builds the identification that the configuration asks for. */
export function createIdentify(config: AuthenticationConfig): Identify {
  return config.dangerously_trust_asserted_subjects ? identifyAsserted : refuseStranger;
}

function refuseStranger(): never {
  throw new CodedError(
    'authentication.required',
    'no authentication is configured, so nobody can ask; configure `authentication`, or for a demonstration on loopback set authentication.dangerously_trust_asserted_subjects',
  );
}

function identifyAsserted(subject: Subject, connection: Connection): Identified {
  const { remoteAddress, host } = connection;
  const name = host?.replace(/:\d+$/, '');
  if (remoteAddress === undefined || !isLoopbackAddress(remoteAddress) || name === undefined || !isLoopbackHost(name)) {
    throw new CodedError(
      'authentication.not_loopback',
      'asserted subjects are trusted on loopback alone; connect to 127.0.0.1 or localhost',
    );
  }
  const identity = { issuer: ASSERTED_ISSUER, id: subject.id };
  return {
    caller: { ...identity, method: 'asserted' },
    principal: { ...identity, authenticated: true, roles: [] },
    actors: [],
  };
}
