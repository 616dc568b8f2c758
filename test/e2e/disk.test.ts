import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { verifyLog } from '../../src/audit/verify.ts';
import { readConfig } from '../../src/config.ts';
import type { Schedule } from '../../src/durable/schedule.ts';
import { createLog } from '../../src/observe/log.ts';
import { type Service, startService } from '../../src/service.ts';
import { type FaultyFiles, faultyFiles } from '../durable/faulty-files.ts';
import { demonstrationFolder } from '../fault/service-process.ts';
import { shippedDigest } from '../shipped-tools.ts';

const digest = shippedDigest('filesystem', 'read_text_file');

type Answer = { status: number; body: { decision?: boolean; error?: { code: string } } };

async function ask(service: Service): Promise<Answer> {
  const response = await fetch(`${service.decisions}/access/v1/evaluation`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'agent', id: 'alice' },
      action: { name: 'tools/call', properties: { arguments: { path: '/workspace/README.md' } } },
      resource: { type: 'tool', id: 'filesystem/read_text_file', properties: { digest } },
    }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

/** A service on a disk that can be made to fail; `retry` plays the timer after which the log tries again. */
async function onFaultyDisk(
  run: (service: Service, disk: FaultyFiles, retry: () => Promise<void>, said: () => string) => Promise<void>,
): Promise<void> {
  const { folder, config, audit } = demonstrationFolder();
  const disk = faultyFiles();
  const timers: { delayMs: number; run: () => void }[] = [];
  const schedule: Schedule = (delayMs, task) => {
    const timer = { delayMs, run: task };
    timers.push(timer);
    return () => void timers.splice(timers.indexOf(timer), 1);
  };
  const said: string[] = [];
  const log = createLog({ level: 'info' }, { write: (line) => void said.push(line) });
  const stop = new AbortController();
  const service = await startService(readConfig(config), log, stop.signal, { files: disk.files, schedule });
  const retry = async () => {
    const due = timers.findIndex(({ delayMs }) => delayMs === 3000);
    const [timer] = timers.splice(due, 1);
    assert.ok(due >= 0 && timer !== undefined, 'the log has planned another attempt');
    timer.run();
    // Recovery is a chain of file operations; readiness says when it has ended.
    for (;;) {
      const ready = (await fetch(`${service.operations}/readyz`)).status === 200;
      if (ready || timers.some(({ delayMs }) => delayMs === 3000)) return;
    }
  };
  try {
    await run(service, disk, retry, () => said.join(''));
    assert.deepEqual(disk.writtenAfterFailedSync(), []);
  } finally {
    stop.abort();
    await service.ended;
  }
  const verified = await verifyLog(audit);
  assert.deepEqual(verified.problems, []);
  rmSync(folder, { recursive: true });
}

describe('a disk that fails under the service', () => {
  const failures: [string, (disk: FaultyFiles) => void, string][] = [
    ['is full', (disk) => disk.break('write', 'ENOSPC'), 'audit.disk_full'],
    ['fills up in the midst of a record', (disk) => disk.fillUpAfter(100, 'ENOSPC'), 'audit.disk_full'],
    ['has become read-only', (disk) => disk.break('write', 'EROFS'), 'audit.read_only'],
    ['does not confirm', (disk) => disk.break('fdatasync', 'EIO'), 'audit.fsync_failed'],
  ];
  for (const [what, fail, code] of failures) {
    it(`${what}: 503 ${code} and no permit, not ready, and permits again once it is well`, async () => {
      await onFaultyDisk(async (service, disk, retry, said) => {
        assert.deepEqual(await ask(service).then(({ status, body }) => [status, body.decision]), [200, true]);
        fail(disk);
        for (let attempt = 0; attempt < 3; attempt++) {
          const { status, body } = await ask(service);
          assert.deepEqual([status, body.decision, body.error?.code], [503, undefined, code]);
        }
        assert.equal((await fetch(`${service.operations}/readyz`)).status, 503);
        assert.equal((await fetch(`${service.operations}/healthz`)).status, 200);
        assert.ok(said().includes(code), 'the process says why');
        await retry();
        assert.equal((await ask(service)).status, 503, 'it is still broken');
        disk.heal();
        await retry();
        assert.deepEqual(await ask(service).then(({ status, body }) => [status, body.decision]), [200, true]);
        assert.equal((await fetch(`${service.operations}/readyz`)).status, 200);
      });
    });
  }

  it('does not start on a folder that it cannot write', async () => {
    const { folder, config, audit } = demonstrationFolder();
    const disk = faultyFiles();
    disk.break('open', 'EROFS');
    const log = createLog({ level: 'silent' });
    await assert.rejects(
      startService(readConfig(config), log, new AbortController().signal, { files: disk.files }),
      (error: unknown) => error instanceof Error && 'code' in error && error.code === 'audit.read_only',
    );
    assert.ok(!readdirSync(audit).some((name) => name.endsWith('.jsonl')));
    rmSync(folder, { recursive: true });
  });
});
