import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { mirrorFetcher } from '../../../src/trust/root/fetcher.ts';
import { TufRepository } from './tuf-repository.ts';

describe('what a mirror is asked for', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fetcher-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const fetcherOf = (fetch: typeof globalThis.fetch, retries = 0) =>
    mirrorFetcher({ fetch, signal: new AbortController().signal, requestMs: 10_000, retries, folder });

  /** What the updater asks for under a root that has no successor, when it is told so by this error. */
  async function askedFor(missing: (url: string) => Error): Promise<readonly string[]> {
    const asked: string[] = [];
    mkdirSync(join(folder, 'targets'));
    writeFileSync(join(folder, 'root.json'), new TufRepository().initialRoot);
    const updater = new Updater({
      metadataDir: folder,
      metadataBaseUrl: 'https://tuf.example',
      targetDir: join(folder, 'targets'),
      targetBaseUrl: 'https://tuf.example/targets',
      fetcher: {
        async downloadBytes(url) {
          asked.push(url);
          throw missing(url);
        },
        downloadFile: () => assert.fail('no target is asked for'),
      },
    });
    await assert.rejects(updater.refresh());
    return asked;
  }

  it('is told to be missing by the class by which the updater knows it', async () => {
    const fetcher = fetcherOf(async () => new Response(null, { status: 404 }));
    const thrown = await fetcher.downloadBytes('https://tuf.example/2.root.json', 10).catch((error: unknown) => error);
    assert.ok(thrown instanceof DownloadHTTPError && thrown.statusCode === 404);
    assert.deepEqual(await askedFor(() => thrown), [
      'https://tuf.example/2.root.json',
      'https://tuf.example/timestamp.json',
    ]);
  });

  it('would end the refresh if it were told by any other', async () => {
    const other = (url: string) => Object.assign(new Error(url), { statusCode: 404 });
    assert.deepEqual(await askedFor(other), ['https://tuf.example/2.root.json']);
  });

  it('is asked for again after a server error, and not after one of ours or too long an answer', async () => {
    for (const [response, times] of [
      [() => new Response(null, { status: 503 }), 2],
      [() => new Response(null, { status: 403 }), 1],
      [() => new Response('eleven bytes'), 1],
    ] as const) {
      let asked = 0;
      const fetcher = fetcherOf(async () => {
        asked += 1;
        return response();
      }, 1);
      await assert.rejects(fetcher.downloadBytes('https://tuf.example/timestamp.json', 10));
      assert.equal(asked, times);
    }
  });
});
