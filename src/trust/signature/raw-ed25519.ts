import type { KeyObject } from 'node:crypto';

/** The 32 bytes of an Ed25519 public key: the end of its SubjectPublicKeyInfo (RFC 8410, section 4). */
export function rawEd25519(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-32);
}
