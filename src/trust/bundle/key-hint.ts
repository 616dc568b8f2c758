import { hash, type KeyObject } from 'node:crypto';
import { canonicalSpki } from '../canonical-key.ts';

/** cosign's name for a public key, `publicKey.hint` in a bundle: base64 of the SHA-256 over its SubjectPublicKeyInfo in DER. */
export function publicKeyHint(key: KeyObject): string {
  return hash('sha256', canonicalSpki(key), 'base64');
}
