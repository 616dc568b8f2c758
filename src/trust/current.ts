import type { Milliseconds } from '../model/clock.ts';
import type { Signatures, VerifiedSignature } from '../model/facts.ts';
import type { FailureCode } from './failure.ts';
import { identityKey, type Revocations } from './revocation/revocations.ts';
import { type RuleStanding, ruleStandings } from './rules.ts';
import type { AuthorityMatch, DocumentVerdict } from './verdict.ts';

/** Failures that a fact tells at most, and signatures. */
const MAX_TOLD = 64;

/** A verdict as it counts at a moment. */
export type CurrentVerdict = {
  /** What a decision is told, and its record keeps. */
  readonly signatures: Signatures;
  /** How each rule of the kind stands, over all who still vouch, also those whom `signatures` has no room for. */
  readonly rules: readonly RuleStanding[];
  /** All who still vouch. */
  readonly vouching: readonly AuthorityMatch[];
  /** Who was verified and vouches no longer: revoked, or ended. */
  readonly struck: readonly AuthorityMatch[];
};

type Ready = Extract<Revocations, { readonly state: 'ready' }>;
type Failed = Signatures['failed'][number];

/**
 * A verdict as it counts at this moment: what is revoked or has ended is struck out, and the rules are asked about the rest. Verified is
 * a document for whose kind there is at least one rule, all of which hold. Pure: look-ups in sets.
 *
 * `by` holds whoever still vouches, also where that is too few; `failed` why others do not. Where more vouch than a record should carry,
 * those stay by whom the rules are met.
 */
export function currentVerdict(verdict: DocumentVerdict, revocations: Revocations, now: Milliseconds): CurrentVerdict {
  if (revocations.state === 'unavailable') return nothing('revocations_unavailable', verdict);
  if (revocations.artifacts.has(verdict.document)) return nothing('revoked_artifact', verdict);
  const judged = verdict.by.map((match) => ({ match, struck: strikes(match, revocations, now) }));
  const standing = judged.filter(({ struck }) => struck === undefined).map(({ match }) => match);
  const vouching = new Set(standing.map(({ authority }) => authority));
  const rules = ruleStandings(verdict.rules, standing);
  const verified = rules.length > 0 && standing.length > 0 && rules.every(({ met }) => met);
  const failed: Failed[] = [
    ...judged.flatMap(({ match: { authority }, struck }) =>
      struck === undefined ? [] : [{ code: struck, authority }],
    ),
    ...verdict.failed.map(({ code, authority }) => (authority === undefined ? { code } : { code, authority })),
  ].filter(({ authority }) => authority === undefined || !vouching.has(authority));
  if (rules.length === 0) failed.unshift({ code: 'no_rule' });
  if (rules.some(({ met }) => !met)) failed.unshift({ code: 'rule_not_met' });
  const signatures = { verified, by: factsOf(standing, rules), failed: told(failed) };
  const struckOut = judged.filter(({ struck }) => struck !== undefined).map(({ match }) => match);
  return { signatures, rules, vouching: standing, struck: struckOut };
}

function nothing(code: FailureCode, { rules }: DocumentVerdict): CurrentVerdict {
  const signatures = { verified: false, by: [], failed: [{ code }] };
  return { signatures, rules: ruleStandings(rules, []), vouching: [], struck: [] };
}

/** In the order of the matches, however few of them there is room for: first those by whom the rules are met, then the others. */
function factsOf(standing: readonly AuthorityMatch[], rules: readonly RuleStanding[]): readonly VerifiedSignature[] {
  const facts = standing.map(({ fact }) => fact);
  if (facts.length <= MAX_TOLD) return told(facts);
  const first = rules.flatMap(({ deciding }) => deciding.map(({ fact }) => fact));
  const kept = new Set(told([...first, ...facts]).map((fact) => JSON.stringify(fact)));
  return told(facts.filter((fact) => kept.has(JSON.stringify(fact))));
}

/** Why a match no longer counts; undefined while it does. One part of it that is revoked takes the whole. */
function strikes(
  { reliesOn, notAfter }: AuthorityMatch,
  { keys, certificates, identities }: Ready,
  now: Milliseconds,
): FailureCode | undefined {
  if (reliesOn.keys.some((key) => keys.has(key))) return 'revoked_key';
  if (reliesOn.certificates.some((certificate) => certificates.has(certificate))) return 'revoked_certificate';
  if (reliesOn.identities.some(({ issuer, subject }) => identities.has(identityKey(issuer, subject)))) {
    return 'revoked_identity';
  }
  return notAfter !== undefined && now >= notAfter ? 'verdict_expired' : undefined;
}

/** Each once, the first of them first, and no more than a decision's record should carry. */
function told<Entry extends VerifiedSignature | Failed>(entries: readonly Entry[]): readonly Entry[] {
  const seen = new Map<string, Entry>();
  for (const entry of entries) {
    const key = JSON.stringify(entry);
    if (!seen.has(key)) seen.set(key, entry);
    if (seen.size === MAX_TOLD) break;
  }
  return [...seen.values()];
}
