import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Files, nodeFiles } from '../../../src/durable/files.ts';
import { sha256 } from '../../../src/model/digest.ts';
import { parseStrictJson } from '../../../src/model/strict-json.ts';
import type { TrustEvent } from '../../../src/trust/event.ts';
import { rootsConfig } from '../../../src/trust/root/config.ts';
import { readShippedRoot } from '../../../src/trust/root/public-good.ts';
import { openRefreshedRoot, type RefreshedRoot } from '../../../src/trust/root/refreshed-root.ts';
import { openRootCache } from '../../../src/trust/root/root-cache.ts';
import { openRoots } from '../../../src/trust/root/roots.ts';
import { refreshTarget } from '../../../src/trust/root/tuf.ts';
import { TufRepository } from './tuf-repository.ts';

const HOUR = 3_600_000;
const MAX_AGE = 24 * HOUR;
const START = Date.parse('2026-11-22T03:00:00Z');

const { trustedRoot, releasedAt } = readShippedRoot();
const first = Buffer.from(trustedRoot);
/** Other bytes, the same meaning: enough to be another version. */
const second = Buffer.concat([first, Buffer.from('\n')]);
const third = Buffer.concat([second, Buffer.from('\n')]);

type Roles = {
  roots: string[];
  timestamp?: string;
  snapshot?: string;
  targets?: string;
  delegated?: { role: string; bytes: string }[];
};
type Kept = {
  metadata: Roles;
  good: { bytes: string; proof: Roles; refreshed_at: string; latest: string };
};

/** Whoever can write the folder of the cache, and what the next start makes of it. */
describe('the cache of a root', () => {
  let folder: string;
  let repository: TufRepository;
  let mirror: string;
  let root: RefreshedRoot | undefined;
  let events: TrustEvent[];
  let time: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-root-cache-'));
    repository = new TufRepository();
    mirror = await repository.listen();
    events = [];
    time = START;
  });

  afterEach(async () => {
    await root?.close();
    root = undefined;
    await repository.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const path = () => join(folder, 'lab.root.json');
  const codes = () => events.map((event) => event.code);
  const base64 = (file: string) => (repository.files.get(file) ?? Buffer.alloc(0)).toString('base64');

  /** A start, which begins with the shipped root as the public-good instance does, or with none. */
  async function open(
    options: { shippedAt?: number; pinned?: Uint8Array; files?: Files } = {},
  ): Promise<RefreshedRoot> {
    const { shippedAt, pinned = repository.initialRoot, files = nodeFiles } = options;
    await root?.close();
    events = [];
    const target = 'trusted_root.json';
    root = await openRefreshedRoot({
      name: 'lab',
      mirror,
      target,
      maxAgeMs: MAX_AGE,
      timeoutMs: 60_000,
      retries: 0,
      tufRoot: pinned,
      ...(shippedAt !== undefined && { first: { bytes: first, asOf: shippedAt } }),
      cache: openRootCache({ files, folder, name: 'lab', repository: 'lab', pinned, target }),
      folder,
      now: () => time,
      schedule: () => () => undefined,
      fetch,
      refreshTarget,
      onEvent: (event) => events.push(event),
      onChange: () => undefined,
    });
    return root;
  }

  function state(): string | undefined {
    const now = root?.state();
    return now === undefined || 'failure' in now ? now?.failure : now.digest;
  }

  function forge(change: (kept: Kept) => void): void {
    const kept: Kept = JSON.parse(readFileSync(path(), 'utf8'));
    change(kept);
    writeFileSync(path(), JSON.stringify(kept));
  }

  /** The metadata of a version as it is served. */
  function served(version: number): Required<Omit<Roles, 'roots' | 'delegated'>> {
    return {
      timestamp: base64('/timestamp.json'),
      snapshot: base64(`/${version}.snapshot.json`),
      targets: base64(`/${version}.targets.json`),
    };
  }

  /** As though a refresh had been, then, when a version counted that has expired since: the library knows only the system's clock. */
  function keptFrom(expires: string, refreshedAt: string): void {
    const version = repository.publish(third, { expires });
    forge((kept) => {
      const proof = { roots: kept.metadata.roots, ...served(version) };
      kept.good = { bytes: third.toString('base64'), proof, refreshed_at: refreshedAt, latest: refreshedAt };
    });
  }

  async function refreshedOnce(): Promise<void> {
    repository.publish(second);
    await open();
    assert.equal(await root?.refresh(), true);
    assert.equal(state(), sha256(second));
  }

  it('is believed at a start without a network, as it was left', async () => {
    await refreshedOnce();
    await repository.close();
    await open();
    assert.equal(state(), sha256(second));
    assert.deepEqual(codes(), []);
  });

  it('is believed over a chain of rotated roots', async () => {
    repository.rotate();
    await refreshedOnce();
    repository.rotate();
    repository.publish(third);
    assert.equal(await root?.refresh(), true);
    await open();
    assert.equal(state(), sha256(third));
    assert.deepEqual(codes(), []);
    repository.asked.length = 0;
    assert.equal(await root?.refresh(), true);
    assert.deepEqual(repository.asked, ['/4.root.json', '/timestamp.json']);
  });

  it('is believed under a newer pinned root.json, whose predecessors it has', async () => {
    repository.rotate();
    await refreshedOnce();
    const pinned = repository.files.get('/2.root.json');
    assert.ok(pinned !== undefined);
    await open({ pinned });
    assert.equal(state(), sha256(second));
    assert.equal(await root?.refresh(), true);
  });

  it('is believed although the metadata has expired since, for max_age says how old it may be', async () => {
    await refreshedOnce();
    keptFrom('2026-01-08T00:00:00Z', '2026-01-01T00:00:00Z');
    time = Date.parse('2026-01-02T00:00:00Z');
    await open();
    assert.equal(state(), sha256(third));
    time += 1;
    assert.equal(state(), 'root_stale');
  });

  it('is believed where the last refresh broke off after the timestamp, or after a rotated root', async () => {
    await refreshedOnce();
    repository.rotate();
    repository.publish(third);
    repository.files.delete('/2.snapshot.json');
    assert.equal(await root?.refresh(), false);
    await open();
    assert.equal(state(), sha256(second));
    assert.deepEqual(codes(), []);
  });

  describe('whose target a delegated role names', () => {
    beforeEach(async () => {
      repository.publish(second, { delegatedTo: 'sigstore' });
      await open();
      assert.equal(await root?.refresh(), true);
    });

    it('is believed, and refreshed', async () => {
      await open();
      assert.equal(state(), sha256(second));
      assert.deepEqual(codes(), []);
      repository.publish(third, { delegatedTo: 'sigstore' });
      assert.equal(await root?.refresh(), true);
      await open();
      assert.equal(state(), sha256(third));
    });

    for (const [what, change] of [
      [
        'without that role',
        ({ good }) => {
          delete good.proof.delegated;
        },
      ],
      [
        'with a role that the snapshot does not name',
        ({ good }) => {
          repository.publish(third, { delegatedTo: 'sigstore' });
          good.proof.delegated = [{ role: 'sigstore', bytes: base64('/2.sigstore.json') }];
          good.bytes = third.toString('base64');
        },
      ],
    ] satisfies [string, (kept: Kept) => void][]) {
      it(`is not believed ${what}`, async () => {
        forge(change);
        await open();
        assert.deepEqual(codes(), ['root.cache_unproved', 'root.unavailable']);
        assert.equal(await root?.refresh(), true);
      });
    }
  });

  const forgeries: readonly (readonly [string, string, (kept: Kept) => void])[] = [
    [
      'the bytes of another root',
      'root.cache_unproved',
      (kept) => {
        kept.good.bytes = third.toString('base64');
      },
    ],
    [
      'a root.json that is rubbish',
      'root.cache_unproved',
      (kept) => {
        kept.metadata.roots = [Buffer.from('rubbish').toString('base64')];
      },
    ],
    [
      'a proof whose root.json is rubbish',
      'root.cache_unproved',
      (kept) => {
        kept.good.proof.roots = [Buffer.from('rubbish').toString('base64')];
      },
    ],
    [
      'no proof',
      'root.cache_unproved',
      (kept) => {
        kept.good.proof = { roots: kept.good.proof.roots };
      },
    ],
    [
      'a whole repository of other keys',
      'root.cache_unproved',
      (kept) => {
        const other = new TufRepository();
        other.publish(third);
        const file = (name: string) => (other.files.get(name) ?? Buffer.alloc(0)).toString('base64');
        const roles = {
          roots: [file('/1.root.json')],
          timestamp: file('/timestamp.json'),
          snapshot: file('/1.snapshot.json'),
          targets: file('/1.targets.json'),
        };
        kept.metadata = roles;
        kept.good.proof = roles;
        kept.good.bytes = third.toString('base64');
      },
    ],
    [
      'a rotated root.json that the one before did not sign',
      'root.cache_unproved',
      (kept) => {
        repository.rotate({ withoutOldKey: true });
        repository.publish(third);
        const chain = [...kept.metadata.roots, base64('/2.root.json')];
        kept.good.proof = { roots: chain, ...served(2) };
        kept.good.bytes = third.toString('base64');
      },
    ],
    [
      'a timestamp of another key',
      'root.cache_unproved',
      (kept) => {
        repository.publish(third, { signTimestampWith: 'targets' });
        kept.good.proof = { roots: kept.metadata.roots, ...served(2) };
        kept.good.bytes = third.toString('base64');
      },
    ],
    [
      'targets of another key',
      'root.cache_unproved',
      (kept) => {
        repository.publish(third, { signTargetsWith: 'timestamp' });
        kept.good.proof = { roots: kept.metadata.roots, ...served(2) };
        kept.good.bytes = third.toString('base64');
      },
    ],
    [
      'a snapshot and targets older than the timestamp says',
      'root.cache_unproved',
      (kept) => {
        repository.publish(third);
        kept.good.proof.timestamp = base64('/timestamp.json');
      },
    ],
    [
      'targets older than the snapshot says',
      'root.cache_unproved',
      (kept) => {
        const { targets } = kept.good.proof;
        repository.publish(third);
        kept.good.proof = { roots: kept.metadata.roots, ...served(2), ...(targets !== undefined && { targets }) };
      },
    ],
    [
      'a refresh that lies in the future',
      'root.cache_unproved',
      (kept) => {
        kept.good.refreshed_at = '2026-11-22T04:00:00Z';
      },
    ],
    [
      'a form of its own',
      'root.cache_unreadable',
      (kept) => {
        Object.assign(kept, { version: 1 });
      },
    ],
    ['mode 0666', 'root.cache_exposed', () => chmodSync(path(), 0o666)],
    ['mode 0620', 'root.cache_exposed', () => chmodSync(path(), 0o620)],
    ['mode 0604', 'root.cache_exposed', () => chmodSync(path(), 0o604)],
  ];

  for (const [what, code, change] of forgeries) {
    it(`is not believed with ${what}: as a first start, and the next refresh heals it`, async () => {
      await refreshedOnce();
      const honest = repository.snapshot();
      forge(change);
      await open();
      assert.equal(state(), 'root_unavailable');
      assert.deepEqual(codes(), [code, 'root.unavailable']);
      // As the public-good instance: what is shipped counts, where it is not too old.
      await open({ shippedAt: START - HOUR });
      assert.equal(state(), sha256(first));
      assert.deepEqual(codes(), [code]);
      repository.serve(honest);
      assert.equal(await root?.refresh(), true);
      assert.equal(state(), sha256(second));
      assert.equal(statSync(path()).mode & 0o777, 0o600);
      await open();
      assert.equal(state(), sha256(second));
      assert.deepEqual(codes(), []);
    });
  }

  it('is not believed where it belongs to another user', async () => {
    await refreshedOnce();
    const others: Files = { ...nodeFiles, owner: async (fd) => (await nodeFiles.owner(fd)) + 1 };
    await open({ files: others });
    assert.equal(state(), 'root_unavailable');
    assert.deepEqual(codes(), ['root.cache_exposed', 'root.unavailable']);
    assert.match(events[0]?.message ?? '', /belongs to user \d+, and this process runs as \d+.*chown \d+ /);
  });

  it('is not believed where it really belongs to another user, and a refresh takes it over', async function () {
    if (process.getuid?.() !== 0) this.skip();
    await refreshedOnce();
    chownSync(path(), 65_534, 65_534);
    await open();
    assert.deepEqual(codes(), ['root.cache_exposed', 'root.unavailable']);
    assert.equal(await root?.refresh(), true);
    assert.equal(statSync(path()).uid, 0);
  });

  it('says how to mend a mode', async () => {
    await refreshedOnce();
    chmodSync(path(), 0o640);
    await open();
    assert.match(events[0]?.message ?? '', /is open to others \(mode 0640\).*chmod 600 .*lab\.root\.json$/);
  });

  it('makes an old version no younger than its timestamp was in force', async () => {
    await refreshedOnce();
    keptFrom('2026-01-08T00:00:00Z', new Date(START).toISOString());
    await open();
    assert.equal(state(), 'root_stale');
    await open({ shippedAt: Date.parse('2026-01-08T00:00:01Z') });
    assert.equal(state(), 'root_stale');
    time = Date.parse('2026-01-09T00:00:00Z');
    keptFrom('2026-01-08T00:00:00Z', '2026-01-08T23:00:00Z');
    await open();
    assert.equal(state(), sha256(third));
    time += 1;
    assert.equal(state(), 'root_stale');
  });

  it('makes nothing younger when the clock is set back behind its refresh, also what is shipped', async () => {
    await refreshedOnce();
    time = START - HOUR;
    await open({ shippedAt: START - MAX_AGE - 1 });
    assert.equal(state(), 'root_stale');
  });

  it('gives way to a newer release, and is preferred to an older one', async () => {
    await refreshedOnce();
    time += HOUR;
    await open({ shippedAt: START + HOUR });
    assert.equal(state(), sha256(first));
    await open({ shippedAt: START - HOUR });
    assert.equal(state(), sha256(second));
  });

  it('of the public-good instance is not believed without signatures by its keys', async () => {
    repository.publish(second);
    await refreshedOnce();
    const kept = parseStrictJson(readFileSync(path()), { maxBytes: 16_777_216, maxDepth: 8 });
    assert.ok(typeof kept === 'object' && kept !== null);
    mkdirSync(join(folder, 'roots'));
    writeFileSync(join(folder, 'roots', 'public.root.json'), JSON.stringify({ ...kept, repository: 'public_good' }), {
      mode: 0o600,
    });
    time = releasedAt + HOUR;
    const roots = await openRoots(rootsConfig.parse({ public: { source: 'public_good', cache: 'roots' } }), {
      resolve: (relative) => join(folder, relative),
      now: () => time,
      onEvent: (event) => events.push(event),
      schedule: () => () => undefined,
      cron: () => async () => undefined,
      refreshAtStart: false,
    });
    const now = roots.current().public;
    await roots.close();
    assert.equal(now !== undefined && 'digest' in now ? now.digest : now?.failure, sha256(first));
    assert.deepEqual(codes().slice(-1), ['root.cache_unproved']);
  });
});
