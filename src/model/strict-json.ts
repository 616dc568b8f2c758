import { CodedError } from '../errors.ts';
import type { Json } from './json.ts';

/** Bounds of what is parsed. */
export type JsonLimits = {
  /** UTF-8 bytes of the whole text. Default 262,144. */
  readonly maxBytes: number;
  /** Nesting of objects and arrays. Default 64; what evaluates the value aborts at some thousands. */
  readonly maxDepth: number;
};

export const DEFAULT_JSON_LIMITS: JsonLimits = { maxBytes: 262_144, maxDepth: 64 };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses JSON (RFC 8259) as an interoperable message must be (RFC 7493, I-JSON): UTF-8 without a byte order mark, no duplicate
 * member, no lone surrogate, no integer beyond ±(2^53 − 1), no number that overflows, bounded in size and depth. `JSON.parse` would
 * take the last of duplicates, round and pass each of these silently, so that what is checked and what is used could differ.
 *
 * Objects have own members only: `__proto__` is a member like any other.
 *
 * @throws CodedError `json.not_utf8`, `json.too_large`, `json.too_deep`, `json.syntax`, `json.duplicate_key`,
 *   `json.lone_surrogate`, `json.number_out_of_range`; the message names line, column and the path of the member.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits = DEFAULT_JSON_LIMITS): Json {
  if (bytes.byteLength > limits.maxBytes) {
    throw new CodedError(
      'json.too_large',
      `the JSON text has ${bytes.byteLength} bytes; at most ${limits.maxBytes} are accepted`,
    );
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new CodedError('json.not_utf8', 'the JSON text is not UTF-8; send it encoded as UTF-8', { cause });
  }
  return parseStrictJsonText(text, limits);
}

/** The same over a string that was decoded before; `maxBytes` then bounds UTF-16 code units. */
export function parseStrictJsonText(text: string, limits: JsonLimits = DEFAULT_JSON_LIMITS): Json {
  if (text.length > limits.maxBytes) {
    throw new CodedError(
      'json.too_large',
      `the JSON text has ${text.length} characters; at most ${limits.maxBytes} are accepted`,
    );
  }
  return new Parser(text, limits.maxDepth).document();
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const HEX4 = /^[0-9a-fA-F]{4}$/;

class Parser {
  private readonly text: string;
  private readonly maxDepth: number;
  private at = 0;
  private depth = 0;
  /** Where we are: member names and indexes, outermost first. */
  private readonly path: (string | number)[] = [];

  constructor(text: string, maxDepth: number) {
    this.text = text;
    this.maxDepth = maxDepth;
  }

  document(): Json {
    this.space();
    const value = this.value();
    this.space();
    if (this.at < this.text.length) throw this.syntax('nothing may follow the JSON value');
    return value;
  }

  private value(): Json {
    const code = this.text.charCodeAt(this.at);
    switch (code) {
      case 0x7b:
        return this.object();
      case 0x5b:
        return this.array();
      case QUOTE:
        return this.string();
      case 0x74:
        return this.literal('true', true);
      case 0x66:
        return this.literal('false', false);
      case 0x6e:
        return this.literal('null', null);
      default:
        if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return this.number();
        throw this.syntax(
          this.at >= this.text.length ? 'the text ends where a value is due' : 'a JSON value is due here',
        );
    }
  }

  private object(): Json {
    this.enter();
    const object: Record<string, Json> = {};
    this.at++;
    this.space();
    if (this.text.charCodeAt(this.at) === 0x7d) {
      this.at++;
      this.depth--;
      return object;
    }
    for (;;) {
      if (this.text.charCodeAt(this.at) !== QUOTE) throw this.syntax('a member name in double quotes is due here');
      const start = this.at;
      const name = this.string();
      if (Object.hasOwn(object, name)) {
        this.at = start;
        this.path.push(name);
        throw this.failure('json.duplicate_key', 'the object has this member twice; send each member once');
      }
      this.space();
      if (this.text.charCodeAt(this.at) !== 0x3a) throw this.syntax('a colon is due here');
      this.at++;
      this.space();
      this.path.push(name);
      const value = this.value();
      this.path.pop();
      if (name === '__proto__') {
        // An assignment would set the prototype instead of a member.
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[name] = value;
      }
      this.space();
      const next = this.text.charCodeAt(this.at);
      if (next !== 0x2c && next !== 0x7d) throw this.syntax('a comma or a closing brace is due here');
      this.at++;
      if (next === 0x7d) {
        this.depth--;
        return object;
      }
      this.space();
    }
  }

  private array(): Json {
    this.enter();
    const items: Json[] = [];
    this.at++;
    this.space();
    if (this.text.charCodeAt(this.at) === 0x5d) {
      this.at++;
      this.depth--;
      return items;
    }
    for (;;) {
      this.path.push(items.length);
      items.push(this.value());
      this.path.pop();
      this.space();
      const next = this.text.charCodeAt(this.at);
      if (next !== 0x2c && next !== 0x5d) throw this.syntax('a comma or a closing bracket is due here');
      this.at++;
      if (next === 0x5d) {
        this.depth--;
        return items;
      }
      this.space();
    }
  }

  private enter(): void {
    this.depth++;
    if (this.depth > this.maxDepth) {
      throw this.failure('json.too_deep', `objects and arrays nest more than ${this.maxDepth} deep; flatten the value`);
    }
  }

  private string(): string {
    const start = this.at;
    let from = this.at + 1;
    let result = '';
    for (let index = from; ; index++) {
      const code = this.text.charCodeAt(index);
      if (code === QUOTE) {
        result += this.text.slice(from, index);
        this.at = index + 1;
        if (!result.isWellFormed()) {
          this.at = start;
          throw this.failure('json.lone_surrogate', 'the string holds half of a surrogate pair, which is no character');
        }
        return result;
      }
      if (code === BACKSLASH) {
        result += this.text.slice(from, index);
        const letter = this.text.charAt(index + 1);
        if (letter === 'u') {
          const hex = this.text.slice(index + 2, index + 6);
          this.at = index;
          if (!HEX4.test(hex)) throw this.syntax('four hex digits are due after \\u');
          result += String.fromCharCode(Number.parseInt(hex, 16));
          index += 5;
        } else {
          const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
          this.at = index;
          if (character === undefined) throw this.syntax('JSON knows no such escape');
          result += character;
          index += 1;
        }
        from = index + 1;
      } else if (code < 0x20 || Number.isNaN(code)) {
        this.at = index;
        throw this.syntax(
          Number.isNaN(code) ? 'the text ends within a string' : 'a control character must be escaped in a string',
        );
      }
    }
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) throw this.syntax('this is no JSON number');
    const value = Number(match[0]);
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      throw this.failure(
        'json.number_out_of_range',
        'integers beyond 2^53 − 1 and numbers beyond the range of a double lose digits; send them as strings',
      );
    }
    this.at += match[0].length;
    return value;
  }

  private literal<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.syntax('a JSON value is due here');
    this.at += word.length;
    return value;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  private syntax(what: string): CodedError {
    return this.failure('json.syntax', what);
  }

  private failure(code: string, what: string): CodedError {
    const before = this.text.slice(0, this.at);
    const line = before.split('\n').length;
    const column = this.at - before.lastIndexOf('\n');
    const pointer = this.path
      .map((step) => `/${String(step).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('');
    // The names come from the sender: bounded and made well-formed before they go into a message.
    const place = pointer.slice(0, 200).toWellFormed();
    return new CodedError(code, `line ${line}, column ${column}${place === '' ? '' : `, at ${place}`}: ${what}`, {
      detail: { line, column, pointer: place },
    });
  }
}
