/**
 * Reads an unsigned LEB128 number of at most 32 bits (WebAssembly Core Specification 2.0, 5.2.2).
 *
 * @returns the number, and the offset of what follows it.
 * @throws RangeError where the bytes end within the number, or it has more bits.
 */
export function readUnsigned(bytes: Uint8Array, offset: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) throw new RangeError('the module is cut short');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: offset + index + 1 };
  }
  throw new RangeError('the module holds a number of more than 32 bits');
}

/** The bytes of a whole number that is not negative, as the same section writes it. */
export function writeUnsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}
