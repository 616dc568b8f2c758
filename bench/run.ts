// Every benchmark, one after the other; --quick for a short look.
// Usage: node bench/run.ts [--quick]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const quick = process.argv.includes('--quick');
const benchmarks: readonly (readonly [string, readonly string[]])[] = [
  ['Decisions over HTTP, every one recorded', ['decisions.ts', ...(quick ? ['--quick'] : [])]],
  ['What the parts of a decision cost', ['parts.ts']],
  ['The evaluation of the shipped policies', ['evaluate.ts']],
  ['Verifying signatures, and looking them up', ['trust.ts', ...(quick ? ['--quick'] : [])]],
  ['Signed catalogues, small and large', ['catalogue.ts', ...(quick ? ['10000'] : [])]],
  ['The durable log by itself', ['audit.ts', quick ? '1' : '5']],
];
for (const [title, [file = '', ...words]] of benchmarks) {
  console.log(`\n# ${title}`);
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...words], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
