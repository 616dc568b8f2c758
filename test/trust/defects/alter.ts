import { isJsonObject, type Json, type JsonObject } from '../../../src/model/json.ts';
import { at, edited, isArray, replaced, textAt } from '../lab/edit.ts';
import type { Made } from '../lab/made.ts';
import type { Checkpoint } from '../lab/note.ts';

/** Where the first entry of a log stands in a bundle. */
export const ENTRY = 'verificationMaterial.tlogEntries.0';
export const CHAIN = 'verificationMaterial.x509CertificateChain.certificates';

/** With more members on top. */
export const merged = (json: Json, more: JsonObject): Json => ({ ...(isJsonObject(json) ? json : {}), ...more });

/** With more members ahead: of two that mean the same, a reader that takes both keeps the last. */
export const before = (json: Json, more: JsonObject): Json => ({ ...more, ...(isJsonObject(json) ? json : {}) });

/** With one bit of the last byte flipped. */
export function flippedEnd(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
}

/** The text with the first match replaced; it must be there, so that a defect cannot miss. */
export function textReplaced(bytes: Buffer, pattern: RegExp, by: string): Buffer {
  const text = bytes.toString();
  if (!pattern.test(text)) throw new TypeError(`nothing matches ${pattern}`);
  return Buffer.from(text.replace(pattern, () => by));
}

/** The same bytes in base64 whose last character has bits that stand for nothing. */
export function strayBits(base64: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const padding = base64.length - base64.replace(/=+$/, '').length;
  if (padding === 0) throw new TypeError('this base64 has no bits to spare');
  const last = base64[base64.length - padding - 1] ?? '';
  const other = alphabet[alphabet.indexOf(last) + 1] ?? '';
  return `${base64.slice(0, -padding - 1)}${other}${'='.repeat(padding)}`;
}

/** With the bundle changed once all of it is made, and once more written out. */
export const rebundled = (made: Made, bundle: Json): Made => ({
  ...made,
  bundle,
  bundleBytes: Buffer.from(JSON.stringify(bundle)),
});

export const rerooted = (made: Made, trustedRoot: Json): Made => ({
  ...made,
  trustedRoot,
  trustedRootBytes: Buffer.from(JSON.stringify(trustedRoot)),
});

/** The certificates that a bundle's chain is to hold, from its leaf and the trusted root's authorities (lowest first). */
export function chained(made: Made, of: (leaf: Json, authorities: readonly Json[]) => readonly Json[]): Made {
  const leaf = { rawBytes: textAt(made.bundle, `${CHAIN}.0.rawBytes`) };
  const authorities = at(made.trustedRoot, 'certificateAuthorities.0.certChain.certificates');
  return rebundled(made, replaced(made.bundle, CHAIN, of(leaf, isArray(authorities) ? authorities : [])));
}

export type CheckpointChange = (checkpoint: Checkpoint) => Checkpoint;

/** A trusted root in which one end of every log's validity is changed. */
export const everyLog =
  (end: 'start' | 'end', time: string) =>
  (root: Json): Json =>
    edited(root, 'tlogs', (logs) =>
      isArray(logs) ? logs.map((log) => replaced(log, `publicKey.validFor.${end}`, time)) : logs,
    );

/** With the certificate once more, in a chain. */
export const chainBeside = (bundle: Json): Json =>
  replaced(bundle, 'verificationMaterial.x509CertificateChain', {
    certificates: [{ rawBytes: textAt(bundle, 'verificationMaterial.certificate.rawBytes') }],
  });
