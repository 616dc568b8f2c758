import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { isJsonObject } from '../../src/model/json.ts';
import { parseStrictJson, parseStrictJsonText } from '../../src/model/strict-json.ts';
import { thrownWith } from '../thrown.ts';

const utf8 = new TextEncoder();
const refused: { text: string; code: string; pointer: string }[] = JSON.parse(
  readFileSync(new URL('../vectors/json/strict.json', import.meta.url), 'utf8'),
);

describe('strict JSON', () => {
  for (const { text, code, pointer } of refused) {
    it(`refuses ${JSON.stringify(text)} with ${code} at "${pointer}"`, () => {
      const error = thrownWith(code, () => parseStrictJson(utf8.encode(text)));
      assert.equal(error.detail.pointer, pointer);
    });
  }

  it('refuses bytes that are not UTF-8', () => {
    thrownWith('json.not_utf8', () => parseStrictJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)));
    thrownWith('json.not_utf8', () => parseStrictJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)));
  });

  it('refuses more bytes than the bound, and takes as many as the bound', () => {
    const limits = { maxBytes: 4, maxDepth: 2 };
    thrownWith('json.too_large', () => parseStrictJson(utf8.encode('"äb"'), limits));
    assert.equal(parseStrictJson(utf8.encode('"ä"'), limits), 'ä');
  });

  it('refuses one level more than the bound, siblings not counted', () => {
    const limits = { maxBytes: 1000, maxDepth: 3 };
    assert.deepEqual(parseStrictJsonText('[[[],[]],{},{"a":{}},[{}],[]]', limits), [[[], []], {}, { a: {} }, [{}], []]);
    const error = thrownWith('json.too_deep', () => parseStrictJsonText('{"a":[{"b":{}}]}', limits));
    assert.equal(error.detail.pointer, '/a/0/b');
  });

  it('names line and column', () => {
    const { detail } = thrownWith('json.syntax', () => parseStrictJsonText('{\n  "a": tru\n}'));
    assert.deepEqual([detail.line, detail.column], [2, 8]);
  });

  it('keeps a member named __proto__ as a member, without setting a prototype', () => {
    const value = parseStrictJsonText('{"__proto__":{"permit":true}}');
    assert.ok(isJsonObject(value));
    assert.ok(Object.hasOwn(value, '__proto__'));
    assert.equal(value.permit, undefined);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it('reads what JSON.stringify writes as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        let value: unknown;
        try {
          value = parseStrictJsonText(spaced);
        } catch (error) {
          // fast-check's doubles include integers beyond 2^53.
          assert.match(String(error), /2\^53/);
          return;
        }
        assert.deepEqual(value, JSON.parse(spaced));
      }),
    );
  });
});
