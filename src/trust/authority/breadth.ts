import type { TextMatch } from './authority.ts';
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

/** True for a subject that anybody can have who may sign up with a provider. */
export function matchesAnybody(subject: TextMatch): boolean {
  const matches = compileIfGood(subject);
  return ANYBODY.some((signers) => signers.every(matches));
}

/** True for a claim that asks for no more than that there is one. */
export function matchesAnyClaim(claim: TextMatch): boolean {
  const matches = compileIfGood(claim);
  return ['7f3a-nobody', 'https://nobody.invalid/7f3a', '73', 'refs/heads/nobody'].every(matches);
}

/** What is no pattern is reported as such, and matches nothing. */
function compileIfGood(match: TextMatch): (text: string) => boolean {
  return 'pattern' in match && patternProblem(match.pattern) !== undefined ? () => false : compileText(match);
}
