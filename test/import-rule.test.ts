import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** The layers, from the innermost: a file imports from its own or an inner one. */
const LAYERS: readonly (readonly string[])[] = [
  ['errors', 'version'],
  ['model'],
  ['durable', 'schema'],
  ['decision'],
  ['policy', 'trust', 'identity', 'audit', 'state'],
  ['document'],
  ['catalogue', 'plan'],
  ['http', 'mcp', 'observe'],
  ['config', 'compose', 'documents', 'named-objects', 'deployment', 'readiness', 'records', 'reports', 'service'],
  ['cli'],
];
/** Layers whose folders do not import one another. */
const APART: ReadonlySet<number> = new Set([4, 6]);

/** The folder of a file below src, or its own name where it lies in src itself. */
function areaOf(file: string): string {
  return (relative(src, file).split('/')[0] ?? '').replace(/\.ts$/, '');
}

function layerOf(area: string): number {
  return LAYERS.findIndex((areas) => areas.includes(area));
}

function* importsOf(file: string): Generator<string> {
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)) {
    if (match[1] !== undefined) yield join(dirname(file), match[1]);
  }
}

/** Why an import breaks the rule, or undefined. */
function broken(from: string, to: string): string | undefined {
  if (to === 'package.json' && from === 'version') return undefined;
  const [outer, inner] = [layerOf(from), layerOf(to)];
  if (outer < 0) return `src/${from} has no layer; give it one`;
  if (inner < 0) return `src/${to} has no layer; give it one`;
  if (from === to) return undefined;
  if (inner > outer) return `${from} may not import ${to}: imports flow inwards`;
  if (inner === outer && APART.has(outer)) return `${from} may not import its sibling ${to}`;
  return undefined;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(src, name));

describe('the import rule', () => {
  it('holds for every file', () => {
    const problems: string[] = [];
    for (const file of files) {
      for (const target of importsOf(file)) {
        const area = target.startsWith(src) ? areaOf(target) : relative(join(src, '..'), target);
        const problem = broken(areaOf(file), area);
        if (problem !== undefined) problems.push(`${relative(src, file)}: ${problem}`);
      }
    }
    assert.ok(files.length > 20, 'the sources were found');
    assert.deepEqual(problems, []);
  });

  it('would refuse an outward import, one between siblings, and a folder that nobody placed', () => {
    assert.match(broken('model', 'decision') ?? '', /inwards/);
    assert.match(broken('audit', 'policy') ?? '', /sibling/);
    assert.match(broken('utils', 'model') ?? '', /no layer/);
    assert.match(broken('plan', 'catalogue') ?? '', /sibling/);
    assert.equal(broken('catalogue', 'trust'), undefined);
    assert.equal(broken('http', 'audit'), undefined);
  });

  it('keeps opa-wasm to the policy folder and the environment to the entry', () => {
    const wasm = files.filter((file) => readFileSync(file, 'utf8').includes("'@open-policy-agent/opa-wasm'"));
    assert.ok(wasm.every((file) => areaOf(file) === 'policy') && wasm.length <= 1, wasm.join());
    const environment = files.filter((file) => readFileSync(file, 'utf8').includes('process.env'));
    assert.deepEqual(
      environment.map((file) => relative(src, file)).filter((name) => name !== 'cli/entry.ts'),
      [],
    );
  });
});
