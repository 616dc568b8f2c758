import type { TextMatch } from './authority.ts';
import type { ClaimName } from './claims.ts';
import { compileText, patternProblem } from './pattern.ts';

/** Issuers that nobody trusts: a pattern that matches them matches any. */
const ANY_ISSUER = ['https://issuer-of-nobody.invalid', 'https://x.invalid/nobody'];

/** Signers that anybody can be, by where they come from. */
const ANYBODY: readonly (readonly string[])[] = [
  ['https://workload-of-nobody.invalid/a/b', 'spiffe://nobody.invalid/c/d'],
  ['https://github.com/nobody-7f3a/nothing/.github/workflows/any.yml@refs/heads/any'],
  ['https://gitlab.com/nobody-7f3a/nothing//.gitlab-ci.yml@refs/heads/any'],
  ['nobody-7f3a@gmail.com'],
  ['nobody-7f3a@nobody.invalid'],
];

/** True for an issuer that is none: whoever runs an issuer of their own would match. */
export function matchesAnyIssuer(issuer: TextMatch): boolean {
  const matches = compileIfGood(issuer);
  return ANY_ISSUER.every(matches);
}

/**
 * True for a subject that anybody can have who may sign up with a provider; also where only the owner's name is left open, as in
 * `^https://github\.com/.+/tools/…$` and, for want of a slash, `^https://github\.com/acme.*$`.
 */
export function matchesAnybody(subject: TextMatch): boolean {
  const matches = compileIfGood(subject);
  return leavesOwnerOpen(subject) || ANYBODY.some((signers) => signers.every(matches));
}

/**
 * Claims that say whose a certificate is. Others hold for anybody's: whoever pushes has a trigger and a runner, and a reusable workflow
 * (`build_signer_uri`) signs for whoever calls it.
 */
const OF_SOMEBODY: ReadonlySet<ClaimName> = new Set([
  'source_repository_uri',
  'source_repository_digest',
  'source_repository_identifier',
  'source_repository_owner_uri',
  'source_repository_owner_identifier',
  'build_config_uri',
  'build_config_digest',
  'run_invocation_uri',
  'token_subject',
]);

/** True for a claim that tells one signer from another, so that the subject may leave that open. */
export function narrows(name: ClaimName, claim: TextMatch): boolean {
  if (!OF_SOMEBODY.has(name) || leavesOwnerOpen(claim)) return false;
  const matches = compileIfGood(claim);
  return !['7f3a-nobody', 'https://nobody.invalid/7f3a', '73', 'refs/heads/nobody'].every(matches);
}

/** Where the first step of a path is an owner, and the rest the owner's: the step as the pattern has it. */
const OWNER = /^\^https:\/\/(?:github|gitlab)\\?\.com\/([^/]*)/;
/** What leaves a step open; `(?:a|b)` does not, and neither does an escaped dot. */
const OPEN = /[.[*+?{]|\\[^._-]/;

function leavesOwnerOpen(match: TextMatch): boolean {
  const owner = 'pattern' in match ? OWNER.exec(match.pattern)?.[1] : undefined;
  return owner !== undefined && OPEN.test(owner.replaceAll('(?:', '').replace(/\\[._-]/g, ''));
}

/** What is no pattern is reported as such, and matches nothing. */
function compileIfGood(match: TextMatch): (text: string) => boolean {
  return 'pattern' in match && patternProblem(match.pattern) !== undefined ? () => false : compileText(match);
}
