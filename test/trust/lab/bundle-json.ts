import { hash } from 'node:crypto';
import type { Json } from '../../../src/model/json.ts';
import type { Alterations } from './alterations.ts';
import { at, textAt } from './edit.ts';
import { digestName, envelopeJson, type Signed } from './entry-body.ts';
import type { Scenario } from './scenario.ts';

export const IN_TOTO = 'application/vnd.in-toto+json';
const STATEMENT = { 'v0.1': 'https://in-toto.io/Statement/v0.1', v1: 'https://in-toto.io/Statement/v1' } as const;
const MEDIA_TYPE = {
  '0.1': 'application/vnd.dev.sigstore.bundle+json;version=0.1',
  '0.2': 'application/vnd.dev.sigstore.bundle+json;version=0.2',
  '0.3': 'application/vnd.dev.sigstore.bundle.v0.3+json',
  legacy: '',
} as const;

/** DSSE's pre-authentication encoding (secure-systems-lab/dsse, protocol.md). */
export function preAuthEncoding(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
    Buffer.from(payload),
  ]);
}

/** The Statement that an envelope holds, in bytes. */
export function statementOf(
  artifact: Uint8Array,
  { statement = 'v1', subjectDigest = 'sha256' }: Scenario,
  predicateType: string,
  predicate: Json,
  alter: Alterations,
): Buffer {
  const plain: Json = {
    _type: STATEMENT[statement],
    subject: [{ name: 'artifact', digest: { [subjectDigest]: hash(subjectDigest, artifact, 'hex') } }],
    predicateType,
    predicate,
  };
  return Buffer.from(JSON.stringify(alter.statement?.(plain) ?? plain));
}

/** A bundle of version 0.1, 0.2 or 0.3, in camelCase. */
export function bundleOf(
  { version, mode }: Scenario,
  signed: Signed,
  tlogEntries: readonly Json[],
  rfc3161Timestamps: readonly Json[],
): Json {
  const { certificate, key, signature, message, payload, payloadType, content } = signed;
  const rawBytes = certificate?.toString('base64') ?? '';
  const keyless: Json =
    version === '0.3' ? { certificate: { rawBytes } } : { x509CertificateChain: { certificates: [{ rawBytes }] } };
  return {
    mediaType: MEDIA_TYPE[version],
    verificationMaterial: {
      ...(mode === 'keyless' ? keyless : { publicKey: { hint: hash('sha256', key.spki, 'base64') } }),
      tlogEntries,
      ...(rfc3161Timestamps.length > 0 ? { timestampVerificationData: { rfc3161Timestamps } } : {}),
    },
    ...(content === 'message'
      ? {
          messageSignature: {
            messageDigest: { algorithm: digestName(key), digest: hash(key.digest, message, 'base64') },
            signature: signature.toString('base64'),
          },
        }
      : {
          dsseEnvelope: {
            payload: payload.toString('base64'),
            payloadType,
            signatures: [{ sig: signature.toString('base64') }],
          },
        }),
  };
}

/** What `cosign sign-blob --bundle` and `attest-blob --bundle` wrote before version 3; the latter with the envelope for a signature. */
export function legacyBundle(signed: Signed, entries: readonly Json[]): Json {
  const { signature, verifierPem, certificate, content } = signed;
  const [entry] = entries;
  return {
    base64Signature: (content === 'message' ? signature : Buffer.from(envelopeJson(signed))).toString('base64'),
    ...(certificate === undefined ? {} : { cert: Buffer.from(verifierPem).toString('base64') }),
    rekorBundle: {
      SignedEntryTimestamp: textAt(entry, 'inclusionPromise.signedEntryTimestamp'),
      Payload: {
        body: textAt(entry, 'canonicalizedBody'),
        integratedTime: Number(at(entry, 'integratedTime')),
        logIndex: Number(at(entry, 'logIndex')),
        logID: Buffer.from(textAt(entry, 'logId.keyId'), 'base64').toString('hex'),
      },
    },
  };
}
