import { gzipSync } from 'node:zlib';

/** An entry as it is written, right or wrong. */
export type Entry = {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** Default `0`, a regular file. */
  readonly type?: string;
  readonly prefix?: string;
  /** Written instead of the content's length. */
  readonly size?: number;
  readonly checksum?: number;
};

/** A tar archive (ustar) of the entries, with its end. */
export function tar(...entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(1024)]);
}

/** The same, gzipped, as bundles are. */
export function tarball(...entries: readonly Entry[]): Buffer {
  return gzipSync(tar(...entries));
}

function entryBytes(entry: Entry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const header = Buffer.alloc(512);
  header.write(entry.name, 0, 100, 'latin1');
  header.write('0000644\0', 100);
  header.write(`${(entry.size ?? content.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(entry.type ?? '0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(entry.prefix ?? '', 345, 155, 'latin1');
  const sum = entry.checksum ?? header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
