import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Files, nodeFiles } from '../../../src/durable/files.ts';
import { takeLock } from '../../../src/durable/lock.ts';
import type { Schedule } from '../../../src/durable/schedule.ts';
import { sha256 } from '../../../src/model/digest.ts';
import type { TrustEvent } from '../../../src/trust/event.ts';
import { rootsConfig } from '../../../src/trust/root/config.ts';
import { readShippedRoot } from '../../../src/trust/root/public-good.ts';
import type { RootState } from '../../../src/trust/root/root-state.ts';
import { openRoots, type Roots, type RootsOptions } from '../../../src/trust/root/roots.ts';
import { refreshTarget } from '../../../src/trust/root/tuf.ts';
import { rejectedWith } from '../../thrown.ts';
import { TufRepository } from './tuf-repository.ts';

const HOUR = 3_600_000;
const MAX_AGE = 24 * HOUR;
const START = Date.parse('2026-11-22T03:00:00Z');

const shipped = readShippedRoot();
const first = Buffer.from(shipped.trustedRoot);
/** Other bytes, the same meaning: enough to be another version. */
const second = Buffer.concat([first, Buffer.from('\n')]);

function shown(state: RootState | undefined): string | undefined {
  if (state === undefined) return undefined;
  return 'failure' in state ? state.failure : state.digest;
}

describe('roots', () => {
  let folder: string;
  let repository: TufRepository;
  let mirror: string;
  let roots: Roots | undefined;
  let events: TrustEvent[];
  let changes: number;
  let told: () => void;
  let time: number;
  let timers: { readonly at: number; readonly run: () => void }[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-roots-'));
    repository = new TufRepository();
    mirror = await repository.listen();
    writeFileSync(join(folder, 'root.json'), repository.initialRoot);
    events = [];
    changes = 0;
    told = () => undefined;
    time = START;
    timers = [];
  });

  afterEach(async () => {
    await roots?.close();
    roots = undefined;
    await repository.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const schedule: Schedule = (delay, run) => {
    const timer = { at: time + delay, run };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };

  /** Sets the clock forward, running what falls due on the way. */
  function pass(milliseconds: number): void {
    const end = time + milliseconds;
    for (;;) {
      const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((timer) => timer !== due);
      time = Math.max(time, due.at);
      due.run();
    }
    time = end;
  }

  /** Of the root that was opened last, as the schedule calls it. */
  let refresh: () => Promise<unknown>;

  async function open(config: unknown, options: Partial<RootsOptions> = {}): Promise<Roots> {
    await roots?.close();
    roots = await openRoots(rootsConfig.parse(config), {
      resolve: (path) => join(folder, path),
      now: () => time,
      onEvent(event) {
        events.push(event);
        told();
      },
      schedule,
      cron(_expression, run) {
        refresh = run;
        return async () => undefined;
      },
      refreshAtStart: false,
      ...options,
    });
    roots.onChange(() => changes++);
    return roots;
  }

  const tuf = (more: object = {}) => ({
    lab: {
      source: 'tuf',
      mirror,
      root: 'root.json',
      cache: 'cache',
      max_age_seconds: MAX_AGE / 1000,
      refresh: { retries: 0 },
      ...more,
    },
  });
  const state = () => shown(roots?.current().lab);
  const codes = () => events.map((event) => event.code);

  describe('through TUF', () => {
    it('are unavailable until a first refresh, and then count', async () => {
      repository.publish(first);
      await open(tuf());
      assert.equal(state(), 'root_unavailable');
      assert.equal(await refresh(), true);
      assert.equal(state(), sha256(first));
      assert.equal(changes, 1);
      assert.deepEqual(codes(), ['root.unavailable', 'root.changed']);
    });

    it('are refreshed at the start and by the schedule, one refresh at a time', async () => {
      repository.publish(first);
      let scheduled: (() => Promise<unknown>) | undefined;
      let expression: string | undefined;
      await open(tuf(), {
        refreshAtStart: true,
        cron(text, run) {
          expression = text;
          scheduled = run;
          return async () => undefined;
        },
      });
      assert.equal(expression, '17 */6 * * *');
      await Promise.all([scheduled?.(), scheduled?.()]);
      assert.equal(state(), sha256(first));
      assert.equal(repository.asked.filter((path) => path === '/timestamp.json').length, 1);
    });

    it('take up a new version, and fetch an unchanged one no second time', async () => {
      repository.publish(first);
      await open(tuf());
      await refresh();
      repository.publish(first);
      await refresh();
      assert.equal(repository.asked.filter((path) => path.startsWith('/targets/')).length, 1);
      assert.equal(changes, 1);
      repository.publish(second);
      await refresh();
      assert.equal(state(), sha256(second));
      assert.equal(changes, 2);
      assert.deepEqual(codes(), ['root.unavailable', 'root.changed', 'root.refreshed', 'root.changed']);
    });

    it('follow a chain of rotated roots', async () => {
      repository.rotate();
      repository.rotate();
      repository.publish(first);
      await open(tuf());
      assert.equal(await refresh(), true);
      repository.rotate();
      repository.publish(second);
      assert.equal(await refresh(), true);
      assert.equal(state(), sha256(second));
      assert.deepEqual(
        repository.asked.filter((path) => path.endsWith('.root.json')),
        ['/2.root.json', '/3.root.json', '/4.root.json', '/4.root.json', '/5.root.json'],
      );
    });

    it('may be a target in a folder of the repository', async () => {
      const digest = sha256(first).slice('sha256:'.length);
      repository.publish(first, { name: 'sigstore/root.json' });
      repository.files.set(`/targets/sigstore/${digest}.root.json`, first);
      await open(tuf({ target: 'sigstore/root.json' }));
      assert.equal(await refresh(), true);
    });

    for (const [what, cause, spoil, code = 'root.repository_refused'] of [
      [
        'a timestamp that has expired',
        /timestamp\.json is expired/,
        () => repository.publish(second, { expires: '2026-01-01T00:00:00Z' }),
      ],
      [
        'a timestamp signed by another key',
        /timestamp was signed by 0\/1 keys/,
        () => repository.publish(second, { signTimestampWith: 'targets' }),
      ],
      [
        'a root that the one before did not sign',
        /root was signed by 0\/1 keys/,
        () => {
          repository.rotate({ withoutOldKey: true });
          repository.publish(second);
        },
      ],
      [
        'a truncated target',
        /Expected length/,
        () => {
          repository.publish(second);
          const path = `/targets/${sha256(second).slice(7)}.trusted_root.json`;
          repository.files.set(path, second.subarray(0, 1000));
        },
      ],
      [
        'a target that goes on',
        /is longer than the/,
        () => {
          repository.publish(second);
          repository.files.set(`/targets/${sha256(second).slice(7)}.trusted_root.json`, Buffer.alloc(1_000_000));
        },
      ],
      [
        'a target that is no trusted root',
        /refused: .*mediaType/,
        () => repository.publish(Buffer.from('{}')),
        'root.rejected',
      ],
      [
        'a repository without the target',
        /none of its targets/,
        () => repository.publish(second, { name: 'x.json' }),
        'root.target_missing',
      ],
      [
        'a snapshot that is missing',
        /answered 404/,
        () => {
          repository.publish(second);
          repository.files.delete('/2.snapshot.json');
        },
      ],
      [
        'a server with errors',
        /answered 503/,
        () => {
          repository.status = 503;
        },
      ],
      ['no server', /ECONNREFUSED/, () => repository.close()],
    ] as const) {
      it(`keep the last good one beside ${what}, and say so`, async () => {
        repository.publish(first);
        await open(tuf());
        await refresh();
        events = [];
        await spoil();
        assert.equal(await refresh(), false);
        assert.equal(state(), sha256(first));
        assert.deepEqual(codes(), ['root.refresh_failed']);
        assert.match(events[0]?.message ?? '', cause);
        assert.equal(/\((root\.[a-z_]+)\); the last good root counts on/.exec(events[0]?.message ?? '')?.[1], code);
        assert.equal(changes, 1);
      });
    }

    it('refuse an older version than was seen, also after a restart', async () => {
      repository.publish(first);
      const old = repository.snapshot();
      repository.publish(second);
      await open(tuf());
      await refresh();
      await open(tuf());
      assert.equal(state(), sha256(second));
      repository.serve(old);
      assert.equal(await refresh(), false);
      assert.match(events.at(-1)?.message ?? '', /version 1 is less than current version 2/);
      assert.equal(state(), sha256(second));
    });

    it('remember what was verified before a refresh failed', async () => {
      repository.publish(first);
      await open(tuf());
      await refresh();
      const old = repository.snapshot();
      repository.publish(second);
      repository.files.delete('/2.snapshot.json');
      assert.equal(await refresh(), false);
      repository.serve(old);
      await open(tuf());
      assert.equal(await refresh(), false);
      assert.match(events.at(-1)?.message ?? '', /version 1 is less than current version 2/);
      assert.equal(state(), sha256(first));
    });

    it('are tried again after a failure, later each time', async () => {
      await repository.close();
      await open(tuf());
      await refresh();
      assert.deepEqual(
        timers.map((timer) => timer.at - time),
        [60_000],
      );
      for (const minutes of [2, 4, 8, 16, 32, 60, 60]) {
        await refresh();
        assert.deepEqual(
          timers.map((timer) => timer.at - time),
          [minutes * 60_000],
        );
      }
      assert.match(events.at(-1)?.message ?? '', /tried again in 3600 s/);
    });

    it('end a refresh that takes too long', async () => {
      let release: () => void = () => undefined;
      repository.hold = new Promise<void>((resolve) => {
        release = resolve;
      });
      await open(tuf(), { refreshTarget: (request) => refreshTarget({ ...request, timeoutMs: 20, retries: 1 }) });
      assert.equal(await refresh(), false);
      release();
      assert.match(events.at(-1)?.message ?? '', /root\.timed_out/);
    });

    it('call a refresh off when they are closed, and leave no timer, lock or file behind', async () => {
      repository.publish(first);
      const failures: (string | undefined)[] = [];
      await open(tuf(), {
        refreshTarget: async (request) => {
          const outcome = await refreshTarget(request);
          failures.push('failure' in outcome ? outcome.failure.code : undefined);
          return outcome;
        },
      });
      await refresh();
      let release: () => void = () => undefined;
      repository.hold = new Promise<void>((resolve) => {
        release = resolve;
      });
      const refreshing = refresh();
      await roots?.close();
      assert.equal(await refreshing, false);
      release();
      assert.deepEqual(failures, [undefined, 'root.called_off']);
      assert.deepEqual(timers, []);
      assert.deepEqual(readdirSync(join(folder, 'cache')).sort(), ['lab.root.json', 'lab.root.json.lock']);
      assert.equal(statSync(join(folder, 'cache', 'lab.root.json')).mode & 0o777, 0o600);
    });
  });

  describe('whose cache cannot be used', () => {
    it('count when they could not be kept, which is said', async () => {
      repository.publish(first);
      const full: Files = {
        ...nodeFiles,
        write: () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' })),
      };
      await open(tuf(), { files: full });
      assert.equal(await refresh(), true);
      assert.equal(state(), sha256(first));
      assert.deepEqual(codes(), ['root.unavailable', 'root.cache_failed', 'root.changed']);
    });

    it('are not refreshed while another process refreshes them', async () => {
      repository.publish(first);
      mkdirSync(join(folder, 'cache'));
      const lock = await takeLock(nodeFiles, join(folder, 'cache', 'lab.root.json.lock'));
      assert.ok('release' in lock);
      await open(tuf());
      assert.equal(await refresh(), false);
      assert.match(events.at(-1)?.message ?? '', /root\.refresh_busy/);
      await lock.release();
      assert.equal(await refresh(), true);
    });

    it('count although a listener and a reporter throw', async () => {
      repository.publish(first);
      await open(tuf(), {
        onEvent(event) {
          events.push(event);
          throw new TypeError('no');
        },
      });
      roots?.onChange(() => {
        throw new TypeError('no');
      });
      assert.equal(await refresh(), true);
      assert.equal(state(), sha256(first));
      assert.deepEqual(codes(), ['root.unavailable', 'root.changed', 'root.listener_failed']);
    });
  });

  describe('that were not refreshed for too long', () => {
    it('are stale, at that moment and told once, until a refresh succeeds', async () => {
      repository.publish(first);
      await open(tuf());
      await refresh();
      events = [];
      pass(MAX_AGE);
      assert.equal(state(), sha256(first));
      pass(1);
      assert.equal(state(), 'root_stale');
      pass(HOUR);
      assert.deepEqual(codes(), ['root.stale']);
      assert.equal(changes, 2);
      await refresh();
      assert.equal(state(), sha256(first));
      assert.equal(changes, 3);
    });

    it('stay stale over a restart, whatever the clock shows then', async () => {
      repository.publish(first);
      await open(tuf());
      await refresh();
      repository.status = 500;
      time += 2 * MAX_AGE;
      assert.equal(await refresh(), false);
      assert.equal(state(), 'root_stale');
      time = START + HOUR;
      assert.equal(state(), 'root_stale');
      await open(tuf());
      assert.equal(state(), 'root_stale');
      time = START - HOUR;
      await open(tuf());
      assert.equal(state(), 'root_unavailable');
      repository.status = undefined;
      await refresh();
      assert.equal(state(), sha256(first));
    });

    it('are not believed when their refresh lies in the future', async () => {
      repository.publish(first);
      time += 100 * MAX_AGE;
      await open(tuf());
      await refresh();
      time = START;
      await open(tuf());
      assert.equal(state(), 'root_unavailable');
    });

    it('do not become fresh when what was kept is lost or torn', async () => {
      repository.publish(first);
      await open(tuf());
      await refresh();
      const file = join(folder, 'cache', 'lab.root.json');
      writeFileSync(file, readFileSync(file).subarray(0, 500));
      events = [];
      await open(tuf());
      assert.equal(state(), 'root_unavailable');
      assert.deepEqual(codes(), ['root.cache_unreadable', 'root.unavailable']);
      rmSync(file);
      await open(tuf());
      assert.equal(state(), 'root_unavailable');
      await refresh();
      assert.equal(state(), sha256(first));
    });

    it('are of no use to another repository of that name', async () => {
      repository.publish(first);
      await open(tuf());
      await refresh();
      writeFileSync(join(folder, 'other.json'), new TufRepository().initialRoot);
      await open(tuf({ root: 'other.json' }));
      assert.equal(state(), 'root_unavailable');
    });
  });

  describe('of the public-good instance', () => {
    const publicGood = (more: object = {}) => ({
      lab: { source: 'public_good', mirror, cache: 'cache', refresh: { retries: 0 }, max_age_seconds: 86_400, ...more },
    });

    it('begin with the shipped one, as old as the release that it came with', async () => {
      time = shipped.releasedAt + MAX_AGE;
      await open(publicGood());
      assert.equal(state(), sha256(first));
      time += 1;
      assert.equal(state(), 'root_stale');
    });

    it('pinned, are never stale and ask nobody', async () => {
      time = shipped.releasedAt + 1000 * MAX_AGE;
      await open({ lab: { source: 'public_good', refresh: false } }, { refreshAtStart: true });
      assert.equal(state(), sha256(first));
      assert.deepEqual(
        timers.map((timer) => timer.at),
        [],
      );
      assert.deepEqual(repository.asked, []);
    });

    it('refuse a mirror that serves what other keys signed', async () => {
      repository.publish(second);
      for (const [path, bytes] of repository.snapshot()) {
        // The chain from the shipped root.json on.
        const version = /^\/(\d+)\.root\.json$/.exec(path)?.[1];
        if (version !== undefined) repository.files.set(`/${Number(version) + 16}.root.json`, bytes);
      }
      await open(publicGood());
      assert.equal(await refresh(), false);
      assert.match(events.at(-1)?.message ?? '', /signed by 0\/\d keys/);
    });
  });

  describe('in files', () => {
    const file = () => join(folder, 'pinned.json');
    const replace = (bytes: Uint8Array) => {
      writeFileSync(`${file()}.new`, bytes);
      renameSync(`${file()}.new`, file());
    };
    const config = { lab: { source: 'file', path: 'pinned.json' } };
    const heard = (code: string) =>
      new Promise<void>((resolve) => {
        told = () => {
          if (codes().includes(code)) resolve();
        };
        told();
      });

    it('count at once when they change', async () => {
      replace(first);
      await open(config);
      assert.equal(state(), sha256(first));
      const change = new Promise<void>((resolve) => roots?.onChange(resolve));
      replace(second);
      await change;
      assert.equal(state(), sha256(second));
    });

    it('keep the last good version beside one that is refused', async () => {
      replace(first);
      await open(config);
      replace(first.subarray(0, 100));
      await heard('root.rejected');
      assert.equal(state(), sha256(first));
      assert.equal(changes, 0);
    });

    for (const [code, bytes] of [
      ['durable.file_missing', undefined],
      ['root.malformed', Buffer.from('{')],
    ] as const) {
      it(`are refused at the start with ${code}, by their place`, async () => {
        if (bytes !== undefined) replace(bytes);
        const error = await rejectedWith(code, open(config));
        assert.match(error.message, /^trust\.roots\.lab: .*pinned\.json/);
      });
    }
  });

  it('are refused at the start where the first root.json of TUF is missing or another file', async () => {
    await rejectedWith('root.tuf_root_unreadable', open(tuf({ root: 'none.json' })));
    writeFileSync(join(folder, 'root.json'), first);
    await rejectedWith('root.tuf_root_unreadable', open(tuf()));
  });

  it('that nobody configured are none', async () => {
    await open({});
    assert.deepEqual(roots?.current(), {});
  });
});
