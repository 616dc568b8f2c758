import type { Signatures } from '../model/facts.ts';
import type { DocumentContent } from '../trust/authority/scope.ts';
import type { CurrentVerdict } from '../trust/current.ts';
import { FAILURES, isFailureCode } from '../trust/failure.ts';
import type { AuthorityMatch, DocumentVerdict } from '../trust/verdict.ts';
import type { CheckResult } from '../trust/verified-bundle.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** A verification as `exequatur verify` tells it. */
export type VerifyReport = CurrentVerdict & {
  /** As typed. */
  readonly document: string;
  readonly bundles: readonly string[];
  /** What scopes were compared with; undefined where nothing was given to compare. */
  readonly content: DocumentContent | undefined;
  readonly verdict: DocumentVerdict;
};

/** The report as one JSON object. */
export function reportJson({ document, bundles, content, verdict, signatures, rules }: VerifyReport) {
  return {
    verified: signatures.verified,
    document: { name: document, digest: verdict.document, kind: verdict.kind },
    bundles,
    signatures,
    failures: verdict.failed,
    scope: content === undefined ? 'not_checked' : 'checked',
    rules: ruleLines(rules),
    proofs: verdict.proofs,
    checkpoints: verdict.checkpoints,
    checks: verdict.checks,
  };
}

/** The report as a person reads it: the outcome, each bundle's checks by authority, then authorities, rules, reasons and remedies. */
export function reportText(report: VerifyReport, terminal: Terminal): string {
  const { document, content, verdict, signatures, rules } = report;
  const outcome = signatures.verified
    ? paint(terminal, ['bold', 'green'], 'VERIFIED')
    : paint(terminal, ['bold', 'red'], 'NOT VERIFIED');
  return [
    `${outcome}  ${printable(document)}`,
    `  ${printable(verdict.kind)}, ${verdict.document}`,
    ...bundleLines(report, terminal),
    ...scopeLines(content, terminal),
    ...authorityLines(report, terminal),
    ...ruleText(rules, terminal),
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

function scopeLines(content: DocumentContent | undefined, terminal: Terminal): string[] {
  const given = [
    ...listText('servers', content?.servers),
    ...listText('tools', content?.tools),
    ...listText('agents', content?.planAgents),
    ...listText('environments', content?.environments),
    ...listText('effects', content?.effects),
  ];
  const text =
    given.length === 0
      ? `${paint(terminal, 'yellow', 'not checked')}: no --server, --tool, --agent, --environment or --effect says what the document is about`
      : `compared with ${printable(given.join('; '))}`;
  return ['', `${paint(terminal, 'bold', 'scope')}  ${text}`];
}

function listText(what: string, names: readonly string[] = []): string[] {
  return names.length === 0 ? [] : [`${what} ${names.join(', ')}`];
}

function authorityLines({ verdict, signatures, vouching }: VerifyReport, terminal: Terminal): string[] {
  const names = [
    ...new Set([
      ...verdict.rules.flatMap(({ authorities }) => authorities),
      ...vouching.map(({ authority }) => authority),
    ]),
  ];
  if (names.length === 0) return [];
  const width = Math.max(...names.map((name) => name.length));
  return [
    '',
    paint(terminal, 'bold', 'authorities'),
    ...names.map((name) => {
      const match = vouching.find(({ authority }) => authority === name);
      const word = match === undefined ? paint(terminal, 'red', 'does not vouch') : paint(terminal, 'green', 'vouches');
      const detail = match === undefined ? codesOf(name, signatures) : who(match);
      return `  ${printable(name).padEnd(width)}  ${word}${detail === '' ? '' : `  ${printable(detail)}`}`;
    }),
  ];
}

function codesOf(name: string, signatures: Signatures): string {
  return [...new Set(signatures.failed.filter(({ authority }) => authority === name).map(({ code }) => code))].join(
    ', ',
  );
}

function who({ fact, notAfter }: AuthorityMatch): string {
  const parts = [
    fact.mode === 'keyed' ? `key ${fact.key ?? ''}` : `${fact.subject ?? ''} by ${fact.issuer ?? ''}`,
    ...(fact.log === undefined ? [] : [`logged in ${fact.log.origin} at ${fact.log.index}`]),
    ...(fact.time === undefined ? [] : [`signed no later than ${fact.time} (${fact.time_source ?? '?'})`]),
    ...(fact.attestations ?? []).map(({ predicate_type, authority }) => `attested ${predicate_type} by ${authority}`),
    ...(notAfter === undefined ? [] : [`until ${new Date(notAfter).toISOString()}`]),
  ];
  return parts.join('; ');
}

/** Each rule, and how it stands with those who still vouch. */
function ruleLines(standings: CurrentVerdict['rules']) {
  return standings.map(({ rule, vouching, met }) => ({
    name: rule.name,
    at_least: rule.atLeast,
    of: rule.authorities,
    vouching,
    met,
  }));
}

function ruleText(standings: CurrentVerdict['rules'], terminal: Terminal): string[] {
  const rules = ruleLines(standings);
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
