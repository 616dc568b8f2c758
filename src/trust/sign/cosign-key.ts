import { scryptSync } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { z } from 'zod';
import { CodedError } from '../../errors.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { fromCanonicalBase64 } from '../bundle/base64.ts';

const base64 = (least: number, most: number) =>
  z.string().transform((text, context) => {
    const bytes = fromCanonicalBase64(text);
    if (bytes !== undefined && bytes.length >= least && bytes.length <= most) return bytes;
    context.addIssue(`base64 of ${least} to ${most} bytes is due`);
    return z.NEVER;
  });

// secure-systems-lab/go-securesystemslib, encrypted/encrypted.go, which cosign writes its key files with.
const ENCRYPTED = z.strictObject({
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    // Its three strengths and no other: whoever could name any would choose how much memory and time opening the file takes.
    params: z.strictObject({
      N: z.union([z.literal(32_768), z.literal(65_536), z.literal(131_072)]),
      r: z.literal(8),
      p: z.literal(1),
    }),
    salt: base64(16, 64),
  }),
  cipher: z.strictObject({ name: z.literal('nacl/secretbox'), nonce: base64(24, 24) }),
  ciphertext: base64(17, 32_768),
});

const KEY_BYTES = 32;

/**
 * Opens what stands in the PEM of cosign's own key files: JSON that holds a PKCS#8 key under NaCl's secretbox, whose key is scrypt's of the
 * password. An empty password is one like any other: cosign lets people have it.
 *
 * @returns the PKCS#8 key in DER
 * @throws CodedError `sign.key_malformed`, `sign.password_wrong`
 */
export function openCosignKey(json: Uint8Array, password: Uint8Array): Buffer {
  const { kdf, cipher, ciphertext } = parse(json);
  const { N, r, p } = kdf.params;
  const key = scryptSync(password, kdf.salt, KEY_BYTES, { N, r, p, maxmem: 2 * 128 * N * r });
  try {
    return Buffer.from(xsalsa20poly1305(key, cipher.nonce).decrypt(ciphertext));
  } catch (cause) {
    throw new CodedError('sign.password_wrong', 'the password does not open the key file, or the file is damaged', {
      cause,
    });
  } finally {
    key.fill(0);
  }
}

function parse(json: Uint8Array): z.infer<typeof ENCRYPTED> {
  try {
    return ENCRYPTED.parse(parseStrictJson(json));
  } catch (cause) {
    throw new CodedError(
      'sign.key_malformed',
      "the key file is not of the form that cosign writes (scrypt and nacl/secretbox); make one with 'cosign generate-key-pair' or 'cosign import-key-pair'",
      { cause },
    );
  }
}
