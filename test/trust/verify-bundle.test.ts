import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { sha256 } from '../../src/model/digest.ts';
import type { Json } from '../../src/model/json.ts';
import { artifactOf } from '../../src/trust/artifact.ts';
import { parseBundle } from '../../src/trust/bundle/parse-bundle.ts';
import { BUNDLE_CHECKS } from '../../src/trust/checks/bundle-checks.ts';
import { LIBRARY_STAGES } from '../../src/trust/checks/library.ts';
import { parseTrustRoot } from '../../src/trust/root/parse-trust-root.ts';
import type { BundleVerification, VerifiedBundle } from '../../src/trust/verified-bundle.ts';
import { type VerifyBundleInput, verifyBundle } from '../../src/trust/verify-bundle.ts';
import type { Alterations } from './lab/alterations.ts';
import { GITHUB, WORKFLOW } from './lab/certificates.ts';
import { edited, replaced } from './lab/edit.ts';
import { createLab } from './lab/lab.ts';
import type { Made } from './lab/made.ts';
import { scenario } from './lab/scenarios.ts';
import { trustedBy, verifyMade } from './lab/verify.ts';

const lab = createLab();
const ENTRY = 'verificationMaterial.tlogEntries.0';
const make = (name: string, alter?: Alterations): Made => lab.make(scenario(name), alter);
const inputOf = (made: Made): VerifyBundleInput => ({
  bundle: parseBundle(made.bundleBytes, { allowCosignLegacy: made.allowCosignLegacy }),
  artifact: artifactOf(made.artifact),
  trusted: trustedBy(made),
  thresholds: made.thresholds,
  now: made.signedAt + 60_000,
});

function proved(verification: BundleVerification): VerifiedBundle {
  if (verification.verified) return verification.proved;
  assert.fail(`${verification.code}: ${verification.message}`);
}

function refusedAs(verification: BundleVerification): string {
  return verification.verified ? 'verified' : verification.code;
}

describe('verifying a bundle', () => {
  it('proves who signed what, when, and who can attest to it', () => {
    const made = make('v0.3 message timestamped');
    const { signer, logs, times, scts, bundle, statement, notAfter } = proved(verifyBundle(inputOf(made)));
    assert.equal(bundle, sha256(made.bundleBytes));
    assert.equal(statement, undefined);
    assert.equal(notAfter, undefined);
    assert.ok(signer.mode === 'keyless');
    assert.deepEqual([signer.issuer, signer.subject], [GITHUB, WORKFLOW]);
    assert.equal(signer.claims.source_repository_identifier, '632596897');
    // Leaf, intermediate, root.
    // Leaf, intermediate and anchor: each with its own digest and those of its mirrored signature on each of four curves.
    assert.equal(signer.certificates.length, 3 * 5);
    assert.equal(logs.length, 1);
    assert.deepEqual([logs[0]?.index, logs[0]?.size], ['5', '11']);
    assert.match(logs[0]?.root ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(
      times.map(({ source, time }) => [source, time - made.signedAt]),
      [
        ['tsa', 1000],
        ['log', 0],
      ],
    );
    assert.equal(scts.length, 1);
  });

  it('proves a Statement, as its signature covers it', () => {
    const { statement } = proved(verifyBundle(inputOf(make('v0.3 DSSE dsse'))));
    assert.equal(statement?.predicateType, 'https://example.com/attestation/v1');
    assert.deepEqual(statement?.predicate, { result: 'PASSED' });
  });

  it('takes nothing from an entry of Rekor v2 that its log did not sign', () => {
    const plain = make('v0.3 message Rekor v2');
    const lied = make('v0.3 message Rekor v2', {
      bundle: (bundle) => replaced(replaced(bundle, `${ENTRY}.integratedTime`, '1'), `${ENTRY}.logIndex`, '99999'),
    });
    const [honest, liar] = [plain, lied].map((made) => proved(verifyBundle(inputOf(made))));
    assert.deepEqual(liar?.logs, honest?.logs);
    assert.deepEqual(liar?.times, honest?.times);
    assert.equal(liar?.logs[0]?.index, '5');
  });

  it('tells of each check how it ended', () => {
    const { checks } = verifyBundle(inputOf(make('v0.3 message')));
    // It holds a message, one entry of Rekor v1 and no timestamp of an authority.
    const nothing = ['subject of the Statement', 'timestamps were granted', 'purpose of timestamp authorities'];
    const only = BUNDLE_CHECKS.filter(({ only }) => only === 'keyed').map(({ name }) => name);
    assert.deepEqual(
      checks
        .filter(({ result }) => result !== 'passed')
        .map(({ check, result }) => `${check} ${result}`)
        .sort(),
      [...nothing, ...only].map((check) => `${check} not_run`).sort(),
    );
    assert.equal(checks.length, BUNDLE_CHECKS.length + LIBRARY_STAGES.length);
  });

  it('never says that a check passed which had nothing to look at', () => {
    const made = make('keyed message ecdsa-sha2-256-nistp256');
    const { checks } = verifyBundle(inputOf(made));
    assert.deepEqual(
      checks.filter(({ result }) => result === 'passed').map(({ check }) => check),
      ['digest of the artifact', 'signature', 'algorithm of the key'],
    );
  });

  it('tells at which check it ended, what passed before and what was not come to', () => {
    const made = make('v0.3 message', { signWith: ({ key }) => key('another') });
    const verification = verifyBundle(inputOf(made));
    assert.equal(refusedAs(verification), 'signature_invalid');
    const results = new Map(verification.checks.map((each) => [each.check, each.result]));
    for (const stage of LIBRARY_STAGES) assert.equal(results.get(stage), stage === 'signature' ? 'failed' : 'passed');
    assert.equal(results.get('digest of the artifact'), 'passed');
    assert.equal(results.get('purpose of the leaf'), 'not_run');
  });

  it('looks at the subjects of a Statement once its signature has verified', () => {
    for (const name of ['v0.3 DSSE dsse', 'keyed dsse ecdsa-sha2-256-nistp256']) {
      const made = make(name, { signWith: ({ key }) => key('another') });
      const unsigned = inputOf(made);
      const verification = verifyBundle({ ...unsigned, artifact: artifactOf(Buffer.from('another artifact')) });
      assert.notEqual(refusedAs(verification), 'subject_mismatch', name);
      const results = new Map(verification.checks.map((each) => [each.check, each.result]));
      assert.equal(results.get('subject of the Statement'), 'not_run', name);
    }
  });

  it('names every check once', () => {
    const names = [...BUNDLE_CHECKS.map(({ name }) => name), ...LIBRARY_STAGES];
    assert.deepEqual([...new Set(names)], names);
  });

  it('refuses a bundle of the other mode', () => {
    const keyless = inputOf(make('v0.3 message'));
    const keyed = inputOf(make('keyed message ecdsa-sha2-256-nistp256'));
    assert.equal(refusedAs(verifyBundle({ ...keyless, trusted: keyed.trusted })), 'key_unknown');
    assert.equal(refusedAs(verifyBundle({ ...keyed, trusted: keyless.trusted })), 'key_unknown');
  });

  it('counts no time but one that somebody vouched for', () => {
    const made = make('v0.3 message Rekor v2', {
      bundle: (bundle) => edited(bundle, 'verificationMaterial.timestampVerificationData', () => undefined),
    });
    const input = inputOf(made);
    assert.equal(
      refusedAs(verifyBundle({ ...input, thresholds: { logs: 1, timestamps: 0, scts: 1 } })),
      'timestamp_missing',
    );
  });

  it("holds a certificate's signature to the hash that the bundle names", () => {
    const made = make('v0.3 message P-384', {
      bundle: (bundle) =>
        replaced(bundle, 'messageSignature.messageDigest', {
          algorithm: 'SHA2_256',
          digest: Buffer.from(sha256(lab.make(scenario('v0.3 message')).artifact).slice(7), 'hex').toString('base64'),
        }),
    });
    assert.equal(refusedAs(verifyBundle(inputOf(made))), 'signature_invalid');
    const named = (algorithm: string) =>
      make('v0.3 message', {
        bundle: (bundle) =>
          replaced(bundle, 'messageSignature.messageDigest', {
            algorithm,
            digest: hash('sha512', Buffer.from(made.artifact), 'base64'),
          }),
      });
    assert.equal(refusedAs(verifyBundle(inputOf(named('SHA2_512')))), 'algorithm_unsupported');
  });

  it('tells authorities and logs apart by who runs them', () => {
    const input = inputOf(make('v0.3 message two of each'));
    const two = proved(verifyBundle({ ...input, thresholds: { logs: 2, timestamps: 2, scts: 2 } }));
    const operators = (all: readonly { readonly operator: string }[]): number =>
      new Set(all.map((each) => each.operator)).size;
    const stamped = two.times.filter(({ source }) => source === 'tsa');
    assert.deepEqual([operators(two.logs), operators(stamped), operators(two.scts)], [2, 2, 2]);
    const more = verifyBundle({ ...input, thresholds: { logs: 2, timestamps: 9, scts: 2 } });
    assert.equal(refusedAs(more), 'too_few_timestamp_operators');
  });

  it('holds entries of logs to the hash that the bundle names, and to the key that signed', () => {
    const sha512: Alterations = {
      body: (body) =>
        replaced(body, 'spec.data.hash', {
          algorithm: 'sha512',
          value: hash('sha512', lab.make(scenario('v0.3 message')).artifact, 'hex'),
        }),
    };
    assert.equal(refusedAs(verifyMade(make('v0.3 message', sha512))), 'log_entry_mismatch');
    proved(verifyMade(make('v0.3 message', sha512), ['hashes in entries']));
    const stranger: Alterations = {
      body: (body) =>
        replaced(body, 'spec.signature.publicKey.content', Buffer.from(lab.key('stranger').spkiPem).toString('base64')),
    };
    assert.equal(refusedAs(verifyMade(make('keyed message logged', stranger))), 'log_entry_not_bound');
    assert.equal(refusedAs(verifyMade(make('v0.3 message', stranger))), 'log_entry_not_bound');
    proved(verifyMade(make('keyed message logged', stranger), ['entries name the signer']));
  });

  it('verifies by digest as it does by the artifact, or says that it cannot', () => {
    const input = inputOf(make('v0.3 message'));
    const { digest } = input.artifact;
    proved(verifyBundle({ ...input, artifact: { digest } }));
    assert.equal(refusedAs(verifyBundle({ ...input, artifact: { digest: sha256('other') } })), 'digest_mismatch');
    const ed25519 = inputOf(make('keyed message ed25519'));
    assert.equal(
      refusedAs(verifyBundle({ ...ed25519, artifact: { digest: ed25519.artifact.digest } })),
      'digest_alone_insufficient',
    );
  });
});

describe('verifying a bundle by key', () => {
  const made = make('keyed message logged');
  const { trusted, ...input } = inputOf(made);
  assert.ok(trusted.mode === 'keyed');
  const { keys } = trusted;
  const NONE = { logs: 0, timestamps: 0, scts: 0 };

  it('makes nothing of entries and times where no root says whose count', () => {
    const { logs, times } = proved(verifyBundle({ ...input, trusted: { mode: 'keyed', keys }, thresholds: NONE }));
    assert.deepEqual([logs, times], [[], []]);
    assert.equal(proved(verifyBundle({ ...input, trusted })).logs.length, 1);
  });

  it('does not mind broken entries there, and does under a root', () => {
    const broken = make('keyed message logged', {
      bundle: (bundle) => replaced(bundle, `${ENTRY}.inclusionPromise.signedEntryTimestamp`, 'AAAA'),
    });
    const other = { ...input, bundle: parseBundle(broken.bundleBytes, { allowCosignLegacy: false }), thresholds: NONE };
    proved(verifyBundle({ ...other, trusted: { mode: 'keyed', keys } }));
    assert.equal(refusedAs(verifyBundle({ ...other, trusted })), 'log_promise_invalid');
  });

  it('asks in vain for logs where there is no root', () => {
    const asked = { ...input, trusted: { mode: 'keyed', keys } as const, thresholds: { ...NONE, logs: 1 } };
    assert.equal(refusedAs(verifyBundle(asked)), 'too_few_log_operators');
  });

  const at = made.signedAt;
  const withKey = (validity: Json & object, now = at): BundleVerification =>
    verifyBundle({
      ...input,
      now,
      thresholds: NONE,
      trusted: { mode: 'keyed', keys: keys.map((key) => ({ ...key, ...validity })) },
    });

  it('holds the key to its period at the present time, where nothing verified says when it signed', () => {
    assert.equal(proved(withKey({ validFrom: at, validTo: at })).notAfter, at);
    assert.equal(refusedAs(withKey({ validFrom: at + 1 })), 'key_not_yet_valid');
    assert.equal(refusedAs(withKey({ validTo: at - 1 })), 'key_expired');
    assert.equal(refusedAs(withKey({ revokedAt: at })), 'key_revoked');
    assert.equal(proved(withKey({ revokedAt: at + 1, validTo: at + 9 })).notAfter, at + 1);
    assert.equal(proved(withKey({})).notAfter, undefined);
  });

  it('holds it to its period at the time that a root vouches for', () => {
    const rooted = (validity: object, now: number): BundleVerification =>
      verifyBundle({ ...input, now, trusted: { ...trusted, keys: keys.map((key) => ({ ...key, ...validity })) } });
    const later = at + 10 * 365 * 24 * 3_600_000;
    const old = proved(rooted({ validFrom: at, validTo: at, revokedAt: at + 1 }, later));
    assert.equal(old.notAfter, undefined);
    assert.equal(refusedAs(rooted({ validTo: at - 1 }, later)), 'key_expired');
    assert.equal(refusedAs(rooted({ revokedAt: at }, later)), 'key_revoked');
    assert.equal(refusedAs(rooted({ validFrom: at + 1 }, later)), 'key_not_yet_valid');
  });
});

describe('a verifier that is handed nonsense', () => {
  const made = make('v0.3 message timestamped');
  const input = inputOf(made);
  const parts: readonly [string, (bundle: Json) => Json][] = [
    ['an empty certificate', (bundle) => replaced(bundle, 'verificationMaterial.certificate.rawBytes', '')],
    ['a certificate of zeros', (bundle) => replaced(bundle, 'verificationMaterial.certificate.rawBytes', 'AAAA')],
    ['a body that is no JSON', (bundle) => replaced(bundle, `${ENTRY}.canonicalizedBody`, 'AAAA')],
    ['a body that is null', (bundle) => replaced(bundle, `${ENTRY}.canonicalizedBody`, 'bnVsbA==')],
    [
      'an empty timestamp',
      (bundle) =>
        replaced(bundle, 'verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp', ''),
    ],
    [
      'a timestamp of an empty sequence',
      (bundle) =>
        replaced(bundle, 'verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp', 'MAA='),
    ],
    ['a checkpoint of nothing', (bundle) => replaced(bundle, `${ENTRY}.inclusionProof.checkpoint.envelope`, '\n\n')],
    ['an empty signature', (bundle) => replaced(bundle, 'messageSignature.signature', '')],
    ['a time beyond all calendars', (bundle) => replaced(bundle, `${ENTRY}.integratedTime`, '9223372036854775807')],
    ['hashes of no length', (bundle) => replaced(bundle, `${ENTRY}.inclusionProof.hashes`, ['', '', '', ''])],
  ];
  for (const [what, alter] of parts) {
    it(`refuses ${what}, and does not throw`, () => {
      const verification = verifyMade(make('v0.3 message timestamped', { bundle: alter }));
      assert.equal(verification.verified, false);
      assert.notEqual(refusedAs(verification), 'verifier_failed');
    });
  }

  it('does not throw at members that no parser would have let pass', () => {
    const { bundle } = input.bundle;
    const broken = [
      { ...input, bundle: { ...input.bundle, bundle: { ...bundle, verificationMaterial: undefined } } },
      { ...input, bundle: { ...input.bundle, bundle: { ...bundle, content: undefined } } },
      { ...input, bundle: undefined },
      { ...input, trusted: { mode: 'keyless', root: {} } },
      { ...input, artifact: undefined },
    ];
    for (const each of broken) {
      // What types forbid may come over a wire between threads.
      const verification: unknown = Reflect.apply(verifyBundle, undefined, [each]);
      assert.equal(Reflect.get(Object(verification), 'verified'), false);
    }
  });

  it('refuses parts that cost more to read than anything real', () => {
    const long = 'A'.repeat(43_696);
    for (const path of [
      'verificationMaterial.certificate.rawBytes',
      'verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp',
      `${ENTRY}.inclusionProof.checkpoint.envelope`,
    ]) {
      const verification = verifyMade(
        make('v0.3 message timestamped', { bundle: (bundle) => replaced(bundle, path, long) }),
      );
      assert.equal(refusedAs(verification), 'bundle_too_large', path);
    }
  });

  it('repeats no more of a bundle in its messages than a line', () => {
    const kind = 'x'.repeat(100_000);
    const verification = verifyMade(
      make('v0.3 message Rekor v2', { bundle: (bundle) => replaced(bundle, `${ENTRY}.kindVersion.kind`, kind) }),
    );
    assert.ok(!verification.verified && verification.message.length < 300);
  });

  it('refuses what a root without that log, or another instance, vouches for', () => {
    const { trusted } = input;
    assert.ok(trusted.root !== undefined);
    const empty = { ...trusted.root, logs: [], material: { ...trusted.root.material, tlogs: [] } };
    assert.equal(refusedAs(verifyBundle({ ...input, trusted: { mode: 'keyless', root: empty } })), 'log_unknown');
    const stranger = parseTrustRoot(createLab({ seed: 3 }).make(scenario('v0.3 message')).trustedRootBytes);
    assert.equal(verifyBundle({ ...input, trusted: { mode: 'keyless', root: stranger } }).verified, false);
  });
});
