import { CodedError } from '../errors.ts';

/** A file of an archive. `bytes` is a view into the archive, not a copy. */
export type TarFile = { readonly name: string; readonly bytes: Uint8Array };

const BLOCK = 512;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a tar archive (POSIX.1-1988 ustar, as `opa build` and GNU tar write it) held in memory. Strict, for a bundle is hostile until
 * its digest was compared: whole headers with right checksums, regular files and folders only, relative names without `..`, no name
 * twice, two zero blocks at the end and nothing but zeros after them. Extended headers (pax) are refused: what they rename, another
 * reader could see under another name.
 *
 * @param maxEntries Files and folders together.
 * @returns The files; names without a leading `/` or `./`.
 * @throws CodedError `bundle.truncated`, `bundle.trailing_bytes`, `bundle.entry_header`, `bundle.entry_type`, `bundle.entry_path`,
 *   `bundle.duplicate_entry`, `bundle.too_many_entries`.
 */
export function readTar(archive: Uint8Array, maxEntries: number): TarFile[] {
  const files: TarFile[] = [];
  const seen = new Set<string>();
  let entries = 0;
  let at = 0;
  for (;;) {
    const header = block(archive, at);
    at += BLOCK;
    if (isZero(header)) {
      if (!isZero(block(archive, at))) throw refusal('truncated', 'its end is not marked by two empty blocks');
      if (!isZero(archive.subarray(at + BLOCK))) throw refusal('trailing_bytes', 'something follows its end');
      return files;
    }
    entries++;
    if (entries > maxEntries) throw refusal('too_many_entries', `it has more than ${maxEntries} entries`);
    checkHeader(header);
    const name = entryName(header);
    const size = octal(header, 124, 12);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === '5') {
      if (size !== 0) throw refusal('entry_header', `the folder ${name} has content`);
      continue;
    }
    if (type !== '0' && type !== '\0') {
      throw refusal(
        'entry_type',
        `${name} is neither a regular file nor a folder; links and extended headers are refused`,
      );
    }
    if (seen.has(name)) throw refusal('duplicate_entry', `it has ${name} twice`);
    seen.add(name);
    if (at + size > archive.length) throw refusal('truncated', `it ends within ${name}`);
    files.push({ name, bytes: archive.subarray(at, at + size) });
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
}

function block(archive: Uint8Array, at: number): Uint8Array {
  if (at + BLOCK > archive.length) throw refusal('truncated', 'it ends where a header or its end is due');
  return archive.subarray(at, at + BLOCK);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The checksum adds up the header's bytes, its own eight taken as spaces. */
function checkHeader(header: Uint8Array): void {
  const stated = octal(header, 148, 8);
  let sum = 8 * 0x20;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  if (sum !== stated) throw refusal('entry_header', 'the checksum of a header is wrong');
  if (text(header, 257, 5) !== 'ustar') throw refusal('entry_header', 'a header is not in the ustar format');
}

function entryName(header: Uint8Array): string {
  // GNU tar ("ustar " and no version) keeps times where POSIX has the prefix.
  const prefix = header[262] === 0 ? text(header, 345, 155) : '';
  const short = text(header, 0, 100);
  const written = prefix === '' ? short : `${prefix}/${short}`;
  const name = written.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (/[\u0000-\u001f\u007f\\]/.test(name))
    throw refusal('entry_path', 'a name holds a backslash or a control character');
  if (name !== '' && name.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw refusal('entry_path', `the name ${name} leads elsewhere or is not in its simplest form`);
  }
  if (name === '' && header[156] !== 0x35) throw refusal('entry_path', 'a file has no name');
  return name;
}

function text(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  try {
    return utf8.decode(end < 0 ? field : field.subarray(0, end));
  } catch (cause) {
    throw refusal('entry_path', 'a name is not UTF-8', cause);
  }
}

function octal(header: Uint8Array, at: number, length: number): number {
  const match = /^ *([0-7]+)[ \0]*$/.exec(String.fromCharCode(...header.subarray(at, at + length)));
  if (match === null) throw refusal('entry_header', 'a header holds a number that is not octal');
  return Number.parseInt(match[1] ?? '', 8);
}

function refusal(what: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    `bundle.${what}`,
    `the bundle's archive is refused: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
