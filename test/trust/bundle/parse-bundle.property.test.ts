import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CodedError } from '../../../src/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/model/json.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import { BUNDLE_SHAPE, type Field, type Message } from '../../../src/trust/bundle/shape.ts';
import { isFailureCode } from '../../../src/trust/failure.ts';
import { readVectors, toBytes } from './vectors.ts';

const { bases } = readVectors<{ bases: Record<string, JsonObject> }>('bases.json');
const { legacy } = readVectors<{ legacy: Record<string, JsonObject> }>('legacy.json');
const good = fc.constantFrom(...Object.values(bases), ...Object.values(legacy));

/** Parses, or is refused by a code of the table; anything else fails the test. */
function parsesOrIsRefused(bytes: Uint8Array): void {
  for (const allowCosignLegacy of [false, true]) {
    try {
      parseBundle(bytes, { allowCosignLegacy });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      assert.ok(error.code.startsWith('trust.') && isFailureCode(error.code.slice('trust.'.length)), error.code);
    }
  }
}

/** The document with one of its values, found by counting, put in another's place. */
function withValueAt(json: Json, at: number, value: Json): Json {
  let left = at;
  const visit = (here: Json): Json => {
    if (left-- === 0) return value;
    if (Array.isArray(here)) return here.map(visit);
    if (isJsonObject(here)) return Object.fromEntries(Object.entries(here).map(([name, item]) => [name, visit(item)]));
    return here;
  };
  return visit(json);
}

/** The document with those members in snake_case that the flags, taken in turn, say. */
function respelled(json: JsonObject, message: Message, flags: Iterator<boolean>): JsonObject {
  const within = (value: Json, field: Field): Json => {
    if (field.kind === 'message' && isJsonObject(value)) return respelled(value, field.message, flags);
    if (field.kind === 'list' && Array.isArray(value)) return value.map((item) => within(item, field.of));
    return value;
  };
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const known = message.get(name);
      assert.ok(known !== undefined, name);
      return [flags.next().value === true ? known.snake : name, within(value, known.field)];
    }),
  );
}

describe('parseBundle, whatever it is given', () => {
  it('throws nothing but a code of the table for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), parsesOrIsRefused), { numRuns: 300 });
  });

  it('throws nothing but a code of the table for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => parsesOrIsRefused(Buffer.from(JSON.stringify(json)))),
      { numRuns: 300 },
    );
  });

  it('throws nothing but a code of the table for a good bundle with a value replaced', () => {
    const value = fc.oneof(
      fc.constantFrom<Json>(null, true, -1, 0.5, '', '0', 'YQ==', [], {}, [{}], '-----BEGIN CERTIFICATE-----'),
      fc.string(),
    );
    fc.assert(
      fc.property(good, fc.nat(60), value, (json, at, other) =>
        parsesOrIsRefused(toBytes(withValueAt(json, at, other))),
      ),
      { numRuns: 2000 },
    );
  });

  it('throws nothing but a code of the table for a good bundle with bytes changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(good, changes, (json, list) => {
        const bytes = toBytes(json);
        for (const [at, byte] of list) bytes[at % bytes.length] = byte;
        parsesOrIsRefused(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads camelCase and snake_case alike, also mixed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(bases)), fc.infiniteStream(fc.boolean()), (json, flags) => {
        const [one, other] = [json, respelled(json, BUNDLE_SHAPE, flags)].map((each) =>
          parseBundle(toBytes(each), { allowCosignLegacy: false }),
        );
        assert.deepEqual({ ...one, digest: '' }, { ...other, digest: '' });
      }),
      { numRuns: 200 },
    );
  });
});
