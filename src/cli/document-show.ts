import { resolve } from 'node:path';
import { CLOCK_SKEW_MS } from '../document/refusal.ts';
import type { ParsedDocument } from '../document/shelved.ts';
import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { JsonObject } from '../model/json.ts';
import { artifactOf } from '../trust/artifact.ts';
import { readBoundedFile } from './bounded-file.ts';
import { bundlesBeside } from './document-name.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';
import { reportJson, signerText, type VerifyReport } from './verify-text.ts';
import { configuredTrust, verifyUnder } from './verify-under.ts';

/** Options of `show`. */
export type ShowOptions = { readonly config?: string; readonly bundle?: readonly string[]; readonly json?: boolean };

/** A line of what a document says of itself: a word and its value, ready to be printed. */
export type Field = readonly [name: string, value: string];

/** How a kind of document is shown. */
export type ShownKind<Content> = {
  readonly what: string;
  readonly mostBytes: number;
  /** @throws CodedError for a document that cannot be read */
  readonly parse: (bytes: Uint8Array, source: string) => ParsedDocument<Content>;
  /** What the digest of its bytes is called. */
  readonly digestName: 'digest' | 'hash';
  readonly fields: (content: Content) => readonly Field[];
  /** What follows the fields. */
  readonly body: (content: Content, bytes: Uint8Array, terminal: Terminal) => readonly string[];
  /** Members of the JSON object besides those of every kind. */
  readonly json: (content: Content, bytes: Uint8Array) => JsonObject;
};

/**
 * Shows a document and, under a configuration, who signed it and whether it counts now. Ends with 2 where it was verified and does not.
 *
 * @throws CodedError `file.*`, `verify.no_trust`, `config.*`, and whatever reading the document throws
 */
export async function showDocument<Content>(
  file: string,
  options: ShowOptions,
  kind: ShownKind<Content>,
  terminal: Terminal,
): Promise<void> {
  const bytes = readBoundedFile(resolve(terminal.cwd, file), kind.mostBytes, kind.what);
  const parsed = kind.parse(bytes, file);
  const bundles = options.bundle ?? (await bundlesBeside(file, terminal.cwd));
  const report =
    options.config === undefined
      ? undefined
      : await verifyShown({ file, bytes, parsed, bundles, config: options.config, options }, terminal);
  const validity = validityAt(parsed.header, Date.now());
  const counts = report === undefined ? undefined : report.signatures.verified && validity === 'valid';
  const shown = { digest: sha256(bytes), bytes, parsed, bundles, report, validity, counts };
  if (options.json === true) terminal.out(`${printableJson(JSON.stringify(shownJson(shown, kind)))}\n`);
  else terminal.out(shownText(shown, kind, terminal));
  terminal.setExit(counts === false ? 2 : 0);
}

type Validity = 'valid' | 'expired' | 'not yet valid';

type Shown<Content> = {
  readonly digest: Sha256Digest;
  readonly bytes: Uint8Array;
  readonly parsed: ParsedDocument<Content>;
  readonly bundles: readonly string[];
  /** Undefined where no configuration says whose signatures count. */
  readonly report: VerifyReport | undefined;
  readonly validity: Validity;
  readonly counts: boolean | undefined;
};

function validityAt({ issued, expires }: ParsedDocument<unknown>['header'], now: Milliseconds): Validity {
  if (now >= expires) return 'expired';
  return issued - now > CLOCK_SKEW_MS ? 'not yet valid' : 'valid';
}

type ToVerify = Pick<Shown<unknown>, 'bytes' | 'parsed' | 'bundles'> & {
  readonly file: string;
  readonly config: string;
  readonly options: ShowOptions;
};

async function verifyShown(shown: ToVerify, terminal: Terminal): Promise<VerifyReport> {
  const { file, bytes, parsed, bundles, config, options } = shown;
  const { trust, resolvePath } = configuredTrust(config, terminal.cwd);
  const read = bundles.map((name) =>
    readBoundedFile(resolve(terminal.cwd, name), trust.verification.max_bundle_bytes, 'the bundle'),
  );
  const document = { kind: parsed.header.type, artifact: artifactOf(bytes), bundles: read, content: parsed.about };
  const verified = await verifyUnder({ trust, resolvePath, document }, terminal);
  return { document: file, bundles, beside: options.bundle === undefined, content: parsed.about, ...verified };
}

function shownJson<Content>(
  { digest, bytes, parsed, bundles, report, validity, counts }: Shown<Content>,
  kind: ShownKind<Content>,
): Readonly<Record<string, unknown>> {
  return {
    [kind.digestName]: digest,
    validity,
    counts: counts ?? null,
    bundles,
    ...kind.json(parsed.content, bytes),
    verification: report === undefined ? null : reportJson(report),
  };
}

function shownText<Content>(shown: Shown<Content>, kind: ShownKind<Content>, terminal: Terminal): string {
  const { digest, bytes, parsed, validity } = shown;
  const { type, id, version, issued, expires } = parsed.header;
  const note = (state: Validity) => (validity === state ? `  (${paint(terminal, 'red', state)})` : '');
  const fields: readonly Field[] = [
    [kind.digestName, digest],
    ['issued', `${rfc3339(issued)}${note('not yet valid')}`],
    ['expires', `${rfc3339(expires)}${note('expired')}`],
    ...kind.fields(parsed.content),
  ];
  const width = Math.max(...fields.map(([name]) => name.length));
  return [
    `${outcome(shown, terminal)}${paint(terminal, 'bold', `${type} ${printable(id)}`)}, version ${version}`,
    ...fields.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...signatureLines(shown, terminal),
    ...kind.body(parsed.content, bytes, terminal),
    '',
  ].join('\n');
}

function outcome({ counts }: Shown<unknown>, terminal: Terminal): string {
  if (counts === undefined) return '';
  return counts ? paint(terminal, ['bold', 'green'], 'COUNTS  ') : paint(terminal, ['bold', 'red'], 'DOES NOT COUNT  ');
}

function signatureLines({ bundles, report }: Shown<unknown>, terminal: Terminal): readonly string[] {
  const found = bundles.length === 0 ? 'there is no bundle' : bundles.map(printable).join(', ');
  const title = paint(terminal, 'bold', 'signatures');
  if (report !== undefined) return ['', `${title}  ${found}`, ...signerText(report, terminal)];
  const why = bundles.length === 0 ? '' : '; give --config for whose signatures count';
  return ['', `${title}  ${paint(terminal, 'yellow', 'not verified')}: ${found}${why}`];
}
