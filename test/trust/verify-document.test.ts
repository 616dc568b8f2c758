import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { sha256 } from '../../src/model/digest.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { DOCUMENT_LIMITS } from '../../src/trust/account.ts';
import { type Artifact, artifactOf } from '../../src/trust/artifact.ts';
import type { NeededAttestation, Rule } from '../../src/trust/authority/authority.ts';
import { NO_CONTENT } from '../../src/trust/authority/content.ts';
import { keyDigest } from '../../src/trust/authority/public-key.ts';
import type { AuthoritySource } from '../../src/trust/authority/source.ts';
import { currentVerdict } from '../../src/trust/current.ts';
import { VERIFIERS } from '../../src/trust/examine.ts';
import { refusal } from '../../src/trust/failure.ts';
import { checkpointsOf, proofsOf } from '../../src/trust/proofs.ts';
import { signerOf, signMessage, signStatement } from '../../src/trust/sign/sign.ts';
import { type VerificationJob, verifyDocument } from '../../src/trust/verify-document.ts';
import { readVerdict } from '../../src/trust/worker/answer.ts';
import { type KeyName, pair, publicPem } from './authority/keys.ts';
import { GITHUB, WORKFLOW } from './lab/certificates.ts';
import { createLab } from './lab/lab.ts';
import type { Scenario } from './lab/scenario.ts';
import { NOTHING_PROVED } from './proved.ts';

const DOCUMENT = new TextEncoder().encode('{"type":"catalogue"}\n');
const TYPE = 'https://acme.example/catalogue/v1';
const SCAN = 'https://acme.example/scan/v1';
const SCHEMA: JsonObject = { type: 'object', required: ['result'], properties: { result: { const: 'PASSED' } } };
const currentSignatures = (...asked: Parameters<typeof currentVerdict>) => currentVerdict(...asked).signatures;
const NOW = Date.UTC(2026, 2, 2, 12);

function keyed(name: string, key: KeyName, more: Partial<AuthoritySource> = {}): AuthoritySource {
  return {
    name,
    signer: { mode: 'keyed', keys: [{ pem: publicPem(key), algorithm: 'ecdsa-sha2-256-nistp256' }] },
    vouchesFor: { catalogue: {} },
    scope: { servers: ['*'], tools: ['*'], planAgents: [], environments: [] },
    highestEffect: 'read',
    attestations: [],
    thresholds: { logs: 0, timestamps: 0, scts: 0 },
    allowsCosignLegacy: false,
    ...more,
  };
}

function keyless(name: string, subject: string, more: Partial<AuthoritySource> = {}): AuthoritySource {
  const identities = [{ issuer: { exact: GITHUB }, subject: { exact: subject }, claims: {} }];
  return keyed(name, 'p256', {
    signer: { mode: 'keyless', root: 'lab', identities },
    thresholds: { logs: 1, timestamps: 1, scts: 1 },
    ...more,
  });
}

const rule = (authorities: readonly string[], more: Partial<Rule> = {}): Rule => ({
  name: 'rule',
  kinds: ['catalogue'],
  authorities,
  atLeast: 1,
  ...more,
});

function job(
  authorities: readonly AuthoritySource[],
  bundles: readonly Uint8Array[],
  more: Partial<VerificationJob> = {},
): VerificationJob {
  return {
    kind: 'catalogue',
    artifact: artifactOf(DOCUMENT),
    bundles,
    authorities,
    rules: [rule(authorities.map(({ name }) => name))],
    content: NO_CONTENT,
    roots: {},
    now: NOW,
    ...more,
  };
}

const signer = (key: KeyName) => signerOf(pair(key).privateKey);
const message = (key: KeyName, document: Uint8Array = DOCUMENT) => signMessage(document, signer(key));
const statement = (key: KeyName, predicateType: string, predicate: JsonObject = {}, document: Uint8Array = DOCUMENT) =>
  signStatement(document, { name: 'document', predicateType, predicate }, signer(key));

/** `authority: code` of each failure; of a verdict that a thread could have sent. */
function failures(of: VerificationJob): string[] {
  const verdict = verifyDocument(of);
  assert.deepEqual(readVerdict(structuredClone(verdict)), verdict);
  return verdict.failed.map(({ authority, code }) => (authority === undefined ? code : `${authority}: ${code}`));
}
const vouching = (of: VerificationJob): string[] => verifyDocument(of).by.map(({ authority }) => authority);

describe('verifying a document under keys', () => {
  it('tells who vouches, by what, and what that rests on', () => {
    const verdict = verifyDocument(job([keyed('release', 'p256')], [message('p256')]));
    const key = keyDigest(pair('p256').publicKey);
    assert.equal(verdict.document, sha256(DOCUMENT));
    assert.deepEqual(verdict.by, [
      {
        authority: 'release',
        fact: { authority: 'release', mode: 'keyed', key },
        reliesOn: { keys: [key], certificates: [], identities: [] },
        proved: NOTHING_PROVED,
      },
    ]);
    assert.deepEqual(verdict.failed, []);
    assert.deepEqual(proofsOf(verdict.by), { authorities: 1, logs: 0, timestamps: 0, scts: 0, attestations: [] });
    assert.ok(verdict.checks[0]?.results.every(({ result }) => result !== 'failed'));
    assert.deepEqual(verdict.checks[0]?.results.slice(-4), [
      { check: 'signer', result: 'passed' },
      { check: 'vouches', result: 'passed' },
      { check: 'scope', result: 'not_run' },
      { check: 'attestations', result: 'not_run' },
    ]);
  });

  it('is unsigned without bundles, and without a rule for its kind says so', () => {
    assert.deepEqual(failures(job([keyed('release', 'p256')], [])), ['unsigned']);
    const elsewhere = job([keyed('release', 'p256')], [message('p256')], {
      rules: [rule(['release'], { kinds: ['plan'] })],
    });
    assert.deepEqual(failures(elsewhere), ['no_rule']);
    assert.deepEqual(verifyDocument(elsewhere).rules, []);
  });

  it('refuses what another key signed, another document, and one with a byte changed', () => {
    const authority = keyed('release', 'p256');
    assert.deepEqual(failures(job([authority], [message('another')])), ['release: key_unknown']);
    const other = job([authority], [message('p256', new TextEncoder().encode('{}'))]);
    assert.equal(vouching(other).length, 0);
    const changed = DOCUMENT.with(3, 0x21);
    assert.deepEqual(vouching(job([authority], [message('p256')], { artifact: artifactOf(changed) })), []);
  });

  it('takes the bytes at hand for what they are, whatever digest came with them', () => {
    const artifact: Artifact = { bytes: DOCUMENT.with(0, 0x5b), digest: sha256(DOCUMENT) };
    assert.deepEqual(failures(job([keyed('release', 'p256')], [message('p256')], { artifact })), ['digest_mismatch']);
  });

  it('tells of a bundle that cannot be read once, and still takes the others', () => {
    const authorities = [keyed('release', 'p256'), keyed('board', 'another')];
    const torn = new TextEncoder().encode('{');
    const found = job(authorities, [torn, message('p256')]);
    assert.deepEqual(failures(found), ['bundle_malformed', 'board: key_unknown']);
    assert.deepEqual(vouching(found), ['release']);
    assert.deepEqual(
      verifyDocument(found).failed.map(({ bundle }) => bundle),
      [0, 1],
    );
  });

  it('tells of an authority that signed and may not vouch for the kind, and nothing of those that did not sign', () => {
    const planner = keyed('planner', 'p256', { vouchesFor: { plan: {} } });
    const idle = keyed('idle', 'another', { vouchesFor: { plan: {} } });
    const found = job([keyed('release', 'another'), planner, idle], [message('p256')]);
    assert.deepEqual(failures(found), ['planner: kind_not_vouched', 'release: key_unknown']);
    assert.deepEqual(vouching(found), []);
  });

  it('lets every authority vouch by a bundle of its own', () => {
    const authorities = [keyed('release', 'p256'), keyed('board', 'another')];
    const found = job(authorities, [message('another'), message('p256')], {
      rules: [rule(['release', 'board'], { atLeast: 2 })],
    });
    assert.deepEqual(vouching(found), ['board', 'release']);
    assert.equal(proofsOf(verifyDocument(found).by).authorities, 2);
  });

  it('ends where its key does, which nothing verified says it was used before', () => {
    const { pem, algorithm } = { pem: publicPem('p256'), algorithm: 'ecdsa-sha2-256-nistp256' } as const;
    const ending = (validTo: number) =>
      keyed('release', 'p256', { signer: { mode: 'keyed', keys: [{ pem, algorithm, validTo }] } });
    const [match] = verifyDocument(job([ending(NOW + 5)], [message('p256')])).by;
    assert.ok(match?.notAfter !== undefined && match.notAfter > NOW && match.notAfter <= NOW + 6);
    assert.deepEqual(failures(job([ending(NOW - 5)], [message('p256')])), ['release: key_expired']);
  });

  it('bounds bundles', () => {
    const many = Array.from({ length: DOCUMENT_LIMITS.bundles + 1 }, () => message('p256'));
    assert.deepEqual(failures(job([keyed('release', 'p256')], many)), ['bundle_too_many_parts']);
  });

  it('gives the same verdict for the same job', () => {
    const authorities = [keyed('release', 'p256'), keyed('board', 'another')];
    const same = job(authorities, [message('p256'), message('another'), new Uint8Array()]);
    assert.deepEqual(verifyDocument(structuredClone(same)), verifyDocument(same));
  });
});

describe('what vouches', () => {
  const typed = keyed('release', 'p256', { vouchesFor: { catalogue: { predicateType: TYPE } } });
  const plain = keyed('release', 'p256');

  it('is a Statement of the type named, about the document', () => {
    assert.deepEqual(vouching(job([typed], [statement('p256', TYPE)])), ['release']);
    assert.deepEqual(failures(job([typed], [statement('p256', SCAN, { result: 'REJECTED' })])), [
      'release: predicate_does_not_vouch',
    ]);
    assert.deepEqual(failures(job([typed], [message('p256')])), ['release: predicate_does_not_vouch']);
    const other = statement('p256', TYPE, {}, new TextEncoder().encode('{}'));
    assert.deepEqual(failures(job([typed], [other])), ['release: subject_mismatch']);
  });

  it('is the signature over the document itself where no type is named', () => {
    assert.deepEqual(vouching(job([plain], [message('p256')])), ['release']);
    assert.deepEqual(failures(job([plain], [statement('p256', SCAN, { result: 'REJECTED' })])), [
      'release: predicate_does_not_vouch',
    ]);
  });

  it('differs by kind', () => {
    const both = keyed('release', 'p256', { vouchesFor: { catalogue: { predicateType: TYPE }, plan: {} } });
    const plans = { kind: 'plan', rules: [rule(['release'], { kinds: ['plan'] })] };
    assert.deepEqual(vouching(job([both], [message('p256')], plans)), ['release']);
    assert.deepEqual(vouching(job([both], [statement('p256', TYPE)], plans)), []);
    const inherited = { kind: 'constructor', rules: [rule(['release'], { kinds: ['constructor'] })] };
    assert.deepEqual(failures(job([both], [message('p256')], inherited)), ['release: kind_not_vouched']);
  });

  describe('by the digests of its subjects:', () => {
    const hex = (algorithm: string) => createHash(algorithm).update(DOCUMENT).digest('hex');
    const zero = (length: number) => '0'.repeat(length);
    const lab = createLab({ artifact: DOCUMENT, predicateType: TYPE });
    const scenario: Scenario = {
      name: '',
      version: '0.3',
      content: 'dsse',
      mode: 'keyed',
      entries: [],
      timestamps: [],
    };
    const labKey = lab.make(scenario).key;
    assert.ok(labKey !== undefined);
    const authority = keyed('release', 'p256', {
      signer: { mode: 'keyed', keys: [{ pem: labKey.spkiPem, algorithm: labKey.algorithm }] },
      vouchesFor: { catalogue: { predicateType: TYPE } },
    });
    const about = (...digests: readonly JsonObject[]) => {
      const subject: Json = digests.map((digest, index) => ({ name: `${index}`, digest }));
      const { bundleBytes } = lab.make(scenario, {
        statement: () => ({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType: TYPE, predicate: {} }),
      });
      return bundleBytes;
    };
    const digestAlone = { artifact: { digest: sha256(DOCUMENT) } };

    for (const [what, bundle, more, vouches] of [
      ['sha256', about({ sha256: hex('sha256') }), {}, true],
      ['sha384', about({ sha384: hex('sha384') }), {}, true],
      ['sha512', about({ sha512: hex('sha512') }), {}, true],
      ['one subject of several', about({ sha256: zero(64) }, { sha256: hex('sha256') }), {}, true],
      ['none of several', about({ sha256: zero(64) }, { sha256: zero(64) }), {}, false],
      ['sha1 alone', about({ sha1: hex('sha1') }), {}, false],
      ['an algorithm that nobody knows', about({ mine: hex('sha256') }), {}, false],
      ['sha1 that contradicts says nothing', about({ sha1: zero(40), sha256: hex('sha256') }), {}, true],
      ['sha512 that contradicts', about({ sha256: hex('sha256'), sha512: zero(128) }), {}, false],
      ['sha256 that contradicts', about({ sha256: zero(64), sha512: hex('sha512') }), {}, false],
      ['sha256 without the bytes', about({ sha256: hex('sha256') }), digestAlone, true],
      ['sha512 without the bytes', about({ sha512: hex('sha512') }), digestAlone, false],
    ] as const) {
      it(`${what}: ${vouches}`, () => {
        assert.deepEqual(failures(job([authority], [bundle], more)), vouches ? [] : ['release: subject_mismatch']);
      });
    }
  });
});

describe('attestations that are asked for', () => {
  const scan: NeededAttestation = { name: 'scan', predicateType: SCAN, by: ['scanner'], schema: SCHEMA };
  const release = keyed('release', 'p256', { attestations: [scan] });
  const scanner = keyed('scanner', 'another', { vouchesFor: {} });
  const rules = [rule(['release'])];
  const passed = statement('another', SCAN, { result: 'PASSED' });

  it('count beside the signature, and are told', () => {
    const [match, ...others] = verifyDocument(job([release, scanner], [passed, message('p256')], { rules })).by;
    assert.equal(others.length, 0);
    assert.deepEqual(match?.fact.attestations, [{ predicate_type: SCAN, authority: 'scanner' }]);
    const keys = [pair('p256'), pair('another')].map(({ publicKey }) => keyDigest(publicKey));
    assert.deepEqual(match?.reliesOn.keys, keys);
    const { by } = verifyDocument(job([release, scanner], [passed, message('p256')], { rules }));
    assert.deepEqual(proofsOf(by).attestations, [SCAN]);
  });

  for (const [what, bundles, expected] of [
    ['missing', [message('p256')], 'release: attestation_missing'],
    [
      'of another type',
      [message('p256'), statement('another', TYPE, { result: 'PASSED' })],
      'release: attestation_missing',
    ],
    ['by another', [message('p256'), statement('p256', SCAN, { result: 'PASSED' })], 'release: attestation_missing'],
    [
      'of another document',
      [message('p256'), statement('another', SCAN, { result: 'PASSED' }, new Uint8Array(3))],
      'release: attestation_missing',
    ],
    [
      'with another predicate',
      [message('p256'), statement('another', SCAN, { result: 'REJECTED' })],
      'release: attestation_refused',
    ],
    ['with no predicate', [message('p256'), statement('another', SCAN)], 'release: attestation_refused'],
  ] as const) {
    it(`are not there where they are ${what}`, () => {
      const found = job([release, scanner], bundles, { rules });
      assert.deepEqual(vouching(found), []);
      assert.ok(failures(found).includes(expected), failures(found).join());
    });
  }

  it('of one good and one bad the good one counts', () => {
    const rejected = statement('another', SCAN, { result: 'REJECTED' });
    assert.deepEqual(vouching(job([release, scanner], [rejected, message('p256'), passed], { rules })), ['release']);
  });

  it('leave another standing when one of them is revoked', () => {
    const second = keyed('second', 'k256', {
      vouchesFor: {},
      signer: { mode: 'keyed', keys: [{ pem: publicPem('ed25519'), algorithm: 'ed25519' }] },
    });
    const either = keyed('release', 'p256', { attestations: [{ ...scan, by: ['scanner', 'second'] }] });
    const other = statement('ed25519', SCAN, { result: 'PASSED' });
    const verdict = verifyDocument(job([either, scanner, second], [message('p256'), passed, other], { rules }));
    const revoke = (...keys: readonly KeyName[]) => ({
      state: 'ready' as const,
      generation: 1,
      digest: sha256(''),
      keys: new Set(keys.map((name) => keyDigest(pair(name).publicKey))),
      certificates: new Set<never>(),
      identities: new Set<string>(),
      artifacts: new Set<never>(),
    });
    assert.equal(currentSignatures(verdict, revoke(), NOW).by.length, 2);
    assert.equal(currentSignatures(verdict, revoke('another'), NOW).verified, true);
    assert.equal(currentSignatures(verdict, revoke('another', 'ed25519'), NOW).verified, false);
    assert.equal(currentSignatures(verdict, revoke('p256'), NOW).verified, false);
  });

  it('do not make whoever attests one who vouches', () => {
    const found = job([release, scanner], [passed], { rules: [rule(['release', 'scanner'])] });
    assert.deepEqual(vouching(found), []);
  });
});

describe('verifying a document keyless', () => {
  const lab = createLab({ artifact: DOCUMENT });
  const scenario: Scenario = {
    name: '',
    version: '0.3',
    content: 'message',
    mode: 'keyless',
    entries: [{ log: 'rekor2', kind: 'hashedrekord 0.0.2' }],
    timestamps: [{ tsa: 'tsa' }],
  };
  const made = lab.make(scenario);
  const roots = { lab: { bytes: made.trustedRootBytes } };
  const more = { roots, now: made.signedAt + 3_600_000 };

  it('tells who signed where, when and from what, of authenticated fields', () => {
    const verdict = verifyDocument(job([keyless('release', WORKFLOW)], [made.bundleBytes], more));
    const [match] = verdict.by;
    assert.ok(match !== undefined, JSON.stringify(verdict.failed));
    const { log, time, ...fact } = match.fact;
    assert.deepEqual(fact, {
      authority: 'release',
      mode: 'keyless',
      issuer: GITHUB,
      subject: WORKFLOW,
      source: {
        repository: 'https://github.com/acme/tools',
        ref: 'refs/tags/v1.4.0',
        digest: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c',
      },
      time_source: 'tsa',
    });
    const [checkpoint] = checkpointsOf(verdict.by);
    assert.equal(log?.origin, checkpoint?.origin);
    assert.equal(time, new Date(made.signedAt + 1000).toISOString());
    assert.deepEqual(match.reliesOn.identities, [{ issuer: GITHUB, subject: WORKFLOW }]);
    assert.ok(match.reliesOn.certificates.length >= 3 && match.reliesOn.keys.length === 1);
    assert.deepEqual(proofsOf(verdict.by), { authorities: 1, logs: 1, timestamps: 1, scts: 1, attestations: [] });
  });

  it('refuses another identity, and learns no checkpoint from it', () => {
    const found = job([keyless('release', `${WORKFLOW}x`)], [made.bundleBytes], more);
    assert.deepEqual(failures(found), ['release: identity_mismatch']);
    assert.deepEqual(checkpointsOf(verifyDocument(found).by), []);
    const claims = { source_repository_identifier: { exact: '1' } };
    const identities = [{ issuer: { exact: GITHUB }, subject: { exact: WORKFLOW }, claims }];
    const other = keyless('release', WORKFLOW, { signer: { mode: 'keyless', root: 'lab', identities } });
    assert.deepEqual(failures(job([other], [made.bundleBytes], more)), ['release: claims_mismatch']);
  });

  it('refuses the other mode', () => {
    assert.deepEqual(failures(job([keyed('release', 'p256')], [made.bundleBytes], more)), ['release: key_unknown']);
    assert.deepEqual(failures(job([keyless('release', WORKFLOW)], [message('p256')], more)), ['release: key_unknown']);
  });

  it('needs its root, and says once what is wrong with it', () => {
    const bundles = [made.bundleBytes, made.bundleBytes];
    const authority = keyless('release', WORKFLOW);
    const of = (root: VerificationJob['roots']) => failures(job([authority], bundles, { ...more, roots: root }));
    assert.deepEqual(of({}), ['release: root_unavailable']);
    assert.deepEqual(of({ lab: { failure: 'root_stale', message: 'old' } }), ['release: root_stale']);
    assert.deepEqual(of({ lab: { bytes: new TextEncoder().encode('{}') } }), ['release: root_unavailable']);
  });

  it('asks for as many operators as the authority does', () => {
    const two = keyless('release', WORKFLOW, { thresholds: { logs: 2, timestamps: 1, scts: 1 } });
    assert.deepEqual(failures(job([two, keyless('lenient', WORKFLOW)], [made.bundleBytes], more)), [
      'release: too_few_log_operators',
    ]);
  });

  it("reads cosign's legacy bundle for those authorities alone that allow it", () => {
    const legacy = lab.make({
      ...scenario,
      version: 'legacy',
      entries: [{ log: 'rekor1', kind: 'hashedrekord 0.0.1' }],
      timestamps: [],
    });
    const authorities = [keyless('strict', WORKFLOW), keyless('lenient', WORKFLOW, { allowsCosignLegacy: true })];
    const found = job(authorities, [legacy.bundleBytes], {
      ...more,
      roots: { lab: { bytes: legacy.trustedRootBytes } },
    });
    assert.deepEqual(failures(found), ['strict: legacy_not_allowed']);
    assert.deepEqual(vouching(found), ['lenient']);
  });

  it('verifies a bundle once for all authorities that share root and thresholds', () => {
    let verified = 0;
    const authorities = ['a', 'b', 'c'].map((name) => keyless(name, WORKFLOW));
    const verdict = verifyDocument(job(authorities, [made.bundleBytes], more), {
      ...VERIFIERS,
      verifyBundle: (input) => {
        verified += 1;
        return VERIFIERS.verifyBundle(input);
      },
    });
    assert.equal(verified, 1);
    assert.equal(verdict.by.length, 3);
  });
});

describe('what breaks in verification', () => {
  const authorities = [keyed('release', 'p256')];
  const codes = (part: Partial<typeof VERIFIERS>) =>
    verifyDocument(job(authorities, [message('p256')]), { ...VERIFIERS, ...part }).failed.map(({ code }) => code);

  it('is a failure and never a match, whatever is thrown', () => {
    const breaks = (thrown: unknown) => () => {
      throw thrown;
    };
    for (const thrown of [new TypeError('x'), new RangeError('stack'), 'text', undefined, { code: 'trust.unsigned' }]) {
      assert.deepEqual(codes({ verifyBundle: breaks(thrown) }), ['verifier_failed']);
      assert.deepEqual(codes({ parseBundle: breaks(thrown) }), ['verifier_failed']);
    }
    assert.deepEqual(codes({ verifyBundle: breaks(refusal('chain_invalid', 'x')) }), ['chain_invalid']);
  });

  it('does not repeat to the public what an unforeseen error says', () => {
    const verdict = verifyDocument(job(authorities, [message('p256')]), {
      ...VERIFIERS,
      verifyBundle: () => {
        throw new Error('/home/secret');
      },
    });
    assert.doesNotMatch(JSON.stringify(verdict), /secret/);
  });

  it('does not take a signer on trust who is none of the authority', () => {
    const other = keyDigest(pair('another').publicKey);
    const found = codes({
      verifyBundle: (input) => {
        const verification = VERIFIERS.verifyBundle(input);
        assert.ok(verification.verified);
        return { ...verification, proved: { ...verification.proved, signer: { mode: 'keyed', key: other } } };
      },
    });
    assert.deepEqual(found, ['key_unknown']);
  });

  it('costs an authority that cannot be compiled its vote, and the others nothing', () => {
    const broken = keyed('broken', 'p256', { signer: { mode: 'keyed', keys: [{ pem: 'x', algorithm: 'ed25519' }] } });
    const found = job([broken, keyed('release', 'p256')], [message('p256')]);
    assert.deepEqual(failures(found), ['broken: verifier_failed']);
    assert.deepEqual(vouching(found), ['release']);
  });
});
