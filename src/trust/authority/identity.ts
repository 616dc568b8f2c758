import { printable } from '../../model/printable.ts';
import type { FailureCode } from '../failure.ts';
import type { VerifiedSigner } from '../verified-bundle.ts';
import type { IdentityRule } from './authority.ts';
import { CLAIM_NAMES, type ClaimName } from './claims.ts';
import { compileText, isPrintableAscii } from './pattern.ts';

/** An identity of the configuration, ready to compare with. */
export type IdentityMatcher = {
  readonly issuer: (text: string) => boolean;
  readonly subject: (text: string) => boolean;
  readonly claims: readonly { readonly name: ClaimName; readonly matches: (text: string) => boolean }[];
};

/** Compiles an identity. @throws TypeError for a pattern that no checked configuration holds */
export function compileIdentity({ issuer, subject, claims }: IdentityRule): IdentityMatcher {
  return {
    issuer: compileText(issuer),
    subject: compileText(subject),
    claims: CLAIM_NAMES.flatMap((name) => {
      const claim = claims[name];
      return claim === undefined ? [] : [{ name, matches: compileText(claim) }];
    }),
  };
}

type KeylessSigner = Extract<VerifiedSigner, { readonly mode: 'keyless' }>;

/**
 * Why a signer is none of these identities; undefined where it is one, issuer, subject and claims together: what one identity asks of
 * the claims is not met by another's subject.
 */
export function identityFailure(
  identities: readonly IdentityMatcher[],
  { issuer, subject, claims }: KeylessSigner,
): { readonly code: FailureCode; readonly message: string } | undefined {
  const named = identities.filter((one) => one.issuer(issuer) && one.subject(subject));
  if (named.length === 0) {
    if (!isPrintableAscii(issuer) || !isPrintableAscii(subject)) {
      return { code: 'identity_not_ascii', message: 'issuer or subject of the signer hold other than printable ASCII' };
    }
    const who = `signed by ${shown(subject)}, as ${shown(issuer)} vouches`;
    return { code: 'identity_mismatch', message: `${who}, which is none of the authority's identities` };
  }
  const missed = named.map((one) =>
    one.claims.filter(({ name, matches }) => {
      const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
      return claim === undefined || !matches(claim);
    }),
  );
  if (missed.some((claimsMissed) => claimsMissed.length === 0)) return undefined;
  const names = [...new Set(missed.flat().map(({ name }) => name))].join(', ');
  return {
    code: 'claims_mismatch',
    message: `the certificate of ${shown(subject)} has not what the authority asks for in ${names}`,
  };
}

function shown(text: string): string {
  return printable(text, 200);
}
