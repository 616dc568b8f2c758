import type { Bundle } from '@sigstore/bundle';
import { canonicalize } from '../../../src/model/canonical.ts';
import type { Json } from '../../../src/model/json.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import type { VerifiedBundle, VerifiedLogEntry } from '../../../src/trust/verified-bundle.ts';

/**
 * What a verified bundle means: the signature and what it is over, who made it, and each thing that was proved about it. Fields that
 * nobody authenticates (hints, what stands beside a proof of Rekor v2, signatures of unknown witnesses, the order of parts) have no part in
 * it, and no part are the bytes that say the same in other words.
 */
export type Meaning = {
  /** The signature, its content as parsed, the signer and the Statement. */
  readonly signed: string;
  /** Entries, times and SCTs that were proved, each with what was read of it. */
  readonly proved: ReadonlySet<string>;
};

/** Of a bundle that was verified; `rooted` says whether its log entries were, too. */
export function meaningOf(bytes: Buffer, proved: VerifiedBundle, allowCosignLegacy: boolean, rooted: boolean): Meaning {
  const { bundle } = parseBundle(bytes, { allowCosignLegacy });
  const { signer, statement, logs, times, scts } = proved;
  const { leaf, ...content } = contentOf(bundle);
  return {
    signed: textOf({ signer, statement: statement ?? null, leaf, content }),
    proved: new Set([
      ...logs.flatMap((log, index) => (rooted ? entryOf(bundle, index, log).map(textOf) : [])),
      ...times.map((time) => textOf({ time, of: content.signature })),
      ...scts.map((sct) => textOf({ sct, of: leaf })),
    ]),
  };
}

/** Whether a mutated bundle proves nothing that unmutated ones did not prove: of the same signature, certificate and entries. */
export function isWithin(mutated: Meaning, originals: readonly Meaning[]): boolean {
  return (
    originals.some(({ signed }) => signed === mutated.signed) &&
    [...mutated.proved].every((fact) => originals.some(({ proved }) => proved.has(fact)))
  );
}

/** The signature, and what it covers beside the artifact. */
function contentOf({ content, verificationMaterial }: Bundle) {
  const material = verificationMaterial.content;
  const leaf =
    material.$case === 'certificate'
      ? material.certificate.rawBytes
      : material.$case === 'x509CertificateChain'
        ? material.x509CertificateChain.certificates[0]?.rawBytes
        : undefined;
  // messageDigest beside the signature is compared with the artifact; which of its hashes stands there is the same.
  if (content.$case === 'messageSignature')
    return { leaf: leaf ?? null, signature: content.messageSignature.signature };
  const { payload, payloadType, signatures } = content.dsseEnvelope;
  // An envelope's keyid is a hint that nobody signs.
  return { leaf: leaf ?? null, payload, payloadType, signature: signatures[0]?.sig ?? null };
}

/** What a log signed of an entry: its promise with time and index, and that the body lies where in which tree. Each stands by itself. */
function entryOf({ verificationMaterial }: Bundle, index: number, log: VerifiedLogEntry): readonly object[] {
  const entry = verificationMaterial.tlogEntries[index];
  if (entry === undefined) throw new TypeError('more entries were proved than there are');
  const { inclusionPromise, inclusionProof, integratedTime, logIndex, kindVersion, canonicalizedBody } = entry;
  const note = inclusionProof?.checkpoint?.envelope.split('\n\n')[0] ?? null;
  const { logId } = log;
  return [
    { canonicalizedBody, kindVersion, logId },
    ...(inclusionPromise === undefined
      ? []
      : [{ canonicalizedBody, logId, inclusionPromise, integratedTime, logIndex }]),
    ...(inclusionProof === undefined ? [] : [{ canonicalizedBody, log, hashes: inclusionProof.hashes, note }]),
  ];
}

const textOf = (value: unknown): string => canonicalize(plain(value));

/** Bytes in base64; the rest must be JSON already. */
function plain(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => [name, plain(member)]),
    );
  }
  throw new TypeError(`no JSON: ${typeof value}`);
}
