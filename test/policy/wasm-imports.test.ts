import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readBundle } from '../../src/policy/bundle.ts';
import { importedMemory } from '../../src/policy/wasm-imports.ts';

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const name = (text: string) => [text.length, ...Buffer.from(text)];
const section = (id: number, content: readonly number[]) => [id, content.length, ...content];
const imports = (...each: readonly (readonly number[])[]) => section(2, [each.length, ...each.flat()]);
const wasm = (...sections: readonly (readonly number[])[]) => Uint8Array.from([...PREAMBLE, ...sections.flat()]);
const type = section(1, [1, 0x60, 0, 0]);

describe('the memory that a module imports', () => {
  it('is found behind every other kind of import', () => {
    const module = wasm(
      section(0, name('custom')),
      type,
      imports(
        [...name('env'), ...name('f'), 0, 0],
        [...name('env'), ...name('t'), 1, 0x70, 1, 1, 2],
        [...name('env'), ...name('g'), 3, 0x7f, 0],
        [...name('env'), ...name('memory'), 2, 1, 0x83, 0x02, 0x80, 0x04],
      ),
    );
    assert.doesNotThrow(() => new WebAssembly.Module(module), 'V8 reads it too');
    assert.deepEqual(importedMemory(module), { minimum: 259, maximum: 512 });
  });

  it('has no maximum where none is written, and is none where none is imported', () => {
    const module = wasm(imports([...name('env'), ...name('memory'), 2, 0, 7]));
    assert.deepEqual(importedMemory(module), { minimum: 7, maximum: undefined });
    assert.equal(importedMemory(wasm(type, imports([...name('env'), ...name('f'), 0, 0]))), undefined);
    assert.equal(importedMemory(wasm(type)), undefined);
  });

  it('is read from what OPA writes', () => {
    const file = new URL('../vectors/policy/engine/clock.tar.gz', import.meta.url);
    const memory = importedMemory(readBundle(readFileSync(file)).policyWasm);
    assert.ok(memory !== undefined && memory.minimum >= 1 && memory.minimum < 64, String(memory?.minimum));
  });

  it('is not guessed from a module that is cut short or unknown', () => {
    assert.throws(
      () => importedMemory(wasm(imports([...name('env'), ...name('memory'), 2, 1, 7])).subarray(0, 24)),
      RangeError,
    );
    assert.throws(() => importedMemory(wasm(imports([...name('env'), ...name('x'), 9, 0]))), RangeError);
    assert.throws(() => importedMemory(Uint8Array.from([...PREAMBLE, 2, 0xff, 0xff, 0xff, 0xff, 0xff])), RangeError);
  });
});
