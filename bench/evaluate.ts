// What one evaluation of a policy costs, without the rest of a decision: median microseconds for each example that is permitted.
// Usage: node bench/evaluate.ts [BUNDLE] [--all]      (default: the shipped bundle; --all: denials too)
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { exampleInput, readExample } from '../scripts/examples.ts';
import { loadOffline } from '../src/compose.ts';
import { demonstrationFile, readConfig } from '../src/config.ts';
import { readBundle } from '../src/policy/bundle.ts';
import { createEngine } from '../src/policy/engine.ts';
import { loadOpaBuiltins } from '../src/policy/opa/builtins.ts';

const WARM_UP = 3_000;
const BATCHES = 40;
const BATCH = 100;
const root = new URL('../', import.meta.url);
const named = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
const all = process.argv.includes('--all');
const started = performance.now();
const bundle = readBundle(readFileSync(named ?? new URL('wasm/exequatur.tar.gz', root)));
const read = performance.now();
const engine = createEngine(bundle, { requiredControls: bundle.manifest.controls ?? [], builtins: loadOpaBuiltins });
const loaded = performance.now();
const sources = await loadOffline(readConfig(demonstrationFile()));
console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}; policy ${engine.identity.revision}`,
);
console.log(
  `bundle read in ${(read - started).toFixed(0)} ms, engine made in ${(loaded - read).toFixed(0)} ms, ${engine.memoryBytes()} bytes of memory`,
);
console.log('median µs  90 % µs  input bytes  example');

const medians: number[] = [];
const examples = new URL('examples/', root);
for (const name of readdirSync(examples)
  .filter((file) => file.endsWith('.json'))
  .sort()) {
  const example = readExample(new URL(name, examples));
  const input = await exampleInput(example, sources);
  const { verdict } = engine.evaluate(input);
  if (!verdict.permit && !all) continue;
  for (let i = 0; i < WARM_UP; i++) engine.evaluate(input);
  const times: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const from = performance.now();
    for (let i = 0; i < BATCH; i++) engine.evaluate(input);
    times.push(((performance.now() - from) * 1000) / BATCH);
  }
  times.sort((a, b) => a - b);
  const median = times[BATCHES / 2] ?? Number.NaN;
  if (verdict.permit) medians.push(median);
  const bytes = Buffer.byteLength(JSON.stringify(input));
  const last = times[Math.floor(BATCHES * 0.9)] ?? Number.NaN;
  console.log(
    `${median.toFixed(1).padStart(9)} ${last.toFixed(1).padStart(8)} ${String(bytes).padStart(12)}  ${verdict.permit ? '' : 'denied: '}${example.name}`,
  );
}
await sources.close();
medians.sort((a, b) => a - b);
const middle = medians[Math.floor(medians.length / 2)] ?? Number.NaN;
console.log(
  `permits: ${medians.length}, median ${middle.toFixed(1)} µs, slowest ${(medians.at(-1) ?? Number.NaN).toFixed(1)} µs`,
);
