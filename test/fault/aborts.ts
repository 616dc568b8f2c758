// Inputs that abort the evaluation, mixed with good ones: every good one answered rightly, memory flat.
// Usage: node test/fault/aborts.ts [ABORTS] [SEED]
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { exampleInput, readExample } from '../../scripts/examples.ts';
import { loadOffline } from '../../src/compose.ts';
import { demonstrationFile, readConfig } from '../../src/config.ts';
import type { PolicyInput } from '../../src/decision/ports.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { readBundle } from '../../src/policy/bundle.ts';
import { createEngine, type Engine } from '../../src/policy/engine.ts';
import { loadOpaBuiltins } from '../../src/policy/opa/builtins.ts';
import { randomOf } from '../random.ts';

const aborts = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
// What a collection leaves is what is kept; resident memory also holds what the allocator has not given back, and varies by tens of MiB.
const ALLOWED_GROWTH = { held: 8 * 1024 * 1024, rss: 128 * 1024 * 1024 };
const root = new URL('../../', import.meta.url);
const random = randomOf(seed);
let failures = 0;
console.log(`${aborts} inputs that abort for each policy, seed ${seed}`);

fixture();
await shipped();
if (failures > 0) console.log(`FAILED: ${failures} wrong answers or limits passed`);
process.exit(failures > 0 ? 1 : 0);

/** A policy made to break: in conflicts, memory, stack, text, builtins. */
function fixture(): void {
  const bundle = readBundle(readFileSync(new URL('test/vectors/policy/engine/answers.tar.gz', root)));
  const manifest = { ...bundle.manifest, controls: ['access'] };
  const data = { kept: Array.from({ length: 2_000 }, (_, index) => ({ index, name: `entry ${index}` })) };
  const engine = createEngine({ ...bundle, manifest, data }, { requiredControls: [], builtins: loadOpaBuiltins });
  const input = (context: JsonObject): PolicyInput => ({
    subject: { type: 'agent', id: 'alice' },
    action: { name: 'tools/call' },
    resource: { type: 'tool', id: 'a/b' },
    context,
    facts: { time: '2026-11-21T14:03:00.123Z' },
  });
  let deep: JsonObject = {};
  for (let level = 0; level < 20_000; level++) deep = { deep };
  const many = Array.from({ length: 600 }, (_, index) => index);
  const breaking: readonly { readonly code: string; readonly oneIn: number; readonly input: PolicyInput }[] = [
    { code: 'engine.memory', oneIn: 1_000, input: input({ mode: 'memory', many }) },
    { code: 'engine.stack', oneIn: 200, input: input({ deep }) },
    { code: 'engine.builtin_error', oneIn: 10, input: input({ mode: 'builtin_error', size: 'huge' }) },
    { code: 'engine.aborted', oneIn: 2, input: input({ text: 'half of a pair: \ud83d' }) },
    { code: 'engine.aborted', oneIn: 1, input: input({ mode: 'conflict' }) },
  ];
  run('a policy made to break', engine, {
    breaking: () => breaking.find(({ oneIn }) => random() * oneIn < 1) ?? { code: 'none', input: input({}) },
    good: () => {
      const message = `answer ${random()}`;
      const reasons = [{ control: 'access', code: 'access.note', message }];
      const verdict = { permit: true, controls: { access: 'pass' }, reasons, obligations: [] };
      return { input: input({ answer: verdict }), verdict: JSON.stringify(verdict) };
    },
  });
}

/** The shipped policies, by a request that they permit; what aborts there is text that is no Unicode, and nesting. */
async function shipped(): Promise<void> {
  const file = new URL('wasm/exequatur.tar.gz', root);
  if (!existsSync(file)) {
    console.log('wasm/exequatur.tar.gz is not built');
    failures++;
    return;
  }
  const bundle = readBundle(readFileSync(file));
  const engine = createEngine(bundle, { requiredControls: [], builtins: loadOpaBuiltins });
  const sources = await loadOffline(readConfig(demonstrationFile()));
  const input = await exampleInput(readExample(new URL('examples/01-read-a-file.json', root)), sources);
  await sources.close();
  const { verdict } = engine.evaluate(input);
  if (!verdict.permit) failures++;
  const expected = JSON.stringify(verdict);
  const broken = { ...input, context: { ...input.context, note: '\udc00' } };
  run('the shipped policies', engine, {
    breaking: () => ({ code: 'engine.aborted', input: broken }),
    good: () => ({ input, verdict: expected }),
  });
}

type Mix = {
  readonly breaking: () => { readonly code: string; readonly input: PolicyInput };
  readonly good: () => { readonly input: PolicyInput; readonly verdict: string };
};

function run(name: string, engine: Engine, mix: Mix): void {
  const counts = new Map<string, number>();
  const warm = { held: 0, rss: 0, wasm: 0 };
  let good = 0;
  const started = performance.now();
  for (let count = 0; count < aborts; count++) {
    if (count === Math.floor(aborts / 10)) Object.assign(warm, settled(engine, mix));
    const { code, input } = mix.breaking();
    const { verdict } = engine.evaluate(input);
    const found = verdict.reasons[0]?.code ?? 'permit';
    counts.set(found, (counts.get(found) ?? 0) + 1);
    if (verdict.permit || found !== code) wrong(`${found} where ${code} is due`);
    for (let more = Math.floor(random() * 3); more > 0; more--) {
      const expected = mix.good();
      good++;
      const answer = JSON.stringify(engine.evaluate(expected.input).verdict);
      if (answer !== expected.verdict) wrong(`${answer} where ${expected.verdict} is due`);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  const end = settled(engine, mix);
  console.log(
    `${name}: ${[...counts].map(([code, count]) => `${count} ${code}`).join(', ')}; ${good} good ones; ${seconds.toFixed(1)} s`,
  );
  console.log(
    `  held ${mib(warm.held)} after a tenth, ${mib(end.held)} at the end; resident ${mib(warm.rss)}, ${mib(end.rss)}; the policy's memory ${mib(warm.wasm)}, ${mib(end.wasm)}`,
  );
  if (end.held > warm.held + ALLOWED_GROWTH.held) wrong('what is held grew');
  if (end.rss > warm.rss + ALLOWED_GROWTH.rss) wrong('resident memory grew');
  if (end.wasm > warm.wasm) wrong("the policy's memory grew");
}

function wrong(what: string): void {
  failures++;
  if (failures <= 10) console.log(`WRONG: ${what}`);
}

/** What is held, after a good input (the memory of an eater is given back then) and a collection. */
function settled(engine: Engine, mix: Mix): { held: number; rss: number; wasm: number } {
  engine.evaluate(mix.good().input);
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, rss, wasm: engine.memoryBytes() };
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
