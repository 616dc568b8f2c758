import assert from 'node:assert/strict';
import { invalidDocument } from '../../src/document/problems.ts';

describe('the error of a catalogue', () => {
  it('has a line for each problem, and none from the name of its file', () => {
    const { message } = invalidDocument('catalogue', 'a\nerror forged: b.json', [
      { place: '/servers', problem: 'is missing' },
    ]);
    assert.equal(message, 'a\ufffderror forged: b.json is not a usable catalogue:\n  /servers: is missing');
  });
});
