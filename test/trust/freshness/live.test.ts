import assert from 'node:assert/strict';
import { sha256 } from '../../../src/model/digest.ts';
import { memoryState } from '../../../src/state/memory.ts';
import { freshnessConfig, type LiveConfig } from '../../../src/trust/freshness/config.ts';
import type { FreshnessEvent } from '../../../src/trust/freshness/event.ts';
import { createFreshness } from '../../../src/trust/freshness/freshness.ts';
import { type LiveOptions, type LiveWatch, watchLogs } from '../../../src/trust/freshness/live.ts';
import { liveLogProblems } from '../../../src/trust/freshness/live-source.ts';
import type { TrustRoot } from '../../../src/trust/root/trust-root.ts';
import { matchesFor } from '../proved.ts';
import { ecdsaLogKey, ed25519LogKey, type LogKey, LogServer, trustedLog } from './log-server.ts';
import { Tree } from './tree.ts';

const APIS = [
  { api: 'rekor_v1', newKey: ecdsaLogKey },
  { api: 'rekor_v2', newKey: ed25519LogKey },
] as const;

function rootWith(...keys: LogKey[]): TrustRoot {
  return {
    digest: sha256('root'),
    logs: keys.map((key) => trustedLog(key)),
    certificateLogs: [],
    certificateAuthorities: [],
    timestampAuthorities: [],
    material: { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] },
  };
}

function liveConfig(api: 'rekor_v1' | 'rekor_v2', server: LogServer, more: Partial<LiveConfig> = {}): LiveConfig {
  const log = { root: 'public', origin: server.key.name, api, base_url: server.baseUrl };
  const { live } = freshnessConfig.parse({ live: { logs: [log], patience_runs: 2, timeout_seconds: 1, ...more } });
  assert.ok(live);
  return live;
}

describe('the job that looks at logs', () => {
  const servers: LogServer[] = [];
  const watches: LiveWatch[] = [];
  afterEach(async () => {
    await Promise.all(watches.splice(0).map((watch) => watch.stop()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function setUp(
    api: 'rekor_v1' | 'rekor_v2',
    size: number,
    options: { config?: Partial<LiveConfig>; live?: Partial<LiveOptions> } = {},
  ) {
    const key = api === 'rekor_v1' ? ecdsaLogKey('log.example') : ed25519LogKey('log.example');
    const server = await new LogServer(key, new Tree(size)).listen();
    servers.push(server);
    const state = memoryState({ max_entries: 1000, max_bytes: 4_000_000 });
    const events: FreshnessEvent[] = [];
    const onEvent = (event: FreshnessEvent) => events.push(event);
    const now = () => 1_700_000_000_000;
    const freshness = createFreshness({ state, now, onEvent });
    const watch = watchLogs({
      config: liveConfig(api, server, options.config),
      rootOf: (name) => (name === 'public' ? rootWith(key) : undefined),
      marks: freshness.marks,
      fetch,
      now,
      onEvent,
      ...options.live,
    });
    watches.push(watch);
    const log = { logId: key.id, origin: api === 'rekor_v1' ? server.origin() : key.name };
    return {
      server,
      events,
      freshness,
      watch,
      log,
      /** What the first tree of the log came to. */
      run: async () => (await watch.run())[0]?.result,
      live: async () => (await freshness.marks.read(log)).live?.size,
      codes: () => events.flatMap((event) => (event.type === 'log_unreachable' ? [event.code] : [])),
      types: () => events.map(({ type }) => type),
      /** A document comes with a checkpoint of this tree. */
      admit: async (tree: Tree, atSize: number) => {
        const checkpoint = { ...log, size: `${atSize}`, root: tree.root(atSize).toString('hex') };
        const proofs = { authorities: 1, logs: 1, timestamps: 0, scts: 0, attestations: [] };
        const found = await freshness.admit({
          kind: 'plan',
          document: sha256('plan'),
          matches: matchesFor(proofs, [checkpoint]),
          struck: [],
          strictMark: false,
        });
        return found.admitted ? 'admitted' : found.code;
      },
    };
  }

  for (const { api } of APIS) {
    describe(api, () => {
      it('raises the mark as the log grows, and leaves it where nothing is new', async () => {
        const { server, run, live, types } = await setUp(api, 300);
        assert.equal(await run(), 'raised');
        assert.equal(await live(), 300n);
        for (const size of [301, 512, 513, 1024, 2000]) {
          server.active.size = server.active.tree.grow(size).leaves.length;
          assert.equal(await run(), 'raised', `${size}`);
          assert.equal(await live(), BigInt(size));
        }
        assert.equal(await run(), 'unchanged');
        assert.deepEqual(new Set(types()), new Set(['live_raised']));
      });

      it('proves that what bundles came with lies within the live tree, so many per run', async () => {
        const { server, run, admit, freshness, log, events } = await setUp(api, 1000, {
          config: { proofs_per_run: 3 },
        });
        for (const size of [1, 64, 65, 255, 999]) assert.equal(await admit(server.active.tree, size), 'admitted');
        const proved = async () => (await freshness.marks.read(log)).trees.filter((tree) => tree.proved).length;
        await run();
        assert.equal(await proved(), 4, 'the live one and three more');
        assert.ok(events.some((event) => event.type === 'observed_proved' && event.count === 3 && event.left === 2));
        await run();
        assert.equal(await proved(), 6);
        const asked = server.asked.length;
        await run();
        assert.equal(server.asked.length, asked + 1, 'nothing is left to prove');
      });

      it('finds a fork that was signed for one victim alone', async () => {
        const { run, admit, events } = await setUp(api, 1000);
        const fork = new Tree(600, 'fork').grow(700);
        assert.equal(await admit(fork, 700), 'admitted', 'nobody can know yet');
        assert.equal(await run(), 'distrusted');
        const alarm = events.find(({ type }) => type === 'log_distrusted');
        assert.ok(alarm?.type === 'log_distrusted');
        assert.equal(alarm.code, 'log_inconsistent');
        assert.equal(alarm.trees[0].root, fork.root(700).toString('hex'));
        assert.equal(await admit(new Tree(1000), 900), 'log_inconsistent');
      });

      it('distrusts a log that goes on from another tree', async () => {
        const { server, run, live, admit } = await setUp(api, 300);
        await run();
        server.active.tree = new Tree(200, 'fork').grow(400);
        server.active.size = 400;
        assert.equal(await run(), 'distrusted');
        assert.equal(await live(), 300n);
        assert.equal(await admit(new Tree(300), 100), 'log_inconsistent');
        // Going back to the true tree does not undo it.
        server.active.tree = new Tree(500);
        server.active.size = 500;
        assert.equal(await run(), 'distrusted');
        assert.equal(await live(), 300n);
      });

      it('distrusts a log that shows another tree of the same size', async () => {
        const { server, run, admit } = await setUp(api, 300);
        await run();
        server.active.tree = new Tree(300, 'fork');
        assert.equal(await run(), 'distrusted');
        assert.equal(await admit(new Tree(300), 300), 'split_view');
      });

      it('finds a split view between a bundle and the live tree, either way round', async () => {
        const first = await setUp(api, 300);
        await first.admit(new Tree(300, 'fork'), 300);
        assert.equal(await first.run(), 'distrusted');
        const second = await setUp(api, 300);
        await second.run();
        assert.equal(await second.admit(new Tree(300, 'fork'), 300), 'split_view');
      });

      it('keeps its mark when the log shows less, and reports it when that lasts', async () => {
        const { server, run, live, types } = await setUp(api, 300);
        await run();
        server.active.size = 200;
        assert.equal(await run(), 'behind');
        assert.ok(!types().includes('log_behind'));
        assert.equal(await run(), 'behind');
        assert.equal(await live(), 300n);
        assert.ok(types().includes('log_behind'));
        server.active.size = 300;
        assert.equal(await run(), 'unchanged');
        assert.ok(!types().includes('log_distrusted'));
      });

      it('reports a checkpoint out of a bundle that the log never reaches', async () => {
        const { run, admit, types } = await setUp(api, 300);
        assert.equal(await admit(new Tree(5000, 'fork'), 5000), 'admitted');
        await run();
        await run();
        assert.ok(types().includes('log_behind'));
      });

      it('distrusts, after some runs, a log whose proofs do not lead to what it signed', async () => {
        const { server, run, live, types } = await setUp(api, 256);
        await run();
        server.active.size = server.active.tree.grow(600).leaves.length;
        server.active.root = new Tree(1, 'nowhere').root();
        assert.equal(await run(), 'unproved');
        assert.equal(await live(), 256n);
        assert.ok(types().includes('log_unproved'));
        assert.equal(await run(), 'distrusted');
        assert.equal(await live(), 256n);
      });

      it('forgives what does not lead there once', async () => {
        const { server, run, live, types } = await setUp(api, 256);
        await run();
        server.active.size = server.active.tree.grow(600).leaves.length;
        server.active.root = new Tree(1, 'nowhere').root();
        assert.equal(await run(), 'unproved');
        delete server.active.root;
        assert.equal(await run(), 'raised');
        assert.equal(await live(), 600n);
        assert.ok(!types().includes('log_distrusted'));
      });

      it('changes nothing when the log cannot be reached, and counts the runs', async () => {
        const { server, run, live, events } = await setUp(api, 300);
        await run();
        server.intercept = (_path, response) => {
          response.socket?.destroy();
          return true;
        };
        await run();
        await run();
        const reports = events.filter((event) => event.type === 'log_unreachable');
        assert.deepEqual(
          reports.map(({ code, runs }) => [code, runs]),
          [
            ['log.unreachable', 1],
            ['log.unreachable', 2],
          ],
        );
        assert.equal(await live(), 300n);
      });

      it('refuses errors, redirects, garbage, bodies without end and answers that never come', async () => {
        const { server, run, live, codes } = await setUp(api, 300);
        await run();
        server.active.size = server.active.tree.grow(400).leaves.length;
        server.intercept = (_path, response) => {
          response.writeHead(500).end('{}');
          return true;
        };
        await run();
        server.intercept = (path, response) => {
          // What stands there would do.
          if (path.includes('?moved')) return false;
          response.writeHead(302, { location: `${server.baseUrl}${path}?moved` }).end();
          return true;
        };
        await run();
        server.intercept = (_path, response) => {
          response.end('<html>');
          return true;
        };
        await run();
        server.intercept = (_path, response) => {
          const piece = Buffer.alloc(65_536, 'x');
          const more = (): void => {
            while (!response.destroyed && response.write(piece));
          };
          response.on('drain', more);
          more();
          return true;
        };
        await run();
        server.intercept = (_path, response) => {
          response.writeHead(200);
          response.write('{');
          return true;
        };
        await run();
        const garbage = api === 'rekor_v1' ? 'json.syntax' : 'trust.log_checkpoint_invalid';
        assert.deepEqual(codes(), ['log.status', 'log.unreachable', garbage, 'log.too_large', 'log.timed_out']);
        assert.equal(await live(), 300n);
      });

      it('does not take the checkpoint of another key or of another log', async () => {
        const { server, run, live, codes } = await setUp(api, 300);
        const other = await new LogServer(
          api === 'rekor_v1' ? ecdsaLogKey('log.example') : ed25519LogKey('log.example'),
          new Tree(400),
        ).listen();
        const renamed = await new LogServer({ ...server.key, name: 'else.example' }, new Tree(400)).listen();
        servers.push(other, renamed);
        for (const stranger of [other, renamed]) {
          server.intercept = (path, response) => {
            void fetch(`${stranger.baseUrl}${path}`)
              .then((answer) => answer.text())
              .then((text) => response.end(text));
            return true;
          };
          await run();
        }
        assert.deepEqual(codes(), ['trust.log_checkpoint_invalid', 'log.malformed']);
        assert.equal(await live(), undefined);
      });

      it('reports the trees that a key signed under a name that the log does not list', async () => {
        const { run, freshness, log, events } = await setUp(api, 300);
        const hidden = { ...log, origin: `${log.origin}0` };
        await freshness.marks.observe([{ ...hidden, size: '5', root: new Tree(5).root().toString('hex') }]);
        await run();
        assert.ok(events.some((event) => event.type === 'origin_unlisted' && event.origin === hidden.origin));
      });

      it('passes an empty log over', async () => {
        const { server, run, live } = await setUp(api, 0);
        assert.equal(await run(), 'empty');
        server.active.size = server.active.tree.grow(2).leaves.length;
        assert.equal(await run(), 'raised');
        server.active.size = 0;
        assert.equal(await run(), 'behind');
        assert.equal(await live(), 2n);
      });

      it('agrees with replicas that look at the same time', async () => {
        const { server, watch, freshness, live } = await setUp(api, 300);
        const config = liveConfig(api, server);
        const options = { config, rootOf: () => rootWith(server.key), fetch, now: Date.now, onEvent: () => undefined };
        const other = watchLogs({ ...options, marks: freshness.marks });
        watches.push(other);
        for (let size = 301; size < 320; size += 1) {
          server.active.size = server.active.tree.grow(size).leaves.length;
          await Promise.all([watch.run(), other.run()]);
          assert.equal(await live(), BigInt(size));
        }
      });
    });
  }

  it("follows every tree of a Rekor v1, and one that does not count does not hide the others'", async () => {
    const { server, watch, events } = await setUp('rekor_v1', 300);
    server.shards.push({ treeId: '99', tree: new Tree(50, 'old'), size: 50 });
    assert.deepEqual(
      (await watch.run()).map(({ log, result }) => [log.origin, result]),
      [
        ['log.example - 1234', 'raised'],
        ['log.example - 99', 'raised'],
      ],
    );
    server.intercept = (path, response) => {
      if (path !== '/api/v1/log') return false;
      void fetch(`${server.baseUrl}${path}?true`)
        .then((answer) => answer.text())
        .then((text) => response.end(text.replace('"treeID":"99"', '"treeID":"98"')));
      return true;
    };
    assert.equal((await watch.run()).length, 1);
    assert.ok(events.some((event) => event.type === 'log_unreachable' && event.code === 'log.malformed'));
  });

  it('reads a partial tile that is gone from the full one', async () => {
    const { server, run, live } = await setUp('rekor_v2', 100);
    await run();
    server.active.size = 200;
    server.active.tree.grow(1000);
    server.active.tile = (bytes, path) => (path.includes('/0/000.p/') ? undefined : bytes);
    assert.equal(await run(), 'raised');
    assert.equal(await live(), 200n);
  });

  it('proves nothing from tiles that are withheld or cut', async () => {
    const { server, run, live, codes } = await setUp('rekor_v2', 100);
    await run();
    server.active.size = server.active.tree.grow(300).leaves.length;
    server.active.tile = () => undefined;
    assert.equal(await run(), 'failed');
    server.active.tile = (bytes) => bytes.subarray(32);
    assert.equal(await run(), 'failed');
    assert.equal(await live(), 100n);
    assert.deepEqual(codes(), ['log.status', 'trust.log_proof_invalid']);
  });

  it('waits for the look that is under way, and calls it off when it ends', async () => {
    const { server, watch, codes } = await setUp('rekor_v1', 300);
    let asked = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    server.intercept = () => {
      asked();
      return true;
    };
    const first = watch.run();
    assert.equal(watch.run(), first);
    await reached;
    await watch.stop();
    assert.deepEqual(await first, []);
    assert.deepEqual(codes(), []);
  });

  it('runs when it is started, then by schedule, until it is stopped', async () => {
    const expressions: string[] = [];
    let due = async (): Promise<unknown> => undefined;
    let ended = false;
    const { watch, types } = await setUp('rekor_v2', 300, {
      live: {
        cron: (expression, run) => {
          expressions.push(expression);
          due = run;
          return async () => {
            ended = true;
          };
        },
      },
    });
    watch.start();
    await watch.run();
    assert.deepEqual(expressions, ['*/15 * * * *']);
    assert.deepEqual(types(), ['live_raised']);
    assert.deepEqual(await due(), [{ log: (await watch.run())[0]?.log, result: 'unchanged' }]);
    await watch.stop();
    assert.ok(ended);
  });

  it('goes on with the next log where something unforeseen breaks off', async () => {
    const { watch, codes } = await setUp('rekor_v1', 300, {
      live: {
        rootOf: () => {
          throw new Error('nobody foresaw that');
        },
      },
    });
    assert.deepEqual(await watch.run(), []);
    assert.deepEqual(codes(), ['log.unreachable']);
  });

  it('reports a log that its root does not have, or has no more', async () => {
    const { run, codes } = await setUp('rekor_v1', 300, { live: { rootOf: () => rootWith() } });
    assert.equal(await run(), undefined);
    assert.deepEqual(codes(), ['log.unknown']);
  });

  it('reports that a root cannot be had, and why: its logs are not at fault', async () => {
    for (const failure of ['root_stale', 'root_unavailable'] as const) {
      const message = 'the root was last refreshed long ago';
      const { run, codes, events } = await setUp('rekor_v1', 300, { live: { rootOf: () => ({ failure, message }) } });
      assert.equal(await run(), undefined);
      assert.deepEqual(codes(), [`trust.${failure}`]);
      assert.ok(events.some((event) => event.type === 'log_unreachable' && event.message.includes(message)));
    }
    const { run, codes } = await setUp('rekor_v1', 300, { live: { rootOf: () => undefined } });
    assert.equal(await run(), undefined);
    assert.deepEqual(codes(), ['trust.root_unavailable']);
  });

  it('says at the start which configured logs no root has', async () => {
    const { server } = await setUp('rekor_v1', 1);
    const config = liveConfig('rekor_v1', server);
    assert.deepEqual(
      liveLogProblems(config, () => rootWith(server.key)),
      [],
    );
    assert.deepEqual(
      liveLogProblems(config, () => undefined),
      [],
      'a root that cannot be had now is told of elsewhere',
    );
    assert.equal(liveLogProblems(config, () => rootWith(ecdsaLogKey('else.example'))).length, 1);
    const byId = {
      ...config,
      logs: config.logs.map((log) => ({ ...log, origin: 'elsewhere', log_id: server.key.id })),
    };
    assert.deepEqual(
      liveLogProblems(byId, () => rootWith(server.key)),
      [],
    );
  });
});
