import { readUnsigned, writeUnsigned } from '../leb128.ts';

/** The number of a wasm module's memory section (WebAssembly Core Specification 2.0, 5.5.8). */
const MEMORY_SECTION = 5;
const PREAMBLE_BYTES = 8;

/**
 * The module with a maximum for the one memory that it defines: growing past it fails, which Go answers by giving up. Go's linker can set none.
 *
 * @param maximumPages 64 KiB each.
 * @throws RangeError where the module defines no single memory, or one that starts larger than the maximum.
 */
export function limitMemory(module: Uint8Array, maximumPages: number): Uint8Array {
  let offset = PREAMBLE_BYTES;
  while (offset < module.length) {
    const id = module[offset];
    const size = readUnsigned(module, offset + 1);
    const end = size.next + size.value;
    if (id === MEMORY_SECTION) {
      const section = limitedSection(module.subarray(size.next, end), maximumPages);
      return Buffer.concat([module.subarray(0, offset), section, module.subarray(end)]);
    }
    offset = end;
  }
  throw new RangeError('the module defines no memory');
}

function limitedSection(content: Uint8Array, maximumPages: number): Uint8Array {
  const count = readUnsigned(content, 0);
  const initial = readUnsigned(content, count.next + 1);
  if (count.value !== 1) throw new RangeError('the module does not define exactly one memory');
  if (initial.value > maximumPages) {
    throw new RangeError(`the module's memory starts with ${initial.value} pages, more than ${maximumPages}`);
  }
  const limits = [1, 1, ...writeUnsigned(initial.value), ...writeUnsigned(maximumPages)];
  return Uint8Array.from([MEMORY_SECTION, ...writeUnsigned(limits.length), ...limits]);
}
