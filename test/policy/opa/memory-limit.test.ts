import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { limitMemory } from '../../../src/policy/opa/memory-limit.ts';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
// (memory (export "memory") INITIAL)
const withMemory = (...limits: number[]) =>
  Uint8Array.from([
    ...PREAMBLE,
    5,
    limits.length + 1,
    1,
    ...limits,
    7,
    10,
    1,
    6,
    0x6d,
    0x65,
    0x6d,
    0x6f,
    0x72,
    0x79,
    2,
    0,
  ]);

function memoryOf(bytes: Uint8Array): WebAssembly.Memory {
  const { memory } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  assert.ok(memory instanceof WebAssembly.Memory);
  return memory;
}

describe('the limit of a module’s memory', () => {
  it('lets the memory grow to the maximum and no further', () => {
    const memory = memoryOf(limitMemory(withMemory(0, 1), 300));
    memory.grow(299);
    assert.throws(() => memory.grow(1), RangeError);
  });

  it('replaces a maximum that was there', () => {
    const memory = memoryOf(limitMemory(withMemory(1, 1, 2), 3));
    memory.grow(2);
    assert.throws(() => memory.grow(1), RangeError);
  });

  it('refuses a memory that starts larger, a module without one, and one cut short', () => {
    assert.throws(() => limitMemory(withMemory(0, 4), 3), /starts with 4 pages/);
    assert.throws(() => limitMemory(Uint8Array.from(PREAMBLE), 3), /defines no memory/);
    assert.throws(() => limitMemory(withMemory(0, 1).subarray(0, 9), 3), /cut short/);
  });
});
