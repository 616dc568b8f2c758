/** What reading and writing values in a policy's memory needs of its exports. Addresses are bytes. */
export type ValueExports = {
  readonly opa_malloc: (bytes: number) => number;
  readonly opa_value_dump: (value: number) => number;
  readonly opa_value_parse: (text: number, bytes: number) => number;
  readonly opa_json_dump: (value: number) => number;
};

/**
 * Carries values across the border of a policy's memory as text. Not as JSON: `opa_value_dump` and `opa_value_parse` keep sets, keys
 * that are no strings and the digits of numbers.
 *
 * Nothing is freed: each evaluation begins with an empty heap, and OPA's allocator loses track of its list where neighbours are freed.
 */
export class ModuleText {
  private readonly memory: WebAssembly.Memory;
  private readonly exports: ValueExports;
  private view: Buffer;

  constructor(memory: WebAssembly.Memory, exports: ValueExports) {
    this.memory = memory;
    this.exports = exports;
    this.view = Buffer.from(memory.buffer);
  }

  /** A value as text. */
  dump(value: number): string {
    return this.string(this.exports.opa_value_dump(value));
  }

  /** A value as JSON, for what the module tells about itself. */
  dumpJson(value: number): unknown {
    return JSON.parse(this.string(this.exports.opa_json_dump(value)));
  }

  /** Makes a value of a text. Undefined where the text is none. */
  parse(text: string): number | undefined {
    const bytes = Buffer.byteLength(text);
    const address = this.exports.opa_malloc(bytes);
    this.current().write(text, address, bytes, 'utf8');
    const value = this.exports.opa_value_parse(address, bytes);
    return value === 0 ? undefined : value;
  }

  /** A zero-terminated string of UTF-8. */
  string(address: number): string {
    const view = this.current();
    const end = view.indexOf(0, address);
    if (address <= 0 || end < 0) throw new RangeError('the policy names a text outside of its memory');
    return view.toString('utf8', address, end);
  }

  /** Growing the memory detaches the old buffer. */
  private current(): Buffer {
    if (this.view.buffer !== this.memory.buffer) this.view = Buffer.from(this.memory.buffer);
    return this.view;
  }
}
