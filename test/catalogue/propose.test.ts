import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { proposeEffect } from '../../src/catalogue/propose.ts';
import { isJsonObject, type JsonObject } from '../../src/model/json.ts';

type Case = { name: string; definition: JsonObject; effect: string; because: string };

const cases: readonly Case[] = JSON.parse(readFileSync('test/vectors/import/proposals.json', 'utf8'));
const RANK: Readonly<Record<string, number>> = { read: 0, write: 1, destructive: 2 };

describe('a proposed effect', () => {
  for (const { name, definition, effect, because } of cases) {
    it(`is ${effect}: ${name}`, () => {
      const proposed = proposeEffect(definition);
      assert.equal(proposed.effect, effect, proposed.because);
      assert.ok(proposed.because.includes(because), proposed.because);
    });
  }

  it('is never read for what its own words call destructive, wherever they stand', () => {
    const words = fc.constantFrom(
      'delete',
      'remove',
      'drop',
      'destroy',
      'kill',
      'terminate',
      'purge',
      'reset',
      'force',
    );
    const other = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(
        fc.array(other, { maxLength: 4 }),
        words,
        fc.array(other, { maxLength: 4 }),
        (before, word, after) => {
          const definition = { name: [...before, word, ...after].join('_'), annotations: { readOnlyHint: true } };
          assert.equal(proposeEffect(definition).effect, 'destructive');
        },
      ),
    );
  });

  it('says why in one bounded line, whatever it is asked about', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('name', 'title', 'description', 'annotations', 'x'), fc.jsonValue()),
        (any) => {
          const definition: unknown = JSON.parse(JSON.stringify(any));
          assert.ok(isJsonObject(definition));
          const { effect, because } = proposeEffect(definition);
          assert.ok(effect in RANK);
          assert.match(because, /^[\x20-\x7e]{1,300}$/);
        },
      ),
    );
  });

  it('is lower than what reviewers said of real tools only where the server itself says read', () => {
    const { servers }: { servers: Record<string, { tools: { effect: string; definition: JsonObject }[] }> } =
      JSON.parse(readFileSync('catalogue/exequatur.json', 'utf8'));
    let seen = 0;
    const lower: string[] = [];
    for (const [server, { tools }] of Object.entries(servers)) {
      for (const { definition, effect } of tools) {
        seen += 1;
        const proposed = proposeEffect(definition);
        if ((RANK[proposed.effect] ?? 0) < (RANK[effect] ?? 0)) lower.push(`${server}/${definition.name}`);
      }
    }
    assert.ok(seen >= 80, `${seen} tools`);
    assert.deepEqual(lower, ['postgres/explain_query']);
  });
});
