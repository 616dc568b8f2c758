import { hash } from 'node:crypto';
import type { Json } from '../../../src/model/json.ts';
import type { EntryKind } from './scenario.ts';
import type { SigningKey } from './signing-key.ts';

/** What the entries of a bundle are about. */
export type Signed = {
  readonly content: 'message' | 'dsse';
  readonly key: SigningKey;
  /** The leaf certificate, DER; absent for keyed. */
  readonly certificate?: Buffer;
  /** PEM of the certificate, or of the key. */
  readonly verifierPem: string;
  readonly signature: Buffer;
  /** What the signature is over: the artifact, or the PAE. */
  readonly message: Buffer;
  readonly payload: Buffer;
  readonly payloadType: string;
};

const hex = (algorithm: string, data: Uint8Array): Json => ({ algorithm, value: hash(algorithm, data, 'hex') });
const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString('base64');
const REGISTRY = { sha256: 'SHA2_256', sha384: 'SHA2_384', sha512: 'SHA2_512' } as const;

export const digestName = (key: SigningKey): string => REGISTRY[key.digest];

/** The envelope as cosign writes it: what a log takes the hash of. */
export function envelopeJson({ payload, payloadType, signature }: Signed): string {
  return JSON.stringify({
    payloadType,
    payload: base64(payload),
    signatures: [{ keyid: '', sig: base64(signature) }],
  });
}

/** The body as the log keeps it: rekor's types for 0.0.1 and intoto, protobuf-specs' rekor/v2 for 0.0.2. */
export function entryBody(kind: EntryKind, signed: Signed): Json {
  const { key, signature, message, payload, payloadType, verifierPem, certificate } = signed;
  const verifier: Json = {
    keyDetails: key.details,
    ...(certificate === undefined
      ? { publicKey: { rawBytes: base64(key.spki) } }
      : { x509Certificate: { rawBytes: base64(certificate) } }),
  };
  const envelope = envelopeJson(signed);
  switch (kind) {
    case 'hashedrekord 0.0.1':
      return {
        apiVersion: '0.0.1',
        kind: 'hashedrekord',
        spec: {
          data: { hash: hex(key.digest, message) },
          signature: { content: base64(signature), publicKey: { content: base64(verifierPem) } },
        },
      };
    case 'dsse 0.0.1':
      return {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          envelopeHash: hex('sha256', Buffer.from(envelope)),
          payloadHash: hex('sha256', payload),
          signatures: [{ signature: base64(signature), verifier: base64(verifierPem) }],
        },
      };
    case 'intoto 0.0.2':
      return {
        apiVersion: '0.0.2',
        kind: 'intoto',
        spec: {
          content: {
            // Rekor keeps the payload beside the log; the signature is base64 of base64.
            envelope: {
              payloadType,
              signatures: [{ publicKey: base64(verifierPem), sig: base64(base64(signature)) }],
            },
            hash: hex('sha256', Buffer.from(envelope)),
            payloadHash: hex('sha256', payload),
          },
        },
      };
    case 'hashedrekord 0.0.2':
      return {
        apiVersion: '0.0.2',
        kind: 'hashedrekord',
        spec: {
          hashedRekordV002: {
            data: { algorithm: digestName(key), digest: hash(key.digest, message, 'base64') },
            signature: { content: base64(signature), verifier },
          },
        },
      };
    case 'dsse 0.0.2':
      return {
        apiVersion: '0.0.2',
        kind: 'dsse',
        spec: {
          dsseV002: {
            payloadHash: { algorithm: 'SHA2_256', digest: hash('sha256', payload, 'base64') },
            signatures: [{ content: base64(signature), verifier }],
          },
        },
      };
  }
}
