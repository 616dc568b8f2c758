import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { publicGoodFiles } from '../../../scripts/public-good-files.ts';
import { publicGoodRoot, readShippedRoot } from '../../../src/trust/root/public-good.ts';

describe('the shipped public-good root', () => {
  it('is what the pinned package carries', () => {
    const folder = new URL('../../../trust/', import.meta.url);
    const files = publicGoodFiles();
    // Beside it lies the key that signed what the demonstration ships.
    assert.deepEqual(readdirSync(folder).sort(), ['demonstration.pub', ...files.keys()].sort());
    for (const [name, bytes] of files) assert.ok(bytes.equals(readFileSync(new URL(name, folder))), name);
  });

  it('parses, and says since when it is', () => {
    assert.equal(publicGoodRoot().logs.length, 2);
    assert.ok(readShippedRoot().releasedAt > Date.parse('2026-01-01T00:00:00Z'));
  });
});
