// The properties of test/property with many more generated cases than `npm test` takes.
// Usage: node scripts/property-long.ts [CASES]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cases = process.argv[2] ?? '60000';
const root = fileURLToPath(new URL('../', import.meta.url));
console.log(`${cases} cases for each property`);
const run = spawnSync(
  process.execPath,
  ['node_modules/mocha/bin/mocha.js', '--no-config', '--timeout', '0', 'test/property/**/*.test.ts'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PROPERTY_RUNS: cases } },
);
process.exit(run.status ?? 1);
