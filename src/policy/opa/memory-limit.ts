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
  const limits = [1, 1, ...unsigned(initial.value), ...unsigned(maximumPages)];
  return Uint8Array.from([MEMORY_SECTION, ...unsigned(limits.length), ...limits]);
}

/** LEB128, unsigned, at most 32 bits (5.2.2 of the same). */
function readUnsigned(bytes: Uint8Array, offset: number): { value: number; next: number } {
  let value = 0;
  let next = offset;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[next];
    if (byte === undefined) break;
    next++;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next };
  }
  throw new RangeError('the module is cut short');
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}
