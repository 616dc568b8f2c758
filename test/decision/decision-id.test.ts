import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createIds } from '../../src/decision/decision-id.ts';

describe('decision ids', () => {
  it('are UUIDs of version 7 that carry the time and never repeat', () => {
    const newId = createIds(randomBytes);
    const time = Date.parse('2026-11-23T10:00:00.123Z');
    const ids = Array.from({ length: 2000 }, () => newId(time));
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) {
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(Number.parseInt(id.replace('-', '').slice(0, 12), 16), time);
    }
  });

  it('take every random byte once', () => {
    const drawn: number[] = [];
    const newId = createIds((size) => {
      drawn.push(size);
      return randomBytes(size);
    });
    for (let count = 0; count < 257; count++) newId(0);
    assert.deepEqual(drawn, [4096, 4096]);
  });
});
