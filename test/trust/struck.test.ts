import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import type { Json } from '../../src/model/json.ts';
import { memoryState } from '../../src/state/memory.ts';
import { NO_CONTENT } from '../../src/trust/authority/content.ts';
import { keyDigest } from '../../src/trust/authority/public-key.ts';
import { listRemembered } from '../../src/trust/freshness/list.ts';
import { signerOf, signMessage } from '../../src/trust/sign/sign.ts';
import { openTrust } from '../../src/trust/trust.ts';
import { type KeyName, pair, publicPem } from './authority/keys.ts';
import { scenario } from './lab/scenarios.ts';
import { type LabFolder, labFolder } from './lab-folder.ts';

const SCOPE = { servers: ['*'], tools: ['*'] };
/** Who signs by which key. */
const KEYS = { a: 'p256', b: 'another', c: 'ed25519' } as const satisfies Record<string, KeyName>;
type Name = keyof typeof KEYS;
const NEW = new TextEncoder().encode('{"tools":2}');
const OLD = new TextEncoder().encode('{"tools":1}');

function signed(bytes: Uint8Array, ...names: Name[]): Uint8Array[] {
  return names.map((name) => signMessage(bytes, signerOf(pair(KEYS[name]).privateKey)));
}

function authority(name: Name, more: { readonly [member: string]: Json } = {}) {
  return { keys: [{ pem: publicPem(KEYS[name]), ...more }], vouches_for: { catalogue: {} }, scope: SCOPE };
}

function revoked(...names: Name[]): string {
  return JSON.stringify({ revocations: names.map((name) => ({ key: keyDigest(pair(KEYS[name]).publicKey) })) });
}

/** Opens trust over one store as often as asked: revocations are read when it opens, and it is closed behind each use. */
async function withStore(
  use: (world: {
    readonly folder: LabFolder;
    readonly code: (
      config: { readonly [member: string]: Json },
      bytes: Uint8Array,
      bundles: readonly Uint8Array[],
      renewAfter?: number,
    ) => Promise<string>;
    readonly remembered: () => Promise<{ readonly authorities: number | undefined; readonly marks: readonly bigint[] }>;
    readonly clock: { now: number };
  }) => Promise<void>,
) {
  const folder = labFolder();
  const state = memoryState({ max_entries: 1000, max_bytes: 1_000_000 });
  const clock = { now: Date.now() };
  try {
    await use({
      folder,
      clock,
      code: async (config, bytes, bundles, renewAfter) => {
        const trust = await openTrust({
          config: folder.config(config),
          resolvePath: (path) => resolve(folder.folder, path),
          state,
          now: () => clock.now,
          fetch: () => Promise.reject(new Error('there is no network')),
          onEvent: () => undefined,
        });
        try {
          const handle = await trust.verify({
            kind: 'catalogue',
            name: 'tools',
            bytes,
            bundles,
            contentOf: () => NO_CONTENT,
          });
          if (renewAfter !== undefined) {
            clock.now += renewAfter;
            await trust.renew();
          }
          const { verified, failed } = trust.signatures(handle, clock.now);
          return verified ? 'verified' : (failed.at(-1)?.code ?? 'unverified');
        } finally {
          await trust.close();
        }
      },
      remembered: async () => {
        const [memory] = (await listRemembered(state, 10)).documents;
        return { authorities: memory?.proofs?.authorities, marks: memory?.marks.map(({ size }) => size) ?? [] };
      },
    });
  } finally {
    folder.remove();
  }
}

function rules(atLeast: number) {
  const authorities = { a: authority('a'), b: authority('b'), c: authority('c') };
  return { authorities, rules: [{ name: 'r', kinds: ['catalogue'], authorities: ['a', 'b', 'c'], at_least: atLeast }] };
}

describe('a signature that was struck out', () => {
  it('makes up for none that was stripped, and is not remembered', () =>
    withStore(async ({ folder, code, remembered }) => {
      folder.write('revoked.yaml', revoked('c'));
      assert.equal(await code(rules(1), NEW, signed(NEW, 'a', 'c')), 'verified');
      assert.equal((await remembered()).authorities, 1);
      assert.equal(await code(rules(1), NEW, signed(NEW, 'a', 'b')), 'verified');
      assert.equal(await code(rules(1), OLD, signed(OLD, 'a')), 'downgraded');
      assert.equal(await code(rules(1), OLD, signed(OLD, 'a', 'c')), 'downgraded');
      assert.equal((await remembered()).authorities, 2);
    }));

  it('moves no mark, and hides no checkpoint behind it', () =>
    withStore(async ({ folder, code, remembered }) => {
      const entry = { log: 'rekor1', kind: 'hashedrekord 0.0.1' } as const;
      const release = (size: number) => folder.lab.make({ ...scenario('v0.3 message'), entries: [{ ...entry, size }] });
      const board = folder.lab.make({ ...scenario('keyed message logged'), entries: [{ ...entry, size: 30 }] });
      const { issuer, identity, artifact } = release(11);
      folder.write('key.pem', board.key?.spkiPem ?? '');
      folder.write(
        'revoked.yaml',
        JSON.stringify({ revocations: [{ key: board.key === undefined ? '' : keyDigest(board.key.publicKey) }] }),
      );
      const config = {
        authorities: {
          release: {
            identities: [{ issuer, subject: identity }],
            root: 'lab',
            vouches_for: { catalogue: {} },
            scope: SCOPE,
          },
          board: { keys: [{ path: 'key.pem' }], root: 'lab', vouches_for: { catalogue: {} }, scope: SCOPE },
        },
        freshness: { strict_marks: [{ kind: 'catalogue' }] },
      };
      assert.equal(await code(config, artifact, [release(20).bundleBytes]), 'verified');
      assert.equal(await code(config, artifact, [release(11).bundleBytes]), 'behind_mark');
      assert.equal(await code(config, artifact, [release(11).bundleBytes, board.bundleBytes]), 'behind_mark');
      assert.equal(await code(config, artifact, [release(20).bundleBytes, board.bundleBytes]), 'verified');
      assert.deepEqual((await remembered()).marks, [20n]);
    }));

  it('by the operator does not lock out what it was remembered for, as long as it is there', () =>
    withStore(async ({ folder, code, remembered }) => {
      assert.equal(await code(rules(2), NEW, signed(NEW, 'a', 'b', 'c')), 'verified');
      folder.write('revoked.yaml', revoked('c'));
      assert.equal(await code(rules(2), NEW, signed(NEW, 'a', 'b', 'c')), 'verified');
      assert.equal(await code(rules(2), NEW, signed(NEW, 'a', 'b')), 'downgraded');
      folder.write('revoked.yaml', revoked('b', 'c'));
      assert.equal(await code(rules(1), NEW, signed(NEW, 'a', 'b', 'c')), 'verified');
      assert.equal((await remembered()).authorities, 3);
    }));

  it('by the operator makes up for nothing on another version, which its key could sign after it had leaked', () =>
    withStore(async ({ folder, code }) => {
      folder.write('revoked.yaml', revoked());
      assert.equal(await code(rules(1), OLD, signed(OLD, 'a', 'b')), 'verified');
      folder.write('revoked.yaml', revoked('b'));
      assert.equal(await code(rules(1), OLD, signed(OLD, 'a', 'b')), 'verified');
      assert.equal(await code(rules(1), NEW, signed(NEW, 'a', 'b')), 'downgraded');
    }));

  it('counts for the version that was remembered last, though it came with nothing new', () =>
    withStore(async ({ folder, code }) => {
      folder.write('revoked.yaml', revoked());
      assert.equal(await code(rules(1), OLD, signed(OLD, 'a', 'b')), 'verified');
      assert.equal(await code(rules(1), NEW, signed(NEW, 'a', 'b')), 'verified');
      folder.write('revoked.yaml', revoked('b'));
      assert.equal(await code(rules(1), NEW, signed(NEW, 'a', 'b')), 'verified');
      assert.equal(await code(rules(1), NEW, signed(NEW, 'a')), 'downgraded');
    }));

  it('and comes to count later is remembered by the renewal that finds it', () =>
    withStore(async ({ clock, code, remembered }) => {
      const later = new Date(clock.now + 60_000).toISOString();
      const config = {
        ...rules(1),
        authorities: { ...rules(1).authorities, b: authority('b', { valid_from: later }) },
      };
      assert.equal(await code(config, NEW, signed(NEW, 'a', 'b'), 120_000), 'verified');
      assert.equal((await remembered()).authorities, 2);
      assert.equal(await code(config, NEW, signed(NEW, 'a')), 'downgraded');
    }));
});
