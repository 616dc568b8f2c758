import { createPublicKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { describeThrown } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject, member, within } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { refusal } from '../failure.ts';
import { fromCanonicalBase64 } from './base64.ts';
import { publicKeyHint } from './key-hint.ts';
import { BUNDLE_LIMITS } from './limits.ts';

// cosign, pkg/cosign/fetch.go (LocalSignedPayload) and pkg/cosign/bundle/rekor.go: Go's JSON, so names stand as its structs have them.
const LEGACY = z.strictObject({
  base64Signature: z.string().min(1),
  cert: z.string().min(1).optional(),
  rekorBundle: z
    .strictObject({
      SignedEntryTimestamp: z.string().min(1),
      Payload: z.strictObject({
        body: z.string().min(1),
        integratedTime: z.int().nonnegative(),
        logIndex: z.int().nonnegative(),
        logID: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    })
    .optional(),
});
type Legacy = z.infer<typeof LEGACY>;

/** True for JSON that is meant as cosign's legacy bundle: it has no media type to tell. */
export function isCosignLegacy(json: JsonObject): boolean {
  return Object.hasOwn(json, 'base64Signature') && !Object.hasOwn(json, 'mediaType');
}

/**
 * Says in a Sigstore bundle's words (v0.1, camelCase) what cosign's legacy bundle says: of `sign-blob`, or of `attest-blob`, whose signature
 * is a whole DSSE envelope. The result is no more trusted than its source; its entry has the log's promise (SET) and no proof.
 *
 * @throws CodedError `trust.bundle_malformed`, `trust.log_entry_missing` (nothing but a signature), `trust.log_entry_unsupported`,
 *   `trust.certificate_malformed`
 */
export function translateCosignLegacy(json: JsonObject): JsonObject {
  const parsed = LEGACY.safeParse(json);
  if (!parsed.success) {
    const places = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
    throw refusal('bundle_malformed', `cosign's legacy bundle has not the expected members: ${places || 'the whole'}`);
  }
  const { base64Signature, cert, rekorBundle } = parsed.data;
  if (rekorBundle === undefined) {
    throw refusal(
      'log_entry_missing',
      "cosign's legacy bundle has no rekorBundle: nothing tells what was signed; sign again with cosign 3",
    );
  }
  const body = jsonIn(rekorBundle.Payload.body, 'rekorBundle.Payload.body');
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      ...keyMaterial(cert === undefined ? keyInEntry(body) : pemIn(cert)),
      tlogEntries: [logEntry(rekorBundle, body)],
    },
    ...content(base64Signature, body),
  };
}

function logEntry({ SignedEntryTimestamp, Payload }: NonNullable<Legacy['rekorBundle']>, body: JsonObject): JsonObject {
  const [kind, version] = [member(body, 'kind'), member(body, 'apiVersion')];
  if (typeof kind !== 'string' || typeof version !== 'string') {
    throw refusal('log_entry_unsupported', 'the body of the log entry does not say of what kind it is');
  }
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
    kindVersion: { kind, version },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  };
}

const ALGORITHMS: ReadonlyMap<Json | undefined, string> = new Map([
  ['sha256', 'SHA2_256'],
  ['sha384', 'SHA2_384'],
  ['sha512', 'SHA2_512'],
]);

/** A signature over the artifact, whose digest only the log entry tells, or an envelope in the signature's place. */
function content(base64Signature: string, body: JsonObject): JsonObject {
  const signature = fromCanonicalBase64(base64Signature);
  if (signature === undefined) throw malformed('base64Signature is no base64');
  if (signature[0] === OPENING_BRACE) {
    const envelope = jsonOf(signature, 'base64Signature');
    if (Object.hasOwn(envelope, 'payload')) return { dsseEnvelope: envelope };
  }
  const algorithm = ALGORITHMS.get(within(body, 'spec', 'data', 'hash', 'algorithm'));
  const value = within(body, 'spec', 'data', 'hash', 'value');
  if (algorithm === undefined || typeof value !== 'string' || !/^(?:[0-9a-f]{2}){32,64}$/.test(value)) {
    throw refusal('log_entry_unsupported', 'the log entry of a message signature does not give its digest');
  }
  const digest = Buffer.from(value, 'hex').toString('base64');
  return { messageSignature: { messageDigest: { algorithm, digest }, signature: base64Signature } };
}

// An ECDSA signature is a SEQUENCE, 0x30; of the others, one in 256 begins like JSON and is then none.
const OPENING_BRACE = 0x7b;

/** PEM in base64, as cosign writes it; older versions wrote the PEM itself. */
function pemIn(cert: string): string {
  if (cert.startsWith('-----BEGIN ')) return cert;
  const pem = fromCanonicalBase64(cert)?.toString('latin1');
  if (pem?.startsWith('-----BEGIN ') !== true) throw malformed('cert is neither PEM nor PEM in base64');
  return pem;
}

/** Without `cert`, only the entry tells which key is meant; as a hint it decides nothing. */
function keyInEntry(body: JsonObject): string | undefined {
  const found = within(body, 'spec', 'signature', 'publicKey', 'content') ?? within(body, 'spec', 'publicKey');
  const pem = typeof found === 'string' ? fromCanonicalBase64(found)?.toString('latin1') : undefined;
  return pem?.startsWith('-----BEGIN PUBLIC KEY-----') === true ? pem : undefined;
}

function keyMaterial(pem: string | undefined): JsonObject {
  if (pem === undefined) return { publicKey: { hint: '' } };
  try {
    // Whoever wrote the bundle chose the text: what follows the first block must be nothing.
    if (pem.trimEnd().split('-----BEGIN ').length !== 2) throw new TypeError('more than one PEM block');
    if (pem.startsWith('-----BEGIN CERTIFICATE-----')) {
      const rawBytes = new X509Certificate(pem).raw.toString('base64');
      return { x509CertificateChain: { certificates: [{ rawBytes }] } };
    }
    if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) throw new TypeError('neither certificate nor public key');
    return { publicKey: { hint: publicKeyHint(createPublicKey(pem)) } };
  } catch (cause) {
    throw refusal('certificate_malformed', `cert cannot be read: ${describeThrown(cause)}`, cause);
  }
}

function jsonIn(base64: string, place: string): JsonObject {
  const bytes = fromCanonicalBase64(base64);
  if (bytes === undefined) throw malformed(`${place} is no base64`);
  return jsonOf(bytes, place);
}

function jsonOf(bytes: Uint8Array, place: string): JsonObject {
  try {
    const json = parseStrictJson(bytes, { maxBytes: BUNDLE_LIMITS.bytes, maxDepth: BUNDLE_LIMITS.depth });
    if (isJsonObject(json)) return json;
  } catch (cause) {
    throw refusal('bundle_malformed', `${place} holds no JSON: ${describeThrown(cause)}`, cause);
  }
  throw malformed(`${place} holds no JSON object`);
}

function malformed(what: string) {
  return refusal('bundle_malformed', `cosign's legacy bundle cannot be read: ${what}`);
}
