import type { Milliseconds } from '../../../src/model/clock.ts';
import type { Json } from '../../../src/model/json.ts';
import type { SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import type { Thresholds } from '../../../src/trust/authority/authority.ts';
import type { Alterations } from './alterations.ts';
import { bundleOf, IN_TOTO, legacyBundle, preAuthEncoding, statementOf } from './bundle-json.ts';
import { ACCOUNTS, certificates, GITHUB, type Issued, PERSON, WORKFLOW } from './certificates.ts';
import { pem } from './der.ts';
import { snakeCase } from './edit.ts';
import type { Signed } from './entry-body.ts';
import {
  CT_LOG_NAMES,
  ctLogInstance,
  LOG_NAMES,
  logInstance,
  serialOf,
  TSA_NAMES,
  type TsaInstance,
  type TsaName,
  tsaInstance,
} from './instances.ts';
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

/** Alterations of what has been made: all before them is the same, and made once. */
const LATE: ReadonlySet<string> = new Set(['bundle', 'bytes', 'trustedRoot', 'made']);

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

  const tsaOf = (name: TsaName, alter: Alterations): TsaInstance =>
    alter.tsa === undefined ? tsa(name) : tsaInstance(seed, name, { from, to }, alter.tsa);

  const issue = (scenario: Scenario, leafKey: SigningKey, alter: Alterations): Issued =>
    certificates(
      {
        seed,
        key: (label) => key(label),
        leafKey,
        ctLogs: (scenario.scts ?? ['ct']).map((name) => ctLog(name)),
        from,
        to,
        issuedAt: new Date(signed.getTime() - 60_000),
        tag: leafKey.algorithm,
      },
      scenario,
      alter,
    );

  const sign = (scenario: Scenario, ownKey: SigningKey, certificate: Buffer, alter: Alterations): Signed => {
    const { mode, content } = scenario;
    const plainPayload = statementOf(artifact, scenario, predicateType, predicate, alter);
    const payload = alter.payload?.(plainPayload) ?? plainPayload;
    const payloadType = alter.payloadType?.(IN_TOTO) ?? IN_TOTO;
    const message = content === 'message' ? Buffer.from(artifact) : preAuthEncoding(payloadType, payload);
    const signer = alter.signWith?.({ key: (label) => key(label, ownKey.algorithm) }) ?? ownKey;
    const signature = signer.sign(message);
    return {
      content,
      key: ownKey,
      ...(mode === 'keyless' ? { certificate } : {}),
      verifierPem: mode === 'keyless' ? pem('CERTIFICATE', certificate) : ownKey.spkiPem,
      signature: alter.signature?.(signature) ?? signature,
      message,
      payload,
      payloadType,
    };
  };

  const stamp = (name: TsaName, nth: number, embedded: boolean, data: Buffer, alter: Alterations): Json => {
    const authority = tsaOf(name, alter);
    const plain = {
      tsa: authority,
      data,
      time: new Date(signed.getTime() + 1000 * (nth + 1)),
      serial: serialOf(seed, `token ${name} ${nth}`),
      nonce: seed(`nonce ${name} ${nth}`, 8),
      embedded,
      status: 0,
      sign: (bytes: Buffer) => authority.key.sign(bytes),
    };
    const response = timestampResponse(alter.token?.(plain, nth) ?? plain);
    return { signedTimestamp: (alter.timestamp?.(response, nth) ?? response).toString('base64') };
  };

  const prepare = (scenario: Scenario, alter: Alterations): Prepared => {
    const ownKey = key(`${scenario.mode} signer`, scenario.algorithm);
    const issued = issue(scenario, ownKey, alter);
    const what = sign(scenario, ownKey, issued.leaf, alter);
    const logs = { seed, log, key, time: signed };
    const entries = scenario.entries.map((plan, nth) => logEntry(logs, plan, what, nth, alter));
    const stamps = scenario.timestamps.map(({ tsa: name, embedded = true }, nth) =>
      stamp(name, nth, embedded, what.signature, alter),
    );
    const plain =
      scenario.version === 'legacy' ? legacyBundle(what, entries) : bundleOf(scenario, what, entries, stamps);
    return {
      ownKey,
      bundle: scenario.spelling === 'snake_case' ? snakeCase(plain) : plain,
      trustedRoot: trustedRootJson({
        logs: LOG_NAMES.filter((name) => name !== 'stranger').map(log),
        ctLogs: CT_LOG_NAMES.filter((name) => name !== 'stranger').map(ctLog),
        tsas: TSA_NAMES.filter((name) => name !== 'stranger').map((name) => tsaOf(name, alter)),
        authorities: issued.authorities,
        from,
      }),
    };
  };

  const prepared = new WeakMap<Scenario, Prepared>();
  const preparedOnce = (scenario: Scenario): Prepared => {
    const parts = prepared.get(scenario) ?? prepare(scenario, {});
    prepared.set(scenario, parts);
    return parts;
  };

  const make = (scenario: Scenario, alter: Alterations = {}): Made => {
    const isLate = Object.keys(alter).every((step) => LATE.has(step));
    const parts = isLate ? preparedOnce(scenario) : prepare(scenario, alter);
    const { mode, person = false, thresholds = usualThresholds(scenario) } = scenario;
    const bundle = alter.bundle?.(parts.bundle) ?? parts.bundle;
    const bytes = Buffer.from(`${JSON.stringify(bundle)}\n`);
    const trustedRoot = alter.trustedRoot?.(parts.trustedRoot) ?? parts.trustedRoot;
    const made: Made = {
      scenario,
      artifact: Buffer.from(artifact),
      artifactByDigest: false,
      bundle,
      bundleBytes: alter.bytes?.(bytes) ?? bytes,
      trustedRoot,
      trustedRootBytes: Buffer.from(JSON.stringify(trustedRoot)),
      ...(mode === 'keyed' ? { key: parts.ownKey } : {}),
      keyValidity: {},
      identity: person ? PERSON : WORKFLOW,
      issuer: person ? ACCOUNTS : GITHUB,
      thresholds,
      allowCosignLegacy: scenario.version === 'legacy',
      signedAt: signed.getTime(),
    };
    return alter.made?.(made) ?? made;
  };
  return { make, key, now: signed.getTime() };
}

/** A bundle and its trusted root, before they are altered as a whole. */
type Prepared = { readonly ownKey: SigningKey; readonly bundle: Json; readonly trustedRoot: Json };

function usualThresholds({ mode, entries, timestamps }: Scenario): Thresholds {
  const timed = timestamps.length > 0 || entries.some(({ log }) => !log.startsWith('rekor2'));
  return { logs: Math.min(1, entries.length), timestamps: timed ? 1 : 0, scts: mode === 'keyless' ? 1 : 0 };
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
