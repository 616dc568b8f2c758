import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { dsse } from '@sigstore/core';
import { CodedError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import type { SignatureAlgorithm } from '../algorithm.ts';
import { artifactOf } from '../artifact.ts';
import { keyDigest } from '../authority/public-key.ts';
import { publicKeyHint } from '../bundle/key-hint.ts';
import { WRITTEN_MEDIA_TYPE } from '../bundle/media-type.ts';
import { parseBundle } from '../bundle/parse-bundle.ts';
import { parseStatement, STATEMENT_PAYLOAD_TYPE, STATEMENT_V1 } from '../bundle/parse-statement.ts';
import { verifyBundle } from '../verify-bundle.ts';
import { algorithmFor, messageHash, signBytes } from './algorithms.ts';

/** Who signs, and how. */
export type Signer = {
  readonly privateKey: KeyObject;
  /** What the bundle's hint names, and what is signed is verified with again. */
  readonly publicKey: KeyObject;
  readonly algorithm: SignatureAlgorithm;
};

/**
 * Who signs with this key: by the algorithm asked for, or by the one that Sigstore's registry recommends for the key.
 *
 * @throws CodedError `sign.key_unsupported`, `sign.algorithm_unfit`
 */
export function signerOf(privateKey: KeyObject, algorithm?: SignatureAlgorithm): Signer {
  return { privateKey, publicKey: createPublicKey(privateKey), algorithm: algorithmFor(privateKey, algorithm) };
}

/** What an attestation says of its artifact. */
type Attestation = {
  /** Of the artifact, for people; what counts is its digest. */
  readonly name: string;
  /** A URI. */
  readonly predicateType: string;
  readonly predicate: JsonObject;
};

const HASH_NAMES = { sha256: 'SHA2_256', sha384: 'SHA2_384', sha512: 'SHA2_512' } as const;

/**
 * Signs an artifact's bytes with a key: a Sigstore bundle v0.3 with a message signature and without log entries, as `cosign sign-blob`
 * writes it with an empty signing configuration. What comes back was read and verified again.
 *
 * @throws CodedError `sign.self_check_failed`
 */
export function signMessage(artifact: Uint8Array, signer: Signer): Buffer {
  const algorithm = messageHash(signer.algorithm);
  const signature = signBytes(signer.algorithm, signer.privateKey, artifact).toString('base64');
  const bundle = bundleOf(signer, {
    messageSignature: {
      messageDigest: { algorithm: HASH_NAMES[algorithm], digest: hash(algorithm, artifact, 'base64') },
      signature,
    },
  });
  return checkedAgain(bundle, signer, artifact);
}

/**
 * Attests to an artifact with a key: a Sigstore bundle v0.3 with a DSSE envelope around an in-toto Statement v1, whose one subject is the
 * artifact's SHA-256. What comes back was read and verified again.
 *
 * @throws CodedError `trust.statement_malformed`, `trust.bundle_too_large`, `sign.self_check_failed`
 */
export function signStatement(
  artifact: Uint8Array,
  { name, predicateType, predicate }: Attestation,
  signer: Signer,
): Buffer {
  const statement = {
    _type: STATEMENT_V1,
    subject: [{ name, digest: { sha256: hash('sha256', artifact, 'hex') } }],
    predicateType,
    predicate,
  };
  const payload = Buffer.from(JSON.stringify(statement));
  // Before the key is used for it.
  parseStatement(STATEMENT_PAYLOAD_TYPE, payload);
  const signed = dsse.preAuthEncoding(STATEMENT_PAYLOAD_TYPE, payload);
  const sig = signBytes(signer.algorithm, signer.privateKey, signed).toString('base64');
  const bundle = bundleOf(signer, {
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: STATEMENT_PAYLOAD_TYPE,
      signatures: [{ sig }],
    },
  });
  return checkedAgain(bundle, signer, artifact);
}

function bundleOf({ publicKey }: Signer, content: JsonObject): Buffer {
  const verificationMaterial = { publicKey: { hint: publicKeyHint(publicKey) } };
  return Buffer.from(`${JSON.stringify({ mediaType: WRITTEN_MEDIA_TYPE, verificationMaterial, ...content })}\n`);
}

/** The bundle, once it was read and verified like anybody's: what a fault spoiled is not handed out. */
function checkedAgain(bytes: Buffer, { publicKey, algorithm }: Signer, artifact: Uint8Array): Buffer {
  const digest = keyDigest(publicKey);
  const verification = verifyBundle({
    bundle: parseBundle(bytes, { allowCosignLegacy: false }),
    artifact: artifactOf(artifact),
    trusted: { mode: 'keyed', keys: [{ digest, key: publicKey, algorithm }] },
    thresholds: { logs: 0, timestamps: 0, scts: 0 },
    // The key has no period of validity here, so any time will do.
    now: 0,
  });
  if (verification.verified) return bytes;
  throw new CodedError(
    'sign.self_check_failed',
    `the bundle just made does not verify (${verification.code}); nothing was written`,
  );
}
