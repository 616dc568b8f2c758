import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type Example, exampleInput, readExample } from '../../scripts/examples.ts';
import { activatePolicy, loadOffline } from '../../src/compose.ts';
import { demonstrationFile, readConfig } from '../../src/config.ts';
import type { EvaluatePolicy } from '../../src/decision/ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { parseStrictJson } from '../../src/model/strict-json.ts';
import { opaFiles } from '../../src/policy/check.ts';
import { readPolicyFolders } from '../../src/policy/folder.ts';
import { runOpa } from '../../src/policy/opa/child.ts';
import { type Evaluated, evaluateOperation } from '../../src/policy/opa/operations.ts';
import { mutations } from './mutations.ts';

const folder = new URL('../../examples/', import.meta.url);

type Row = {
  readonly example: Example;
  readonly what: string;
  readonly pointer: string;
  readonly how: string;
  readonly input: Json;
  readonly permit: boolean;
};

/** Facts that no control reads: removing one may leave a permit. A trailing `*` stands for all that begins so. */
const unread: readonly { readonly pointer: string; readonly reason: string }[] = JSON.parse(
  readFileSync(new URL('../vectors/policies/unread-facts.json', import.meta.url), 'utf8'),
);

/** Cases that OPA’s interpreter gets at a time: it is given a minute for them. */
const AT_ONCE = 250;

describe('every example, mutated leaf by leaf', () => {
  const originals = new Map<Example, boolean>();
  const rows: Row[] = [];

  before(async () => {
    const config = readConfig(demonstrationFile());
    await using sources = await loadOffline(config);
    const { evaluate } = await activatePolicy(config);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const example = readExample(new URL(name, folder));
      // As the service would send it: parsed JSON, not the objects that the facts were made of.
      const input = parseStrictJson(Buffer.from(JSON.stringify(await exampleInput(example, sources))));
      originals.set(example, permits(evaluate, input));
      for (const { pointer, how, value } of mutations(input)) {
        const what = `${example.name}: ${pointer} ${how}`;
        rows.push({ example, what, pointer, how, input: value, permit: permits(evaluate, value) });
      }
    }
  });

  /** Permits that stay permits although a fact is gone. */
  const keptPermits = () =>
    rows.filter(
      (row) =>
        row.pointer.startsWith('/facts') && row.how === 'removed' && row.permit && originals.get(row.example) === true,
    );

  it('has enough to mutate', () => {
    assert.ok(originals.size >= 20 && rows.length > 2000, `${originals.size} examples, ${rows.length} mutations`);
    assert.ok([...originals.values()].filter(Boolean).length >= 5, 'some of them permits');
  });

  it('mutating a fact turns no denial into a permit', () => {
    const flipped = rows.filter(
      (row) => row.pointer.startsWith('/facts') && row.permit && originals.get(row.example) === false,
    );
    assert.deepEqual(
      flipped.map(({ what }) => what),
      [],
    );
  });

  it('removing a fact that a control read for its permit denies', () => {
    const read = keptPermits().filter((row) => !unread.some(({ pointer }) => covers(pointer, row.pointer)));
    assert.deepEqual([...new Set(read.map(({ what }) => what))], []);
  });

  it('every fact that is listed as unread still leaves a permit when it is removed', () => {
    const kept = keptPermits();
    const stale = unread.filter(({ pointer }) => !kept.some((row) => covers(pointer, row.pointer)));
    assert.deepEqual(stale, [], 'a control reads these by now, or no example has them: drop them from the list');
  });

  it('the bundle permits nothing where OPA’s interpreter, with strict builtin errors, errs or denies', async () => {
    // What the bundle denies needs no second opinion.
    const permitted = rows.filter(({ permit }) => permit);
    const shipped = opaFiles(await readPolicyFolders([new URL('../../policies', import.meta.url).pathname]));
    const answered: Extract<Evaluated, { readonly ok: true }>['evaluations'][number][] = [];
    for (let from = 0; from < permitted.length; from += AT_ONCE) {
      const some = await runOpa(
        evaluateOperation(shipped, {
          query: 'data.exequatur.decision',
          strictBuiltinErrors: true,
          cases: permitted.slice(from, from + AT_ONCE).map(({ input }) => ({ input, timeNs: timeOf(input) })),
        }),
      );
      assert.ok(some.ok);
      answered.push(...some.evaluations);
    }
    assert.equal(answered.length, permitted.length);
    assert.ok(permitted.length > 100);
    const wrong = permitted.filter((_, index) => {
      const result = answered[index]?.results[0]?.values[0];
      return result === undefined || !isJsonObject(result) || result.permit !== true;
    });
    assert.deepEqual(
      wrong.map(({ what }) => what),
      [],
    );
  });
});

/** The five parts stay objects, as the parsers guarantee; what is in them is anything. */
function permits(evaluate: EvaluatePolicy, input: Json): boolean {
  const part = (name: string): JsonObject => {
    const value = isJsonObject(input) ? input[name] : undefined;
    return value !== undefined && isJsonObject(value) ? value : {};
  };
  const [subject, action, resource] = [part('subject'), part('action'), part('resource')];
  return evaluate({ subject, action, resource, context: part('context'), facts: part('facts') }).verdict.permit;
}

function covers(pattern: string, pointer: string): boolean {
  return pattern.endsWith('*') ? pointer.startsWith(pattern.slice(0, -1)) : pointer === pattern;
}

/** The time of the decision, as the engine takes it from the facts; the epoch where a mutation took it away. */
function timeOf(input: Json): bigint {
  const facts = isJsonObject(input) ? input.facts : undefined;
  const time = facts !== undefined && isJsonObject(facts) ? facts.time : undefined;
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isFinite(ms) ? BigInt(ms) * 1_000_000n : 0n;
}
