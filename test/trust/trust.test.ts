import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '../../src/errors.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { Signatures } from '../../src/model/facts.ts';
import type { Json } from '../../src/model/json.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { memoryState } from '../../src/state/memory.ts';
import { NO_CONTENT } from '../../src/trust/authority/content.ts';
import type { TrustEvent } from '../../src/trust/event.ts';
import { createFreshness } from '../../src/trust/freshness/freshness.ts';
import { checkpointsOf } from '../../src/trust/proofs.ts';
import { openTrust, type Trust, type TrustOptions } from '../../src/trust/trust.ts';
import { timetable } from '../document/timetable.ts';
import { createLab } from './lab/lab.ts';
import type { Made } from './lab/made.ts';
import { KEYED, KEYLESS, type LabFolder, labFolder } from './lab-folder.ts';

/** Events as they come, and a way to wait for one. */
function listener() {
  const events: TrustEvent[] = [];
  const waiting: { readonly code: string; readonly resolve: (event: TrustEvent) => void }[] = [];
  return {
    events,
    hear: (event: TrustEvent) => {
      events.push(event);
      for (const { code, resolve: found } of waiting) if (event.code === code) found(event);
    },
    /** The next event of this code. */
    next: (code: string) => new Promise<TrustEvent>((found) => waiting.push({ code, resolve: found })),
  };
}

type World = LabFolder & ReturnType<typeof listener> & { readonly trust: Trust; readonly state: SharedState };
type Parts = {
  readonly config?: { readonly [member: string]: Json };
  readonly options?: Partial<TrustOptions>;
  readonly before?: (folder: LabFolder) => void;
};

async function withTrust(use: (world: World) => Promise<void>, { config, options, before }: Parts = {}) {
  const folder = labFolder();
  const heard = listener();
  const state = options?.state ?? memoryState({ max_entries: 1000, max_bytes: 1_000_000 });
  try {
    before?.(folder);
    const trust = await openTrust({
      config: folder.config(config),
      resolvePath: (path) => resolve(folder.folder, path),
      state,
      now: Date.now,
      fetch: () => Promise.reject(new Error('there is no network')),
      onEvent: heard.hear,
      ...options,
    });
    try {
      await use({ ...folder, ...heard, trust, state });
    } finally {
      await trust.close();
    }
  } finally {
    folder.remove();
  }
}

function document(...made: readonly Made[]) {
  return {
    kind: 'catalogue',
    name: 'tools',
    bytes: made[0]?.artifact ?? new Uint8Array(),
    bundles: made.map(({ bundleBytes }) => bundleBytes),
    contentOf: () => NO_CONTENT,
  };
}

/** The board alone, which may vouch for reading from one server. */
const GIT_ALONE = {
  authorities: {
    board: { keys: [{ path: 'key.pem' }], vouches_for: { catalogue: {} }, scope: { servers: ['git'], tools: ['*'] } },
  },
  rules: [{ name: 'catalogues', kinds: ['catalogue'], authorities: ['board'] }],
};

/** Both authorities of the folder, the board for one server alone. */
function narrowed() {
  const folder = labFolder();
  const { identity, issuer } = folder.made(KEYLESS);
  folder.remove();
  return {
    ...GIT_ALONE.authorities,
    release: {
      identities: [{ issuer, subject: identity }],
      root: 'lab',
      vouches_for: { catalogue: {} },
      scope: { servers: ['*'], tools: ['*'] },
    },
  };
}

function codes({ failed }: Signatures): string[] {
  return failed.map(({ code }) => code);
}

function authorities({ by }: Signatures): string[] {
  return by.map(({ authority }) => authority);
}

describe('trust', () => {
  for (const [name, by] of [
    [KEYED, 'board'],
    [KEYLESS, 'release'],
  ] as const) {
    it(`turns a signature into facts: ${name}`, () =>
      withTrust(async ({ trust, made }) => {
        const { artifact } = made(name);
        const handle = await trust.verify(document(made(name)));
        const signatures = trust.signatures(handle, Date.now());
        assert.equal(signatures.verified, true);
        assert.deepEqual(authorities(signatures), [by]);
        assert.equal(handle.digest, sha256(artifact));
        assert.deepEqual(handle.bytes, Uint8Array.from(artifact));
        assert.equal(trust.signatures(handle, Date.now()).verified, true);
        assert.deepEqual(trust.state(), { kind: 'ready', documents: 1, verdicts: 1, pending: 0 });
        trust.release(handle);
        assert.deepEqual(codes(trust.signatures(handle, Date.now())), ['verdict_expired']);
      }));
  }

  it('hands out the bytes that were verified, whatever becomes of those handed over', () =>
    withTrust(async ({ trust, made }) => {
      const { artifact, bundleBytes } = made(KEYED);
      const [bytes, bundle] = [Uint8Array.from(artifact), Uint8Array.from(bundleBytes)];
      const verifying = trust.verify({ kind: 'catalogue', bytes, bundles: [bundle], contentOf: () => NO_CONTENT });
      bytes.fill(0);
      bundle.fill(0);
      const handle = await verifying;
      assert.deepEqual(handle.bytes, Uint8Array.from(artifact));
      assert.equal(trust.signatures(handle, Date.now()).verified, true);
      await trust.renew();
      assert.equal(trust.signatures(handle, Date.now()).verified, true);
    }));

  for (const [what, content, verified] of [
    ['within', { servers: ['git'], effects: ['read'] }, true],
    ['outside of', { servers: ['git', 'kube'], effects: ['read'] }, false],
    ['above', { servers: ['git'], effects: ['write'] }, false],
  ] as const) {
    it(`counts an authority for what is within its scope and effect alone, now and when renewed: ${what}`, () =>
      withTrust(
        async ({ trust, made }) => {
          const contentOf = () => ({ ...NO_CONTENT, ...content });
          const handle = await trust.verify({ ...document(made(KEYED)), contentOf });
          assert.equal(trust.signatures(handle, Date.now()).verified, verified);
          await trust.renew();
          const signatures = trust.signatures(handle, Date.now());
          assert.equal(signatures.verified, verified);
          const code = what === 'above' ? 'effect_too_high' : 'outside_scope';
          assert.equal(
            signatures.failed.some((failure) => failure.code === code && failure.authority === 'board'),
            !verified,
          );
        },
        { config: GIT_ALONE },
      ));
  }

  it('raises no mark on the word of an authority whose scope does not cover the document', () =>
    withTrust(
      async ({ trust, made }) => {
        const found = async (servers: readonly string[], ...by: readonly Made[]) => {
          const handle = await trust.verify({ ...document(...by), contentOf: () => ({ ...NO_CONTENT, servers }) });
          return trust.signatures(handle, Date.now());
        };
        assert.deepEqual(authorities(await found(['kube'], made(KEYED), made(KEYLESS))), ['release']);
        assert.equal((await found(['git'], made(KEYLESS))).verified, true, 'one authority was proved, not two');
        assert.deepEqual(authorities(await found(['git'], made(KEYED), made(KEYLESS))), ['board', 'release']);
        assert.ok(codes(await found(['git'], made(KEYLESS))).includes('downgraded'), 'now it was two');
      },
      { config: { authorities: narrowed() } },
    ));

  it('asks again where the same bytes say something else', () =>
    withTrust(
      async ({ trust, made }) => {
        const verify = (servers: readonly string[]) =>
          trust.verify({ ...document(made(KEYED)), contentOf: () => ({ ...NO_CONTENT, servers }) });
        const [git, kube] = [await verify(['git']), await verify(['kube'])];
        assert.deepEqual(
          [git, kube].map((handle) => trust.signatures(handle, Date.now()).verified),
          [true, false],
        );
        assert.equal(trust.state().verdicts, 2);
      },
      { config: GIT_ALONE },
    ));

  it('reads the content once, out of its own copy of the bytes', () =>
    withTrust(async ({ trust, made }) => {
      const seen: Uint8Array[] = [];
      const given = document(made(KEYED));
      const contentOf = (bytes: Uint8Array) => {
        seen.push(bytes);
        return NO_CONTENT;
      };
      const handle = await trust.verify({ ...given, contentOf });
      await trust.renew();
      assert.deepEqual(seen, [handle.bytes]);
      assert.equal(seen[0], handle.bytes);
      assert.notEqual(seen[0], given.bytes);
    }));

  it('holds nothing of a document whose content cannot be read, and hands on why', () =>
    withTrust(async ({ trust, made }) => {
      const problem = new CodedError('catalogue.invalid', 'it is no catalogue');
      const contentOf = () => {
        throw problem;
      };
      await assert.rejects(trust.verify({ ...document(made(KEYED)), contentOf }), (thrown) => thrown === problem);
      assert.deepEqual(trust.state(), { kind: 'ready', documents: 0, verdicts: 0, pending: 0 });
    }));

  it('reads no content out of a document beyond the bounds', () =>
    withTrust(
      async ({ trust }) => {
        const contentOf = () => assert.fail('read');
        const bytes = new Uint8Array(1025);
        const handle = await trust.verify({ kind: 'catalogue', bytes, bundles: [], contentOf });
        assert.ok(codes(trust.signatures(handle, Date.now())).includes('document_too_large'));
      },
      { config: { verification: { max_document_bytes: 1024 } } },
    ));

  it('runs roots and revocations on the timers that it is given', () => {
    const expressions: string[] = [];
    const delays: number[] = [];
    return withTrust(
      async () => {
        assert.deepEqual(expressions.sort(), ['0 * * * *', '17 */6 * * *']);
        assert.ok(delays.includes(7000), 'the revocations are looked at every 7 seconds');
      },
      {
        config: {
          roots: { lab: { source: 'file', path: 'root.json' }, other: { source: 'public_good' } },
          revocations: { files: ['revoked.yaml'], poll_seconds: 7 },
        },
        options: {
          cron: (expression) => {
            expressions.push(expression);
            return async () => undefined;
          },
          schedule: (delay) => {
            delays.push(delay);
            return () => undefined;
          },
        },
      },
    );
  });

  it('does not believe bytes that were changed after they were verified', () =>
    withTrust(async ({ trust, made, next }) => {
      const handle = await trust.verify(document(made(KEYED)));
      handle.bytes[0] = 0;
      const alarm = next('trust.no_longer_verified');
      await trust.renew();
      assert.match((await alarm).message, /digest_mismatch/);
      assert.equal(trust.signatures(handle, Date.now()).verified, false);
    }));

  for (const [what, change, code] of [
    ['another document', (made: Made) => ({ ...document(made), bytes: Buffer.from('another') }), 'digest_mismatch'],
    ['no bundle', (made: Made) => ({ ...document(made), bundles: [] }), 'unsigned'],
    ['a bundle that is none', (made: Made) => ({ ...document(made), bundles: [Buffer.from('{')] }), 'bundle_malformed'],
    ['a kind without a rule', (made: Made) => ({ ...document(made), kind: 'plan' }), 'no_rule'],
    [
      'more bundles than are read',
      (made: Made) => ({ ...document(made), bundles: Array.from({ length: 9 }, () => made.bundleBytes) }),
      'bundle_too_many_parts',
    ],
  ] as const) {
    it(`refuses ${what}`, () =>
      withTrust(async ({ trust, made, state }) => {
        const handle = await trust.verify(change(made(KEYED)));
        const signatures = trust.signatures(handle, Date.now());
        assert.equal(signatures.verified, false);
        assert.ok(codes(signatures).includes(code), codes(signatures).join());
        assert.deepEqual(await state.list('', 10), [], 'nothing is remembered of it');
      }));
  }

  it('verifies the same document once, however often it is asked', () =>
    withTrust(async ({ trust, made }) => {
      const handles = await Promise.all(Array.from({ length: 20 }, () => trust.verify(document(made(KEYED)))));
      assert.equal(new Set(handles).size, 20);
      assert.ok(handles.every((handle) => trust.signatures(handle, Date.now()).verified));
      assert.deepEqual(trust.state(), { kind: 'ready', documents: 20, verdicts: 1, pending: 0 });
    }));

  it('takes a revocation into account as soon as its file says so, and back when it no longer does', () =>
    withTrust(async ({ trust, made, write, next }) => {
      const [keyed, keyless] = [
        await trust.verify(document(made(KEYED))),
        await trust.verify({ ...document(made('v0.3 message P-384')), name: 'others' }),
      ];
      const [fact] = trust.signatures(keyed, Date.now()).by;
      const alarm = next('trust.no_longer_verified');
      write('revoked.yaml', `revocations:\n  - key: ${fact?.key}\n`);
      assert.match((await alarm).message, /revoked_key/);
      assert.ok(codes(trust.signatures(keyed, Date.now())).includes('revoked_key'));
      assert.equal(trust.signatures(keyless, Date.now()).verified, true);
      const again = next('trust.verified_again');
      write('revoked.yaml', 'revocations: []\n');
      await again;
      assert.equal(trust.signatures(keyed, Date.now()).verified, true);
    }));

  it('tells who listens that what a document comes to has turned, after it has', () =>
    withTrust(async ({ trust, made, write, next, events }) => {
      const handle = await trust.verify(document(made(KEYED)));
      const other = await trust.verify({ ...document(made('v0.3 message P-384')), name: 'others' });
      const [fact] = trust.signatures(handle, Date.now()).by;
      const told: string[] = [];
      trust.onVerdict(() => {
        throw new TypeError('no');
      });
      const end = trust.onVerdict((turned) => {
        assert.ok(turned === handle && turned !== other);
        told.push(`${trust.signatures(turned, Date.now()).verified}`);
      });
      const alarm = next('trust.listener_failed');
      write('revoked.yaml', `revocations:\n  - key: ${fact?.key}\n`);
      await alarm;
      await trust.renew();
      assert.deepEqual(told, ['false']);
      const again = next('trust.verified_again');
      write('revoked.yaml', 'revocations: []\n');
      await again;
      await trust.renew();
      assert.deepEqual(told, ['false', 'true']);
      end();
      write('revoked.yaml', `revocations:\n  - key: ${fact?.key}\n`);
      await next('trust.no_longer_verified');
      await trust.renew();
      assert.deepEqual(told, ['false', 'true']);
      assert.equal(events.filter(({ code }) => code === 'trust.listener_failed').length, 3);
    }));

  it('tells also when a key ends, at its time', async () => {
    const ends = Date.parse('2026-11-21T15:00:00Z');
    const time = timetable(ends - 86_400_000);
    const folder = labFolder();
    const { key } = folder.made(KEYED);
    folder.remove();
    const board = {
      keys: [{ pem: key?.spkiPem ?? '', valid_to: '2026-11-21T15:00:00Z' }],
      vouches_for: { catalogue: {} },
    };
    await withTrust(
      async ({ trust, made }) => {
        const handle = await trust.verify(document(made(KEYED)));
        const told: boolean[] = [];
        trust.onVerdict((turned) => told.push(trust.signatures(turned, time.now()).verified));
        assert.equal(trust.signatures(handle, time.now()).verified, true);
        time.advance(86_400_000 - 1);
        assert.deepEqual(told, []);
        time.advance(1);
        assert.deepEqual(told, [false]);
      },
      {
        config: {
          authorities: { board: { ...board, scope: { servers: ['*'], tools: ['*'] } } },
          rules: [{ name: 'r', kinds: ['catalogue'], authorities: ['board'] }],
        },
        options: { now: time.now, schedule: time.schedule },
      },
    );
  });

  it('starts without its revocations, and verifies nothing until they are there', () =>
    withTrust(
      async ({ trust, made, write, next, state }) => {
        const failed = trust.state();
        assert.equal(failed.kind === 'failed' && failed.code, 'revocations_unavailable');
        assert.equal(trust.identity().revocations, 'revocations_unavailable');
        const handle = await trust.verify(document(made(KEYED)));
        assert.deepEqual(codes(trust.signatures(handle, Date.now())), ['revocations_unavailable']);
        assert.deepEqual(await state.list('', 10), []);
        const again = next('trust.verified_again');
        write('revoked.yaml', 'revocations: []\n');
        await again;
        assert.equal(trust.signatures(handle, Date.now()).verified, true);
        assert.equal(trust.state().kind, 'ready');
        assert.equal((await state.list('', 10)).length, 1, 'it was admitted');
      },
      { before: ({ folder }) => rmSync(resolve(folder, 'revoked.yaml')) },
    ));

  it('verifies again when the root changes', () =>
    withTrust(async ({ trust, made, write, next }) => {
      const [keyed, keyless] = [
        await trust.verify(document(made(KEYED))),
        await trust.verify({ ...document(made(KEYLESS)), name: 'others' }),
      ];
      const before = trust.identity().roots.lab;
      const alarm = next('trust.no_longer_verified');
      write('root.json', made(KEYLESS, createLab({ seed: 2 })).trustedRootBytes);
      await alarm;
      assert.notEqual(trust.identity().roots.lab, before);
      assert.equal(trust.signatures(keyless, Date.now()).verified, false);
      assert.equal(trust.signatures(keyed, Date.now()).verified, true);
      const again = next('trust.verified_again');
      write('root.json', made(KEYLESS).trustedRootBytes);
      await again;
      assert.equal(trust.signatures(keyless, Date.now()).verified, true);
    }));

  it('refuses and alarms when another replica has seen a log show two trees', () =>
    withTrust(async ({ trust, made, state, events }) => {
      const handle = await trust.verify(document(made(KEYLESS)));
      const [checkpoint] = checkpointsOf(trust.verdict(handle)?.by ?? []);
      assert.ok(checkpoint !== undefined);
      const replica = createFreshness({ state, now: Date.now, onEvent: () => undefined });
      await replica.marks.observe([{ ...checkpoint, root: 'ab'.repeat(32) }]);
      await trust.renew();
      assert.deepEqual(codes(trust.signatures(handle, Date.now())).includes('split_view'), true);
      assert.ok(events.some(({ code, severity }) => code === 'trust.no_longer_verified' && severity === 'error'));
      const next = await trust.verify({ ...document(made(KEYLESS)), name: 'others' });
      assert.deepEqual(codes(trust.signatures(next, Date.now())).includes('split_view'), true);
    }));

  it('refuses and alarms when it sees a log show two trees itself, and withdraws what relied on it', () =>
    withTrust(async ({ trust, made, state, next }) => {
      const first = await trust.verify({ ...document(made(KEYLESS)), name: 'first' });
      const [checkpoint] = checkpointsOf(trust.verdict(first)?.by ?? []);
      assert.ok(checkpoint !== undefined);
      // What the store remembers is another tree of the size that the next document's log entry shows.
      const larger = made('v0.3 message in a log of 1000');
      const size = '1000';
      const replica = createFreshness({ state, now: Date.now, onEvent: () => undefined });
      await replica.marks.observe([{ ...checkpoint, size, root: 'cd'.repeat(32) }]);
      const [alarm, withdrawn] = [next('freshness.split_view'), next('trust.no_longer_verified')];
      const second = await trust.verify({ ...document(larger), name: 'second' });
      assert.ok(codes(trust.signatures(second, Date.now())).includes('split_view'));
      assert.equal((await alarm).severity, 'error');
      assert.match((await withdrawn).message, /first/);
      assert.ok(codes(trust.signatures(first, Date.now())).includes('split_view'));
    }));

  it('refuses a document that comes with less proof than before', () =>
    withTrust(async ({ trust, made }) => {
      const both = await trust.verify(document(made(KEYED), made(KEYLESS)));
      assert.deepEqual(authorities(trust.signatures(both, Date.now())).sort(), ['board', 'release']);
      const less = await trust.verify(document(made(KEYED)));
      assert.deepEqual(codes(trust.signatures(less, Date.now())).includes('downgraded'), true);
      assert.deepEqual(trust.signatures(less, Date.now()).by, []);
    }));

  it('refuses a checkpoint behind the mark where that is asked for, by the document or by the configuration', () =>
    withTrust(
      async ({ trust, made }) => {
        const [large, small] = [made('v0.3 message in a log of 1000'), made('v0.3 message')];
        /** Both under one name, the one with the larger tree first. */
        const refused = async (name: string, strictMark?: boolean) => {
          const strict = strictMark === undefined ? {} : { strictMark };
          await trust.verify({ ...document(large), name, ...strict });
          const handle = await trust.verify({ ...document(small), name, ...strict });
          return codes(trust.signatures(handle, Date.now()));
        };
        assert.deepEqual(await refused('usual'), ['key_unknown']);
        assert.ok((await refused('asked', true)).includes('behind_mark'));
        assert.ok((await refused('strict-by-configuration')).includes('behind_mark'));
      },
      { config: { freshness: { strict_marks: [{ kind: 'catalogue', name: 'strict-*' }] } } },
    ));

  it('refuses when the store of what was seen cannot be used, and says so', async () => {
    let broken = true;
    const memory = memoryState({ max_entries: 1000, max_bytes: 1_000_000 });
    const state: SharedState = {
      ...memory,
      read: (key) => (broken ? Promise.reject(new Error('gone')) : memory.read(key)),
    };
    await withTrust(
      async ({ trust, made, events }) => {
        const handle = await trust.verify(document(made(KEYED)));
        assert.deepEqual(codes(trust.signatures(handle, Date.now())).includes('state_unavailable'), true);
        assert.equal(trust.signatures(handle, Date.now()).verified, false);
        assert.ok(events.some(({ code }) => code === 'freshness.state_failed'));
        broken = false;
        await trust.renew();
        assert.equal(trust.signatures(handle, Date.now()).verified, true);
        broken = true;
        await trust.renew();
        assert.equal(trust.signatures(handle, Date.now()).verified, true, 'what was admitted stays so');
      },
      { options: { state } },
    );
  });

  it('tries again by itself when the store of what was seen is back', async () => {
    let broken = true;
    const memory = memoryState({ max_entries: 1000, max_bytes: 1_000_000 });
    const state: SharedState = {
      ...memory,
      read: (key) => (broken ? Promise.reject(new Error('gone')) : memory.read(key)),
    };
    const planned: { readonly delay: number; readonly run: () => void }[] = [];
    await withTrust(
      async ({ trust, made, next }) => {
        const handle = await trust.verify(document(made(KEYED)));
        assert.equal(trust.signatures(handle, Date.now()).verified, false);
        const retries = planned.filter(({ delay }) => delay === 15_000);
        assert.equal(retries.length, 1);
        broken = false;
        const again = next('trust.verified_again');
        retries[0]?.run();
        await again;
        assert.equal(trust.signatures(handle, Date.now()).verified, true);
      },
      {
        options: {
          state,
          schedule: (delay, run) => {
            planned.push({ delay, run });
            return () => undefined;
          },
        },
      },
    );
  });

  it('keeps no verdict of a document that timed out', () =>
    withTrust(
      async ({ trust, made, events }) => {
        const handle = await trust.verify({ ...document(made(KEYED)), kind: 'hang' });
        assert.deepEqual(codes(trust.signatures(handle, Date.now())).includes('timed_out'), true);
        assert.equal(trust.state().verdicts, 0);
        assert.ok(events.some(({ code }) => code === 'trust.timed_out'));
      },
      {
        config: {
          verification: { deadline_ms: 100 },
          rules: [{ name: 'r', kinds: ['hang'], authorities: ['board'] }],
          authorities: { board: { keys: [{ path: 'key.pem' }], vouches_for: { hang: {} } } },
        },
        options: { entry: new URL('./worker/threads/verdict.ts', import.meta.url) },
      },
    ));

  it('verifies again by the configured schedule', async () => {
    const tasks: { readonly expression: string; readonly run: () => Promise<unknown> }[] = [];
    let ended = 0;
    await withTrust(
      async ({ trust, made }) => {
        const handle = await trust.verify(document(made(KEYED)));
        const before = trust.verdict(handle);
        assert.deepEqual(
          tasks.map(({ expression }) => expression),
          ['5 4 * * *'],
        );
        await tasks[0]?.run();
        assert.notEqual(trust.verdict(handle), before);
        assert.deepEqual(trust.verdict(handle), before);
      },
      {
        config: { verification: { renew: '5 4 * * *' } },
        options: {
          cron: (expression, run) => {
            tasks.push({ expression, run });
            return async () => {
              ended += 1;
            };
          },
        },
      },
    );
    assert.equal(ended, 1);
  });

  it('names what it rests on, and has it', () =>
    withTrust(async ({ trust, made }) => {
      const identity = trust.identity();
      assert.equal(identity.roots.lab, sha256(made(KEYLESS).trustedRootBytes));
      assert.deepEqual(
        trust.objects().map((bytes) => sha256(bytes)),
        [identity.authorities, identity.roots.lab],
      );
      assert.match(identity.verifier, /^exequatur \S+, @sigstore\/verify \d+\.\d+\.\d+$/);
    }));

  it('survives whoever it reports to', () =>
    withTrust(
      async ({ trust, made }) => {
        const handle = await trust.verify(document(made(KEYED)));
        assert.equal(trust.signatures(handle, Date.now()).verified, true);
      },
      {
        options: {
          onEvent: () => {
            throw new Error('no');
          },
        },
      },
    ));

  it('verifies nothing once closed', () =>
    withTrust(async ({ trust, made }) => {
      await trust.close();
      const handle = await trust.verify(document(made(KEYED)));
      assert.deepEqual(codes(trust.signatures(handle, Date.now())).includes('verifier_failed'), true);
      await trust.renew();
    }));

  for (const [what, config, code, place] of [
    ['root', { roots: { lab: { source: 'file', path: 'no.json' } } }, 'durable.file_missing', /trust\.roots\.lab/],
    [
      'key',
      {
        authorities: { board: { keys: [{ path: 'no.pem' }], vouches_for: { a: {} } } },
        rules: [{ name: 'r', kinds: ['a'], authorities: ['board'] }],
      },
      'config.invalid',
      /trust\.authorities\.board\.keys\.0\.path/,
    ],
  ] as const) {
    it(`does not start without a ${what} that is configured`, () =>
      assert.rejects(
        withTrust(async () => assert.fail('it started'), { config }),
        (error) => {
          assert.ok(error instanceof Error && 'code' in error);
          assert.equal(error.code, code);
          assert.match(error.message, place);
          return true;
        },
      ));
  }
});
