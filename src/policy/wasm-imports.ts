import { readUnsigned } from './leb128.ts';

/** How large a module's memory is at first and may become, in pages of 64 KiB; no maximum where the module states none. */
export type MemoryLimits = { readonly minimum: number; readonly maximum: number | undefined };

const PREAMBLE_BYTES = 8;
const IMPORT_SECTION = 2;

/**
 * The memory that a module imports, read from its import section (WebAssembly Core Specification 2.0, 5.5.5): the JavaScript interface
 * tells its name but not its size, and a policy with many rules needs more than the SDK's default.
 *
 * @param wasm A module that V8 has compiled, hence validated.
 * @throws RangeError where the bytes end early.
 * @returns undefined where the module imports no memory.
 */
export function importedMemory(wasm: Uint8Array): MemoryLimits | undefined {
  const reader = new Reader(wasm, PREAMBLE_BYTES);
  while (!reader.atEnd()) {
    const id = reader.byte();
    const size = reader.unsigned();
    if (id === IMPORT_SECTION) return memoryOf(reader);
    reader.skip(size);
  }
  return undefined;
}

function memoryOf(reader: Reader): MemoryLimits | undefined {
  for (let left = reader.unsigned(); left > 0; left--) {
    reader.skip(reader.unsigned());
    reader.skip(reader.unsigned());
    const kind = reader.byte();
    switch (kind) {
      case 0:
        reader.unsigned();
        break;
      case 1:
        reader.byte();
        reader.limits();
        break;
      case 2:
        return reader.limits();
      case 3:
        reader.skip(2);
        break;
      default:
        throw new RangeError(`the module imports something of the unknown kind ${kind}`);
    }
  }
  return undefined;
}

class Reader {
  private readonly bytes: Uint8Array;
  private at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  skip(count: number): void {
    this.at += count;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new RangeError('the module is cut short');
    this.at++;
    return byte;
  }

  unsigned(): number {
    const { value, next } = readUnsigned(this.bytes, this.at);
    this.at = next;
    return value;
  }

  limits(): MemoryLimits {
    const flags = this.byte();
    const minimum = this.unsigned();
    return { minimum, maximum: (flags & 1) === 1 ? this.unsigned() : undefined };
  }
}
