import { hash } from 'node:crypto';
import type { Milliseconds } from '../../../src/model/clock.ts';
import type { Json } from '../../../src/model/json.ts';
import type { SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import type { Thresholds } from '../../../src/trust/authority/authority.ts';
import type { Alterations } from './alterations.ts';
import { ACCOUNTS, certificates, GITHUB, PERSON, WORKFLOW } from './certificates.ts';
import { pem } from './der.ts';
import { at, snakeCase, textAt } from './edit.ts';
import { digestName, type Signed } from './entry-body.ts';
import { CT_LOG_NAMES, ctLogInstance, LOG_NAMES, logInstance, serialOf, TSA_NAMES, tsaInstance } from './instances.ts';
import { logEntry } from './log-entry.ts';
import type { Made } from './made.ts';
import type { Scenario } from './scenario.ts';
import { seedOf } from './seed.ts';
import { type SigningKey, signingKey } from './signing-key.ts';
import { timestampResponse } from './timestamp.ts';
import { trustedRootJson } from './trusted-root.ts';

export type Lab = {
  /** The same lab and the same arguments give the same bytes, RSA keys and PSS signatures excepted. */
  readonly make: (scenario: Scenario, alter?: Alterations) => Made;
  readonly key: (label: string, algorithm?: SignatureAlgorithm) => SigningKey;
  readonly now: Milliseconds;
};

export type LabOptions = {
  readonly seed?: number | string;
  /** When signatures are made; default 2026-03-02T10:00:00Z. Cut to whole seconds. */
  readonly now?: Milliseconds;
  /** What is signed. */
  readonly artifact?: Uint8Array;
  /** Of Statements; default `https://example.com/attestation/v1`. */
  readonly predicateType?: string;
  readonly predicate?: Json;
};

const P256 = 'ecdsa-sha2-256-nistp256';
const YEAR = 365 * 24 * 3_600_000;
export const IN_TOTO = 'application/vnd.in-toto+json';
const STATEMENT = { 'v0.1': 'https://in-toto.io/Statement/v0.1', v1: 'https://in-toto.io/Statement/v1' } as const;
const MEDIA_TYPE = {
  '0.1': 'application/vnd.dev.sigstore.bundle+json;version=0.1',
  '0.2': 'application/vnd.dev.sigstore.bundle+json;version=0.2',
  '0.3': 'application/vnd.dev.sigstore.bundle.v0.3+json',
  legacy: '',
} as const;

/** A whole Sigstore in memory: certificate authority, CT logs, Rekor logs of both generations, timestamp authorities, signers. */
export function createLab({
  seed: seedText = 1,
  now = Date.UTC(2026, 2, 2, 10),
  artifact = Buffer.from('an artifact of the laboratory\n'),
  predicateType = 'https://example.com/attestation/v1',
  predicate = { result: 'PASSED' },
}: LabOptions = {}): Lab {
  const seed = seedOf(seedText);
  const signed = new Date(Math.floor(now / 1000) * 1000);
  const from = new Date(signed.getTime() - 2 * YEAR);
  const to = new Date(signed.getTime() + 8 * YEAR);
  const keysOf = kept((algorithm: SignatureAlgorithm) => kept((label: string) => signingKey(seed, label, algorithm)));
  const key = (label: string, algorithm: SignatureAlgorithm = P256): SigningKey => keysOf(algorithm)(label);
  const log = kept((name: (typeof LOG_NAMES)[number]) => logInstance(seed, name));
  const ctLog = kept((name: (typeof CT_LOG_NAMES)[number]) => ctLogInstance(seed, name));
  const tsa = kept((name: (typeof TSA_NAMES)[number]) => tsaInstance(seed, name, { from, to }));

  const make = (scenario: Scenario, alter: Alterations = {}): Made => {
    const { mode, algorithm = P256, content, timestamps, entries, scts: ctNames = ['ct'], person = false } = scenario;
    const ownKey = key(`signer ${algorithm}`, algorithm);
    const issued = certificates(
      {
        seed,
        key: (label) => key(label),
        leafKey: ownKey,
        ctLogs: ctNames.map((name) => ctLog(name)),
        from,
        to,
        issuedAt: new Date(signed.getTime() - 60_000),
        tag: algorithm,
      },
      scenario,
      alter,
    );
    const plainPayload = statementOf(artifact, scenario, predicateType, predicate, alter);
    const payload = alter.payload?.(plainPayload) ?? plainPayload;
    const payloadType = alter.payloadType?.(IN_TOTO) ?? IN_TOTO;
    const message = content === 'message' ? Buffer.from(artifact) : preAuthEncoding(payloadType, payload);
    const made = (alter.signWith?.({ key: (label) => key(label, algorithm) }) ?? ownKey).sign(message);
    const signature = alter.signature?.(made) ?? made;
    const what: Signed = {
      content,
      key: ownKey,
      ...(mode === 'keyless' ? { certificate: issued.leaf } : {}),
      verifierPem: mode === 'keyless' ? pem('CERTIFICATE', issued.leaf) : ownKey.spkiPem,
      signature,
      message,
      payload,
      payloadType,
    };
    const tlogEntries = entries.map((plan, nth) =>
      logEntry(
        { seed, log: (name) => log(name), key: (label, kind) => key(label, kind), time: signed },
        plan,
        what,
        nth,
        alter,
      ),
    );
    const rfc3161Timestamps = timestamps.map((plan, nth) => {
      const authority = alter.tsa === undefined ? tsa(plan.tsa) : tsaInstance(seed, plan.tsa, { from, to }, alter.tsa);
      const plain = {
        tsa: authority,
        data: signature,
        time: new Date(signed.getTime() + 1000 * (nth + 1)),
        serial: serialOf(seed, `token ${plan.tsa} ${nth}`),
        nonce: seed(`nonce ${plan.tsa} ${nth}`, 8),
        embedded: plan.embedded ?? true,
        status: 0,
        sign: (data: Buffer) => authority.key.sign(data),
      };
      const response = timestampResponse(alter.token?.(plain, nth) ?? plain);
      return { signedTimestamp: (alter.timestamp?.(response, nth) ?? response).toString('base64') };
    });
    const plainBundle =
      scenario.version === 'legacy'
        ? legacyBundle(what, tlogEntries)
        : bundleOf(scenario, what, tlogEntries, rfc3161Timestamps);
    const spelled = scenario.spelling === 'snake_case' ? snakeCase(plainBundle) : plainBundle;
    const bundle = alter.bundle?.(spelled) ?? spelled;
    const bytes = Buffer.from(`${JSON.stringify(bundle)}\n`);
    const tsas = TSA_NAMES.filter((name) => name !== 'stranger').map((name) =>
      alter.tsa === undefined ? tsa(name) : tsaInstance(seed, name, { from, to }, alter.tsa),
    );
    const plainRoot = trustedRootJson({
      logs: LOG_NAMES.filter((name) => name !== 'stranger').map((name) => log(name)),
      ctLogs: CT_LOG_NAMES.filter((name) => name !== 'stranger').map((name) => ctLog(name)),
      tsas,
      authorities: issued.authorities,
      from,
    });
    const trustedRoot = alter.trustedRoot?.(plainRoot) ?? plainRoot;
    const result: Made = {
      scenario,
      artifact: Buffer.from(artifact),
      bundle,
      bundleBytes: alter.bytes?.(bytes) ?? bytes,
      trustedRoot,
      trustedRootBytes: Buffer.from(JSON.stringify(trustedRoot)),
      ...(mode === 'keyed' ? { key: ownKey } : {}),
      artifactByDigest: false,
      keyValidity: {},
      identity: person ? PERSON : WORKFLOW,
      issuer: person ? ACCOUNTS : GITHUB,
      thresholds: scenario.thresholds ?? usualThresholds(scenario),
      allowCosignLegacy: scenario.version === 'legacy',
      signedAt: signed.getTime(),
    };
    return alter.made?.(result) ?? result;
  };
  return { make, key, now: signed.getTime() };
}

function usualThresholds({ mode, entries, timestamps }: Scenario): Thresholds {
  const timed = timestamps.length > 0 || entries.some(({ log }) => !log.startsWith('rekor2'));
  return { logs: Math.min(1, entries.length), timestamps: timed ? 1 : 0, scts: mode === 'keyless' ? 1 : 0 };
}

/** DSSE's pre-authentication encoding (secure-systems-lab/dsse, protocol.md). */
export function preAuthEncoding(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
    Buffer.from(payload),
  ]);
}

function statementOf(
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

function bundleOf(
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

/** What `cosign sign-blob --bundle` wrote before version 3. */
function legacyBundle({ signature, verifierPem }: Signed, entries: readonly Json[]): Json {
  const [entry] = entries;
  return {
    base64Signature: signature.toString('base64'),
    cert: Buffer.from(verifierPem).toString('base64'),
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

/** A function whose answers are kept: keys cost milliseconds. */
function kept<Name extends string, Result>(make: (name: Name) => Result): (name: Name) => Result {
  const made = new Map<Name, Result>();
  return (name) => {
    const before = made.get(name);
    if (before !== undefined) return before;
    const result = make(name);
    made.set(name, result);
    return result;
  };
}
