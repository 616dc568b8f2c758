import type { Signatures } from '../model/facts.ts';
import type { DocumentContent } from '../trust/authority/scope.ts';
import type { CurrentVerdict } from '../trust/current.ts';
import { FAILURES, type FailureCode, isFailureCode } from '../trust/failure.ts';
import { checkpointsOf, proofsOf } from '../trust/proofs.ts';
import type { AuthorityMatch, DocumentVerdict } from '../trust/verdict.ts';
import type { CheckResult } from '../trust/verified-bundle.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** A verification as `exequatur verify` tells it. */
export type VerifyReport = CurrentVerdict & {
  /** As typed. */
  readonly document: string;
  readonly bundles: readonly string[];
  /** They were not named, but lay beside the document. */
  readonly beside: boolean;
  /** What scopes were compared with; undefined where nothing was given to compare. */
  readonly content: DocumentContent | undefined;
  readonly verdict: DocumentVerdict;
};

/** The report as one JSON object. */
export function reportJson({ document, bundles, content, verdict, signatures, rules, vouching }: VerifyReport) {
  return {
    verified: signatures.verified,
    document: { name: document, digest: verdict.document, kind: verdict.kind },
    bundles,
    signatures,
    failures: verdict.failed,
    scope: content === undefined ? 'not_checked' : 'checked',
    rules: ruleLines({ rules, vouching }),
    proofs: proofsOf(vouching),
    checkpoints: checkpointsOf(vouching),
    checks: verdict.checks,
  };
}

/** The report as a person reads it: the outcome, each bundle's checks by authority, then authorities, rules, reasons and remedies. */
export function reportText(report: VerifyReport, terminal: Terminal): string {
  const { document, content, verdict, signatures } = report;
  const outcome = signatures.verified
    ? paint(terminal, ['bold', 'green'], 'VERIFIED')
    : paint(terminal, ['bold', 'red'], 'NOT VERIFIED');
  return [
    `${outcome}  ${printable(document)}`,
    `  ${printable(verdict.kind)}, ${verdict.document}`,
    ...bundleLines(report, terminal),
    ...scopeLines(content, terminal),
    ...signerText(report, terminal),
    '',
  ].join('\n');
}

/** Who vouches, which rules are met and, where it is not verified, why: the part that is not about single bundles. */
export function signerText(report: VerifyReport, terminal: Terminal): readonly string[] {
  return [...authorityLines(report, terminal), ...ruleText(report, terminal), ...reasonLines(report, terminal)];
}

/** Where nobody says how wide the terminal is. */
const USUAL_COLUMNS = 80;

/** Failures that say no more than that somebody else signed. */
const ANOTHERS: readonly FailureCode[] = [
  'key_unknown',
  'identity_mismatch',
  'algorithm_not_pinned',
  'signature_invalid',
];

function bundleLines({ bundles, beside, verdict, signatures }: VerifyReport, terminal: Terminal): string[] {
  return bundles.flatMap((name, bundle) => {
    const groups = verdict.checks.filter((group) => group.bundle === bundle);
    const found = groups.map((group) => ({ ...group, failure: failureOf(verdict, group) }));
    // Whose it is not is of no interest where it is somebody's, and the whole is verified.
    const settled = signatures.verified && found.some(({ failure }) => failure === undefined);
    const isAnothers = ({ failure }: (typeof found)[number]) =>
      settled && failure !== undefined && ANOTHERS.includes(failure.code);
    const foreign = found.filter(isAnothers).map(({ authority, failure }) => `${authority} (${failure?.code})`);
    return [
      '',
      `${paint(terminal, 'bold', `bundle ${bundle + 1}`)}  ${printable(name)}${beside ? '  (found beside the document)' : ''}`,
      ...found
        .filter((group) => !isAnothers(group))
        .flatMap(({ authority, results, failure }) => [
          `  under ${printable(authority)}`,
          ...(results.every(({ result }) => result === 'not_run')
            ? [unchecked(failure, terminal)]
            : checkLines(results, terminal)),
        ]),
      ...(foreign.length === 0 ? [] : wrapped('  not theirs: ', foreign, terminal)),
    ];
  });
}

type Found = { readonly code: FailureCode; readonly message: string };

/** Why a bundle does not count under an authority, where it does not. */
function failureOf(
  verdict: DocumentVerdict,
  { bundle, authority, results }: DocumentVerdict['checks'][number],
): Found | undefined {
  const failed = results.find((one) => one.result === 'failed');
  if (failed?.result === 'failed') return failed;
  return results.every(({ result }) => result === 'not_run')
    ? verdict.failed.find((failure) => failure.bundle === bundle && failure.authority === authority)
    : undefined;
}

/** Where the bundle cannot be the authority's at all, no check is worth a line. */
function unchecked(why: Found | undefined, terminal: Terminal): string {
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
    ...(left.length === 0 ? [] : wrapped('    not run: ', left, terminal)),
  ];
}

/** A list in grey, broken to the width of the terminal, continued under its first entry. */
function wrapped(head: string, entries: readonly string[], terminal: Terminal): string[] {
  const lines: string[] = [];
  let line = head;
  for (const [place, entry] of entries.entries()) {
    const text = `${printable(entry)}${place === entries.length - 1 ? '' : ','}`;
    const isEmpty = line.length === head.length;
    if (!isEmpty && line.length + 1 + text.length > (terminal.columns ?? USUAL_COLUMNS)) {
      lines.push(line);
      line = `${' '.repeat(head.length)}${text}`;
    } else line += isEmpty ? text : ` ${text}`;
  }
  return [...lines, line].map((one) => paint(terminal, 'gray', one));
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
function ruleLines({ rules, vouching: all }: Pick<VerifyReport, 'rules' | 'vouching'>) {
  return rules.map(({ rule, vouching, met }) => {
    const same = met ? [] : sameSigners(rule.authorities, all);
    return {
      name: rule.name,
      at_least: rule.atLeast,
      of: rule.authorities,
      vouching,
      met,
      ...(same.length > 0 && { same_signer: same }),
    };
  });
}

/** Authorities of a rule for which one and the same signer stands: together they count once. */
function sameSigners(
  authorities: readonly string[],
  vouching: readonly AuthorityMatch[],
): readonly (readonly string[])[] {
  const signers = new Map<string, Set<string>>();
  for (const { authority, fact } of vouching) {
    if (!authorities.includes(authority)) continue;
    const signer = JSON.stringify(fact.mode === 'keyed' ? [fact.key] : [fact.issuer, fact.subject]);
    signers.set(signer, (signers.get(signer) ?? new Set()).add(authority));
  }
  return [...signers.values()].filter(({ size }) => size > 1).map((names) => [...names]);
}

function ruleText(report: VerifyReport, terminal: Terminal): string[] {
  const rules = ruleLines(report);
  if (rules.length === 0) return [];
  const width = Math.max(...rules.map(({ name }) => name.length));
  return [
    '',
    paint(terminal, 'bold', 'rules'),
    ...rules.flatMap(({ name, at_least, of, vouching, met, same_signer = [] }) => [
      `  ${printable(name).padEnd(width)}  ${met ? paint(terminal, 'green', 'met') : paint(terminal, 'red', 'not met')}  ${vouching} of at least ${at_least}, out of ${printable(of.join(', '))}`,
      ...same_signer.map(
        (names) => `  ${' '.repeat(width)}  ${printable(names.join(' and '))} are the same signer, who counts once`,
      ),
    ]),
  ];
}

/** Why it is not verified: each reason once, with all whom it concerns, the messages where they say more than the code, and what to do. */
function reasonLines({ verdict, signatures }: VerifyReport, terminal: Terminal): string[] {
  if (signatures.verified) return [];
  const reasons = Map.groupBy(signatures.failed, ({ code }) => code);
  const lines = [...reasons].flatMap(([code, failures]) => {
    const found = failures.flatMap(({ authority }): readonly Concerned[] => {
      const of = verdict.failed.filter((one) => one.code === code && one.authority === authority);
      return of.length > 0 ? of : [{ ...(authority !== undefined && { authority }), message: '' }];
    });
    const remedy = isFailureCode(code) ? FAILURES[code] : '';
    const where = [...new Set(found.map(placeOf))].filter((place) => place !== '').join('; ');
    const messages = [...new Set(found.map(({ message }) => message))].filter((one) => one !== '' && one !== remedy);
    return [
      `  ${paint(terminal, 'red', code)}${where === '' ? '' : `  (${printable(where)})`}`,
      ...[remedy, ...messages].map((text) => `      ${printable(text)}`),
    ];
  });
  return ['', paint(terminal, 'bold', 'reasons'), ...lines];
}

type Concerned = { readonly authority?: string; readonly bundle?: number; readonly message: string };

function placeOf({ authority, bundle }: Concerned): string {
  return [
    ...(authority === undefined ? [] : [authority]),
    ...(bundle === undefined ? [] : [`bundle ${bundle + 1}`]),
  ].join(', ');
}
