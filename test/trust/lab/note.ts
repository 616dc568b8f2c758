import { hash } from 'node:crypto';
import type { SigningKey } from './signing-key.ts';

/** A checkpoint before it is signed (C2SP tlog-checkpoint): the lines of the note and who signs them. */
export type Checkpoint = {
  readonly origin: string;
  readonly size: string;
  /** Base64. */
  readonly root: string;
  readonly extensions: readonly string[];
  readonly signatures: readonly NoteSigner[];
};

export type NoteSigner = {
  readonly name: string;
  /** The first four bytes of the key's id. */
  readonly hint: Buffer;
  readonly sign: (note: Buffer) => Buffer;
};

export const logSigner = (name: string, logId: Buffer, key: SigningKey): NoteSigner => ({
  name,
  hint: logId.subarray(0, 4),
  sign: (note) => key.sign(note),
});

/** A witness (C2SP tlog-cosignature, cosignature/v1): signs the time in seconds and the note. */
export const witness = (name: string, key: SigningKey, seconds: number): NoteSigner => ({
  name,
  hint: cosignerKeyId(name, key).subarray(0, 4),
  sign: (note) => {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(seconds));
    return Buffer.concat([time, key.sign(Buffer.concat([Buffer.from(`cosignature/v1\ntime ${seconds}\n`), note]))]);
  },
});

/** The raw 32 bytes of an Ed25519 key. */
export const rawEd25519 = (key: SigningKey): Buffer => key.spki.subarray(-32);

export const cosignerKeyId = (name: string, key: SigningKey): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(4), rawEd25519(key)]), 'buffer');

/** The signed note: body, empty line, one line for each signature. */
export function signedNote({ origin, size, root, extensions, signatures }: Checkpoint): string {
  const lines = [origin, size, root, ...extensions].filter((line) => line !== '');
  const body = `${lines.join('\n')}\n`;
  const signed = signatures.map(
    ({ name, hint, sign }) => `— ${name} ${Buffer.concat([hint, sign(Buffer.from(body))]).toString('base64')}\n`,
  );
  return `${body}\n${signed.join('')}`;
}
