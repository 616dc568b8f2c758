import type { Signatures, VerifiedSignature } from '../model/facts.ts';
import { FAILURES, isFailureCode } from '../trust/failure.ts';
import { ruleStandings } from '../trust/rules.ts';
import type { AuthorityMatch, DocumentVerdict } from '../trust/verdict.ts';
import type { CheckResult } from '../trust/verified-bundle.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** A verification as `exequatur verify` tells it. */
export type VerifyReport = {
  /** As typed. */
  readonly document: string;
  readonly bundles: readonly string[];
  readonly verdict: DocumentVerdict;
  /** The verdict as it counts now, revocations applied. */
  readonly signatures: Signatures;
};

/** The report as one JSON object. */
export function reportJson({ document, bundles, verdict, signatures }: VerifyReport) {
  return {
    verified: signatures.verified,
    document: { name: document, digest: verdict.document, kind: verdict.kind },
    bundles,
    signatures,
    failures: verdict.failed,
    rules: ruleLines(verdict, signatures),
    proofs: verdict.proofs,
    checkpoints: verdict.checkpoints,
    checks: verdict.checks,
  };
}

/** The report as a person reads it: the outcome, each bundle's checks by authority, then authorities, rules, reasons and remedies. */
export function reportText(report: VerifyReport, terminal: Terminal): string {
  const { document, verdict, signatures } = report;
  const outcome = signatures.verified
    ? paint(terminal, ['bold', 'green'], 'VERIFIED')
    : paint(terminal, ['bold', 'red'], 'NOT VERIFIED');
  return [
    `${outcome}  ${printable(document)}`,
    `  ${printable(verdict.kind)}, ${verdict.document}`,
    ...bundleLines(report, terminal),
    ...authorityLines(report, terminal),
    ...ruleText(verdict, signatures, terminal),
    ...reasonLines(report, terminal),
    '',
  ].join('\n');
}

function bundleLines({ bundles, verdict }: VerifyReport, terminal: Terminal): string[] {
  return bundles.flatMap((name, bundle) => [
    '',
    `${paint(terminal, 'bold', `bundle ${bundle + 1}`)}  ${printable(name)}`,
    ...verdict.checks
      .filter((group) => group.bundle === bundle)
      .flatMap(({ authority, results }) => [
        `  under ${printable(authority)}`,
        ...(results.every(({ result }) => result === 'not_run')
          ? [unchecked(verdict, bundle, authority, terminal)]
          : checkLines(results, terminal)),
      ]),
  ]);
}

/** Where the bundle cannot be the authority's at all, no check is worth a line. */
function unchecked(verdict: DocumentVerdict, bundle: number, authority: string, terminal: Terminal): string {
  const why = verdict.failed.find((failure) => failure.bundle === bundle && failure.authority === authority);
  const reason = why === undefined ? '' : `  ${why.code}: ${printable(why.message)}`;
  return `    ${paint(terminal, 'gray', 'no check was run')}${reason}`;
}

/** Each check that was run; those that were not, in one line. */
function checkLines(results: readonly CheckResult[], terminal: Terminal): string[] {
  const width = Math.max(0, ...results.map(({ check }) => check.length));
  const left = results.filter(({ result }) => result === 'not_run').map(({ check }) => check);
  return [
    ...results
      .filter(({ result }) => result !== 'not_run')
      .map((one) => `    ${printable(one.check).padEnd(width)}  ${resultText(one, terminal)}`),
    ...(left.length === 0 ? [] : [`    ${paint(terminal, 'gray', `not run: ${printable(left.join(', '))}`)}`]),
  ];
}

function resultText(one: CheckResult, terminal: Terminal): string {
  if (one.result !== 'failed') return paint(terminal, 'green', 'passed');
  return `${paint(terminal, 'red', 'failed')}  ${one.code}: ${printable(one.message)}`;
}

function authorityLines({ verdict, signatures }: VerifyReport, terminal: Terminal): string[] {
  const names = [
    ...new Set([
      ...verdict.rules.flatMap(({ authorities }) => authorities),
      ...signatures.by.map(({ authority }) => authority),
    ]),
  ];
  if (names.length === 0) return [];
  const width = Math.max(...names.map((name) => name.length));
  return [
    '',
    paint(terminal, 'bold', 'authorities'),
    ...names.map((name) => {
      const match = signatures.by.find(({ authority }) => authority === name);
      const word = match === undefined ? paint(terminal, 'red', 'does not vouch') : paint(terminal, 'green', 'vouches');
      const end = verdict.by.find(({ authority }) => authority === name);
      const detail = match === undefined ? codesOf(name, signatures) : who(match, end);
      return `  ${printable(name).padEnd(width)}  ${word}${detail === '' ? '' : `  ${printable(detail)}`}`;
    }),
  ];
}

function codesOf(name: string, signatures: Signatures): string {
  return [...new Set(signatures.failed.filter(({ authority }) => authority === name).map(({ code }) => code))].join(
    ', ',
  );
}

function who(fact: VerifiedSignature, match: AuthorityMatch | undefined): string {
  const parts = [
    fact.mode === 'keyed' ? `key ${fact.key ?? ''}` : `${fact.subject ?? ''} by ${fact.issuer ?? ''}`,
    ...(fact.log === undefined ? [] : [`logged in ${fact.log.origin} at ${fact.log.index}`]),
    ...(fact.time === undefined ? [] : [`signed no later than ${fact.time} (${fact.time_source ?? '?'})`]),
    ...(fact.attestations ?? []).map(({ predicate_type, authority }) => `attested ${predicate_type} by ${authority}`),
    ...(match?.notAfter === undefined ? [] : [`until ${new Date(match.notAfter).toISOString()}`]),
  ];
  return parts.join('; ');
}

/** Each rule, and how it stands with those who still vouch. */
function ruleLines(verdict: DocumentVerdict, signatures: Signatures) {
  const counting = new Set(signatures.by.map((fact) => JSON.stringify(fact)));
  const matches = verdict.by.filter(({ fact }) => counting.has(JSON.stringify(fact)));
  return ruleStandings(verdict.rules, matches).map(({ rule, vouching, met }) => ({
    name: rule.name,
    at_least: rule.atLeast,
    of: rule.authorities,
    vouching,
    met,
  }));
}

function ruleText(verdict: DocumentVerdict, signatures: Signatures, terminal: Terminal): string[] {
  const rules = ruleLines(verdict, signatures);
  if (rules.length === 0) return [];
  const width = Math.max(...rules.map(({ name }) => name.length));
  return [
    '',
    paint(terminal, 'bold', 'rules'),
    ...rules.map(
      ({ name, at_least, of, vouching, met }) =>
        `  ${printable(name).padEnd(width)}  ${met ? paint(terminal, 'green', 'met') : paint(terminal, 'red', 'not met')}  ${vouching} of at least ${at_least}, out of ${printable(of.join(', '))}`,
    ),
  ];
}

/** Why it is not verified: the messages where they say more than the code, and what to do. */
function reasonLines({ verdict, signatures }: VerifyReport, terminal: Terminal): string[] {
  if (signatures.verified) return [];
  const lines = signatures.failed.map(({ code, authority }) => {
    const found = verdict.failed.find((one) => one.code === code && one.authority === authority);
    const where = [
      ...(authority === undefined ? [] : [authority]),
      ...(found?.bundle === undefined ? [] : [`bundle ${found.bundle + 1}`]),
    ].join(', ');
    const remedy = isFailureCode(code) ? FAILURES[code] : '';
    const message = found === undefined || found.message === remedy ? '' : `\n      ${printable(found.message)}`;
    return `  ${paint(terminal, 'red', code)}${where === '' ? '' : `  (${printable(where)})`}\n      ${printable(remedy)}${message}`;
  });
  return ['', paint(terminal, 'bold', 'reasons'), ...new Set(lines)];
}
