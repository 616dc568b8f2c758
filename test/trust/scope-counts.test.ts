import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sha256 } from '../../src/model/digest.ts';
import type { Effect } from '../../src/model/facts.ts';
import { artifactOf } from '../../src/trust/artifact.ts';
import { NO_CONTENT } from '../../src/trust/authority/content.ts';
import type { DocumentContent } from '../../src/trust/authority/scope.ts';
import type { AuthoritySource } from '../../src/trust/authority/source.ts';
import { currentVerdict } from '../../src/trust/current.ts';
import { checkpointsOf, proofsOf } from '../../src/trust/proofs.ts';
import type { Revocations } from '../../src/trust/revocation/revocations.ts';
import { signerOf, signMessage, signStatement } from '../../src/trust/sign/sign.ts';
import type { DocumentVerdict } from '../../src/trust/verdict.ts';
import { type VerificationJob, verifyDocument } from '../../src/trust/verify-document.ts';
import { readVerdict } from '../../src/trust/worker/answer.ts';
import { type KeyName, pair, publicPem } from './authority/keys.ts';
import { jobFor, authority as wide } from './jobs.ts';

const DOCUMENT = new TextEncoder().encode('{"type":"catalogue"}\n');
const SCAN = 'https://acme.example/scan/v1';
const NOTHING_REVOKED: Revocations = {
  state: 'ready',
  generation: 1,
  digest: sha256(''),
  keys: new Set(),
  certificates: new Set(),
  identities: new Set(),
  artifacts: new Set(),
};
const KEYS: readonly KeyName[] = ['p256', 'another'];
const bundles = KEYS.map((key) => signMessage(DOCUMENT, signerOf(pair(key).privateKey)));

function authority(name: string, key: KeyName, more: Partial<AuthoritySource> = {}): AuthoritySource {
  const keys = [{ pem: publicPem(key), algorithm: key === 'ed25519' ? 'ed25519' : 'ecdsa-sha2-256-nistp256' }] as const;
  return { ...wide(name, { mode: 'keyed', keys }), ...more };
}

const NARROW: Partial<AuthoritySource> = {
  scope: { servers: ['git'], tools: ['git/get_*'], planAgents: [], environments: ['staging'] },
  highestEffect: 'write',
};

function job(content: Partial<DocumentContent>, more: Partial<VerificationJob> = {}): VerificationJob {
  return {
    kind: 'catalogue',
    artifact: artifactOf(DOCUMENT),
    bundles,
    content: { ...NO_CONTENT, ...content },
    authorities: [authority('wide', 'p256'), authority('narrow', 'another', NARROW)],
    rules: [{ name: 'both', kinds: ['catalogue'], authorities: ['wide', 'narrow'], atLeast: 2 }],
    roots: {},
    now: 0,
    ...more,
  };
}

function judged(of: VerificationJob) {
  const verdict = verifyDocument(of);
  assert.deepEqual(readVerdict(structuredClone(verdict)), verdict);
  const { signatures } = currentVerdict(verdict, NOTHING_REVOKED, 0);
  return { verdict, signatures, vouching: verdict.by.map((match) => match.authority) };
}

function scopeFailures({ failed }: DocumentVerdict) {
  return failed.filter(({ code }) => code === 'outside_scope' || code === 'effect_too_high');
}

describe('the scope of an authority', () => {
  it('counts it where it covers all that the document names and declares', () => {
    const within: readonly Partial<DocumentContent>[] = [
      {},
      { servers: ['git'], tools: ['git/get_log'], environments: ['staging'], effects: ['read', 'write'] },
    ];
    for (const content of within) {
      const { signatures, vouching } = judged(job(content));
      assert.deepEqual([signatures.verified, vouching, signatures.failed], [true, ['wide', 'narrow'], []]);
    }
  });

  for (const [content, code, text] of [
    [{ servers: ['git', 'kube'] }, 'outside_scope', /servers outside of the scope of narrow: kube$/],
    [{ tools: ['git/get_log', 'git/push', 'x/y'] }, 'outside_scope', /: git\/push, x\/y$/],
    [{ planAgents: ['anybody'] }, 'outside_scope', /plan agents/],
    [{ environments: ['production'] }, 'outside_scope', /production/],
    [{ effects: ['read', 'destructive'] }, 'effect_too_high', /destructive; narrow may declare write at most/],
  ] as const) {
    it(`strikes it out where it does not: ${Object.keys(content)[0]}`, () => {
      const { verdict, signatures, vouching } = judged(job(content));
      assert.deepEqual([signatures.verified, vouching], [false, ['wide']], 'one of two that are asked for');
      assert.ok(signatures.failed.some((one) => one.code === code && one.authority === 'narrow'));
      const [failure, ...others] = scopeFailures(verdict);
      assert.ok(failure !== undefined && failure.code === code && others.length === 0);
      assert.match(failure.message, text);
      assert.equal(proofsOf(verdict.by).authorities, 1);
      const results = verdict.checks.find((group) => group.authority === 'narrow' && group.bundle === 1)?.results;
      assert.deepEqual(results?.at(-1), { check: 'scope', result: 'failed', code, message: failure.message });
    });
  }

  it('is told of without end neither by number nor by length, and printable', () => {
    const tools = Array.from({ length: 100_000 }, (_, index) => `kube/${index}\u202e${'x'.repeat(200)}`);
    const [failure] = scopeFailures(judged(job({ tools })).verdict);
    assert.ok(failure !== undefined && failure.message.length < 1000);
    assert.ok(failure.message.includes('and 99995 more') && !failure.message.includes('\u202e'));
  });

  it('names it however many others did not sign', () => {
    const strangers = Array.from({ length: 80 }, (_, index) => authority(`stranger-${index}`, 'ed25519'));
    const many = Array.from({ length: 4 }, () => bundles[1] ?? assert.fail());
    const { verdict, signatures } = judged(
      job(
        { servers: ['kube'] },
        { bundles: many, authorities: [...strangers, authority('narrow', 'another', NARROW)] },
      ),
    );
    assert.equal(verdict.failed.length, 256);
    assert.ok(signatures.failed.some(({ code, authority: by }) => code === 'outside_scope' && by === 'narrow'));
  });

  it('leaves nothing of its proofs and checkpoints where it does not cover the document', () => {
    const covered = jobFor('keyless');
    const strict = covered.authorities.map((one) => ({ ...one, scope: { ...one.scope, servers: ['git'] } }));
    const inside = verifyDocument({ ...covered, authorities: strict });
    assert.equal(inside.by.length, 1);
    assert.ok(checkpointsOf(inside.by).length > 0 && proofsOf(inside.by).timestamps > 0);
    const outside = verifyDocument({ ...covered, authorities: strict, content: { ...NO_CONTENT, servers: ['kube'] } });
    assert.deepEqual(outside.by, []);
    assert.deepEqual(
      outside.failed.map(({ code, authority: by }) => [by, code]),
      [['keyless', 'outside_scope']],
    );
  });

  it('is not asked of who attests, since that vouches for nothing', () => {
    const attestations = [{ name: 'scan', predicateType: SCAN, by: ['scanner'] }];
    const scan = signStatement(
      DOCUMENT,
      { name: 'document', predicateType: SCAN, predicate: {} },
      signerOf(pair('another').privateKey),
    );
    const scanner = { ...authority('scanner', 'another', NARROW), vouchesFor: {} };
    const { vouching } = judged(
      job(
        { servers: ['kube'], effects: ['destructive'] },
        {
          bundles: [...bundles.slice(0, 1), scan],
          authorities: [authority('wide', 'p256', { attestations }), scanner],
        },
      ),
    );
    assert.deepEqual(vouching, ['wide']);
  });

  it('never turns unverified into verified because the document names or declares more', () => {
    const glob = fc.constantFrom('git', 'kube', 'g*', '*', '*/get_*', 'git/*', 'git/get_log');
    const name = fc.constantFrom('git', 'kube', 'git/get_log', 'kube/delete', 'staging');
    const effect = fc.constantFrom<Effect>('read', 'write', 'destructive');
    const [globs, names] = [fc.array(glob, { maxLength: 3 }), fc.array(name, { maxLength: 3 })];
    const content = fc.record({
      servers: names,
      tools: names,
      planAgents: names,
      environments: names,
      effects: fc.array(effect, { maxLength: 2 }),
    });
    const limits = fc.record({
      scope: fc.record({ servers: globs, tools: globs, planAgents: globs, environments: globs }),
      highestEffect: effect,
    });
    fc.assert(
      fc.property(content, content, limits, limits, fc.integer({ min: 1, max: 2 }), (one, more, a, b, atLeast) => {
        const parts: Partial<VerificationJob> = {
          authorities: [authority('a', 'p256', a), authority('b', 'another', b)],
          rules: [{ name: 'r', kinds: ['catalogue'], authorities: ['a', 'b'], atLeast }],
        };
        const wider = {
          servers: [...one.servers, ...more.servers],
          tools: [...one.tools, ...more.tools],
          planAgents: [...one.planAgents, ...more.planAgents],
          environments: [...one.environments, ...more.environments],
          effects: [...one.effects, ...more.effects],
        };
        const [before, after] = [judged(job(one, parts)), judged(job(wider, parts))];
        assert.ok(before.signatures.verified || !after.signatures.verified);
        assert.ok(after.vouching.every((by) => before.vouching.includes(by)));
      }),
      { numRuns: 60 },
    );
  });
});
