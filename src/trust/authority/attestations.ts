import type { Artifact } from '../artifact.ts';
import type { FailureCode } from '../failure.ts';
import type { VerifiedBundle } from '../verified-bundle.ts';
import type { NeededAttestation } from './authority.ts';
import type { CompiledAuthority } from './compile.ts';
import { subjectFailure } from './vouch.ts';

/** A bundle that an authority is known to have signed. */
export type SignedBundle = { readonly bundle: number; readonly authority: string; readonly proved: VerifiedBundle };

/** An attestation that was asked for, and the bundle that is it. */
export type FoundAttestation = { readonly needed: NeededAttestation; readonly signed: SignedBundle };

/** Ways to meet all that an authority asks for, and what is tried of them: each is struck out by itself when a signer is revoked. */
const MAX_CHOICES = 16;

/**
 * The ways in which the bundles meet what an authority asks for besides its own signature, each with one bundle per attestation; a
 * single empty one where it asks for nothing. An attestation is a Statement about the artifact, of the type asked for, signed by one of
 * the authorities named, whose predicate matches the schema.
 */
export function attestationChoices(
  { attestations, predicateChecks }: Pick<CompiledAuthority, 'attestations' | 'predicateChecks'>,
  signed: readonly SignedBundle[],
  artifact: Artifact,
): readonly (readonly FoundAttestation[])[] | { readonly code: FailureCode; readonly message: string } {
  let choices: readonly (readonly FoundAttestation[])[] = [[]];
  for (const needed of attestations) {
    const { name, predicateType, by, schema } = needed;
    const candidates = signed.filter(
      ({ authority, proved: { statement } }) =>
        by.includes(authority) &&
        statement?.predicateType === predicateType &&
        subjectFailure(statement, artifact) === undefined,
    );
    const check = predicateChecks.get(name);
    // A schema that was not compiled is met by nothing.
    const good = candidates.filter(
      ({ proved: { statement } }) =>
        schema === undefined || (statement !== undefined && check?.matches(statement.predicate) === true),
    );
    if (candidates.length === 0) {
      const message = `the attestation ${name} is missing: a Statement of type ${predicateType} about the document, by ${by.join(' or ')}`;
      return { code: 'attestation_missing', message };
    }
    if (good.length === 0) {
      const message = `the predicate of the attestation ${name} (${predicateType}) does not match the schema that is asked for`;
      return { code: 'attestation_refused', message };
    }
    choices = choices
      .flatMap((choice) => good.map((one) => [...choice, { needed, signed: one }]))
      .slice(0, MAX_CHOICES);
  }
  return choices;
}
