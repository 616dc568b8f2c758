import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { CodedError, describeThrown } from '../../errors.ts';
import { rfc3339 } from '../../model/clock.ts';
import { sha256 } from '../../model/digest.ts';
import { isJsonObject, type Json, member } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { readChain } from './certificate-chain.ts';
import { type LogInstance, readLog } from './log-instance.ts';
import { listOf, malformed, objectOf, overlap, type Validity } from './members.ts';
import type { TrustedChain, TrustRoot } from './trust-root.ts';

/** Bytes of a trusted root that are read at most; the public-good one has 7 KiB. */
export const MAX_ROOT_BYTES = 1024 * 1024;

/** Instances of one kind that are read at most. */
const MAX_INSTANCES = 64;

const MEDIA_TYPES: readonly unknown[] = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
];

/**
 * Parses a TrustedRoot (sigstore protobuf-specs, sigstore_trustroot.proto) in JSON, v0.1 or v0.2.
 *
 * Stricter than the format: camelCase alone; every instance has a start of validity; log ids are those of their keys; chains are in
 * order and end in a self-signed certificate; nothing stands in it twice for the same time. Instances that name no `operator` count
 * as one operator together.
 *
 * @throws CodedError `root.malformed`, `root.media_type_unsupported`, `root.member_unknown`, `root.too_many`, `root.empty`,
 *   `root.validity_missing`, `root.validity_malformed`, `root.key_malformed`, `root.key_unsupported`, `root.log_id_mismatch`,
 *   `root.certificate_malformed`, `root.chain_invalid`, `root.anchor_not_self_signed`, `root.duplicate`
 */
export function parseTrustRoot(bytes: Uint8Array): TrustRoot {
  const json = readJson(bytes);
  const mediaType = isJsonObject(json) ? member(json, 'mediaType') : undefined;
  if (isJsonObject(json) && !MEDIA_TYPES.includes(mediaType)) {
    throw new CodedError(
      'root.media_type_unsupported',
      `mediaType must be one of ${MEDIA_TYPES.join(', ')}: name a file that holds a Sigstore TrustedRoot`,
    );
  }
  const root = objectOf(json, 'the trusted root', [
    'mediaType',
    'tlogs',
    'certificateAuthorities',
    'ctlogs',
    'timestampAuthorities',
  ]);
  const list = <T>(name: string, read: (value: Json, where: string) => T): readonly T[] =>
    listOf(root, name, MAX_INSTANCES).map((value, index) => read(value, `${name}[${index}]`));
  const logs = list('tlogs', (value, where) => readLog(value, 'signatures', where));
  const certificateLogs = list('ctlogs', (value, where) => readLog(value, 'certificates', where));
  const certificateAuthorities = list('certificateAuthorities', (value, where) => readChain(value, 'signers', where));
  const timestampAuthorities = list('timestampAuthorities', (value, where) => readChain(value, 'timestamps', where));
  if (logs.length + certificateAuthorities.length + timestampAuthorities.length === 0) {
    throw new CodedError('root.empty', 'the trusted root names no authority and no log; nothing would verify under it');
  }
  refuseTwins('tlogs', logs, (log) => log.id);
  refuseTwins('ctlogs', certificateLogs, (log) => log.id);
  refuseTwins('certificateAuthorities', certificateAuthorities, chainKey);
  refuseTwins('timestampAuthorities', timestampAuthorities, chainKey);
  return {
    digest: sha256(bytes),
    logs: logs.map(trustedLog),
    certificateLogs: certificateLogs.map(trustedLog),
    certificateAuthorities,
    timestampAuthorities,
    material: materialOf(logs, certificateLogs, certificateAuthorities, timestampAuthorities),
  };
}

function readJson(bytes: Uint8Array): Json {
  try {
    return parseStrictJson(bytes, { maxBytes: MAX_ROOT_BYTES, maxDepth: 16 });
  } catch (cause) {
    throw malformed('the trusted root', `is no JSON that can be read: ${describeThrown(cause)}`, cause);
  }
}

function trustedLog({ rawKey: _raw, keyDetails: _details, ...log }: LogInstance): TrustRoot['logs'][number] {
  return log;
}

function chainKey(chain: TrustedChain): string {
  return chain.certificates.map((certificate) => sha256(certificate)).join();
}

/** Two instances that mean the same at the same time would be counted, or chosen from, arbitrarily. */
function refuseTwins<T extends Validity>(name: string, instances: readonly T[], keyOf: (instance: T) => string): void {
  const seen = new Map<string, T[]>();
  for (const [index, instance] of instances.entries()) {
    const same = seen.get(keyOf(instance)) ?? [];
    if (same.some((other) => overlap(other, instance))) {
      throw new CodedError(
        'root.duplicate',
        `${name}[${index}] repeats another of ${name} for the same time; remove one, or make their validFor disjoint`,
        { detail: { where: `${name}[${index}]` } },
      );
    }
    seen.set(keyOf(instance), [...same, instance]);
  }
}

/**
 * The library's form, written anew from what was checked, so that it sees nothing else; without `checkpointKeyId`, in whose presence
 * it would compare the whole log id with those four bytes and refuse every entry.
 */
function materialOf(
  logs: readonly LogInstance[],
  certificateLogs: readonly LogInstance[],
  certificateAuthorities: readonly TrustedChain[],
  timestampAuthorities: readonly TrustedChain[],
): Omit<TrustMaterial, 'publicKey'> {
  try {
    const { publicKey: _, ...material } = toTrustMaterial(
      TrustedRoot.fromJSON({
        mediaType: MEDIA_TYPES[0],
        tlogs: logs.map(logJson),
        ctlogs: certificateLogs.map(logJson),
        certificateAuthorities: certificateAuthorities.map(chainJson),
        timestampAuthorities: timestampAuthorities.map(chainJson),
      }),
    );
    return material;
  } catch (cause) {
    throw malformed('the trusted root', `cannot be used: ${describeThrown(cause)}`, cause);
  }
}

function logJson(log: LogInstance): unknown {
  // The library takes every RSA key for PKCS#1 DER, whatever the name of its kind says.
  const rsa = log.key.asymmetricKeyType === 'rsa';
  const raw = rsa ? log.key.export({ format: 'der', type: 'pkcs1' }) : log.rawKey;
  return {
    baseUrl: log.baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: raw.toString('base64'), keyDetails: log.keyDetails, validFor: rangeJson(log) },
    logId: { keyId: Buffer.from(log.id, 'hex').toString('base64') },
  };
}

function chainJson(chain: TrustedChain): unknown {
  const certificates = chain.certificates.map((raw) => ({ rawBytes: Buffer.from(raw).toString('base64') }));
  return { uri: chain.uri, certChain: { certificates }, validFor: rangeJson(chain) };
}

function rangeJson({ validFrom, validTo }: Validity): unknown {
  return { start: rfc3339(validFrom), ...(validTo === undefined ? {} : { end: rfc3339(validTo) }) };
}
