import { BUNDLE_LIMITS } from './limits.ts';

/** What a member may hold, in protobuf's JSON: `natural` is an int64 that is never negative here, as a string or a number. */
export type Field =
  | { readonly kind: 'text' | 'bytes' | 'natural' | 'hash_algorithm' }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'list'; readonly of: Field; readonly most: number };

/** `camel` is the member's name in JSON; `snake` the one in the .proto file, which protobuf's JSON reads as well. */
type Member = { readonly camel: string; readonly snake: string; readonly field: Field };

/** A message's members, each under both of its names. */
export type Message = ReadonlyMap<string, Member>;

const text: Field = { kind: 'text' };
const bytes: Field = { kind: 'bytes' };
const natural: Field = { kind: 'natural' };

function message(...members: readonly (readonly [camel: string, snake: string, field: Field])[]): Field {
  return { kind: 'message', message: messageOf(members) };
}

function messageOf(members: readonly (readonly [camel: string, snake: string, field: Field])[]): Message {
  return new Map(
    members.flatMap(([camel, snake, field]) => {
      const member = { camel, snake, field };
      return [
        [snake, member],
        [camel, member],
      ] as const;
    }),
  );
}

function list(of: Field, most: number): Field {
  return { kind: 'list', of, most };
}

const certificate = message(['rawBytes', 'raw_bytes', bytes]);

const inclusionProof = message(
  ['logIndex', 'log_index', natural],
  ['rootHash', 'root_hash', bytes],
  ['treeSize', 'tree_size', natural],
  ['hashes', 'hashes', list(bytes, BUNDLE_LIMITS.hashes)],
  ['checkpoint', 'checkpoint', message(['envelope', 'envelope', text])],
);

const logEntry = message(
  ['logIndex', 'log_index', natural],
  ['logId', 'log_id', message(['keyId', 'key_id', bytes])],
  ['kindVersion', 'kind_version', message(['kind', 'kind', text], ['version', 'version', text])],
  ['integratedTime', 'integrated_time', natural],
  ['inclusionPromise', 'inclusion_promise', message(['signedEntryTimestamp', 'signed_entry_timestamp', bytes])],
  ['inclusionProof', 'inclusion_proof', inclusionProof],
  ['canonicalizedBody', 'canonicalized_body', bytes],
);

const verificationMaterial = message(
  ['publicKey', 'public_key', message(['hint', 'hint', text])],
  [
    'x509CertificateChain',
    'x509_certificate_chain',
    message(['certificates', 'certificates', list(certificate, BUNDLE_LIMITS.certificates)]),
  ],
  ['certificate', 'certificate', certificate],
  ['tlogEntries', 'tlog_entries', list(logEntry, BUNDLE_LIMITS.logEntries)],
  [
    'timestampVerificationData',
    'timestamp_verification_data',
    message([
      'rfc3161Timestamps',
      'rfc3161_timestamps',
      list(message(['signedTimestamp', 'signed_timestamp', bytes]), BUNDLE_LIMITS.timestamps),
    ]),
  ],
);

const messageSignature = message(
  [
    'messageDigest',
    'message_digest',
    message(['algorithm', 'algorithm', { kind: 'hash_algorithm' }], ['digest', 'digest', bytes]),
  ],
  ['signature', 'signature', bytes],
);

// DSSE's own envelope.proto spells payloadType and keyid so: there is no other spelling.
const dsseEnvelope = message(
  ['payload', 'payload', bytes],
  ['payloadType', 'payloadType', text],
  [
    'signatures',
    'signatures',
    list(message(['sig', 'sig', bytes], ['keyid', 'keyid', text]), BUNDLE_LIMITS.signatures),
  ],
);

/** A Sigstore bundle, v0.1 to v0.3 (sigstore/protobuf-specs, sigstore_bundle.proto): every member that is read. */
export const BUNDLE_SHAPE: Message = messageOf([
  ['mediaType', 'media_type', text],
  ['verificationMaterial', 'verification_material', verificationMaterial],
  ['messageSignature', 'message_signature', messageSignature],
  ['dsseEnvelope', 'dsse_envelope', dsseEnvelope],
]);
