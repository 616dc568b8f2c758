// Decisions per second over HTTP with the durable log on, at 1, 32 and 128 connections: a permit of the shipped policies.
// Usage: node bench/decisions.ts [--quick]
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { demonstrationFolder, startService } from '../test/fault/service-process.ts';

const milliseconds = process.argv.includes('--quick') ? 2000 : 10_000;
const client = fileURLToPath(new URL('./load-client.ts', import.meta.url));
const body = readFileSync(new URL('./request.json', import.meta.url));
const { folder, config, audit } = demonstrationFolder();
console.log(
  `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}; request of ${body.length} bytes; log in ${audit}`,
);
console.log('connections  decisions/s   p50 ms   p99 ms  p99.9 ms  service CPU µs/decision');
const service = await startService(config);
let failed = false;
for (const connections of [1, 32, 128]) {
  const before = cpuSeconds(service.child.pid);
  const run = spawnSync(
    process.execPath,
    [client, `${service.decisions}/access/v1/evaluation`, String(connections), String(milliseconds)],
    { input: body },
  );
  const after = cpuSeconds(service.child.pid);
  if (run.status !== 0) throw new Error(run.stderr.toString());
  const { perSecond, p50, p99, p999, answers, permits, statuses } = JSON.parse(run.stdout.toString());
  // The warm-up's requests cost processor time as well: as many a millisecond as the measured ones.
  const all = answers * (1 + Math.min(2000, milliseconds / 2) / milliseconds);
  console.log(
    [
      String(connections).padStart(11),
      perSecond.toLocaleString('en').padStart(12),
      ms(p50),
      ms(p99),
      ms(p999).padStart(9),
      (((after - before) * 1e6) / all).toFixed(0).padStart(12),
    ].join(' '),
  );
  if (permits !== answers) {
    failed = true;
    console.log(`WRONG: ${answers - permits} of ${answers} answers were no permit: ${JSON.stringify(statuses)}`);
  }
}
const code = await service.end('SIGTERM');
rmSync(folder, { recursive: true });
process.exit(failed || code !== 0 ? 1 : 0);

function ms(us: number): string {
  return (us / 1000).toFixed(2).padStart(8);
}

/** Processor seconds of a process so far (proc(5): utime and stime in clock ticks of 1/100 s); NaN where there is no /proc. */
function cpuSeconds(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}
