import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isJsonObject, type Json } from '../../../src/model/json.ts';

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

/** Keys of every sort, made anew for each run: none of them is worth keeping. */
const MAKE = {
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  another: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  k256: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  ed25519: () => generateKeyPairSync('ed25519'),
  x25519: () => generateKeyPairSync('x25519'),
  rsa1024: () => generateKeyPairSync('rsa', { modulusLength: 1024 }),
  rsa2048: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  rsa2560: () => generateKeyPairSync('rsa', { modulusLength: 2560 }),
  rsa_exponent_3: () => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }),
} satisfies Record<string, () => Pair>;

export type KeyName = keyof typeof MAKE;

const made = new Map<KeyName, Pair>();

export function pair(name: KeyName): Pair {
  const known = made.get(name) ?? MAKE[name]();
  made.set(name, known);
  return known;
}

export const publicPem = (name: KeyName): string =>
  pair(name).publicKey.export({ type: 'spki', format: 'pem' }).toString();

export const privatePem = (name: KeyName): string =>
  pair(name).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A JWK as plain JSON. */
export function jwk(
  name: KeyName,
  half: 'publicKey' | 'privateKey' = 'publicKey',
): { readonly [member: string]: Json } {
  const json: unknown = pair(name)[half].export({ format: 'jwk' });
  if (!isJsonObject(json)) throw new TypeError('a JWK is an object');
  return json;
}

function isKeyName(text: string): text is KeyName {
  return Object.hasOwn(MAKE, text);
}

/**
 * The same value with keys in the place of their names: `<p256>` for PEM, `<private p256>` likewise, and `{"<jwk>": "p256", …}` for a
 * JWK with whatever else stands there; `{"<jwk>": "private p256"}` is a private one.
 */
export function withKeys(value: Json): Json {
  if (typeof value === 'string') {
    const [, half, name = ''] = /^<(private )?([a-z0-9_]+)>$/.exec(value) ?? [];
    if (!isKeyName(name)) return value;
    return half === undefined ? publicPem(name) : privatePem(name);
  }
  if (isList(value)) return value.map(withKeys);
  if (!isJsonObject(value)) return value;
  const { '<jwk>': named, ...rest } = value;
  const plain = Object.fromEntries(Object.entries(rest).map(([name, inner]) => [name, withKeys(inner)]));
  if (typeof named !== 'string') return plain;
  const [half, name = half ?? ''] = named.split(' ');
  if (!isKeyName(name)) throw new TypeError(`no key is called ${name}`);
  return { ...jwk(name, half === 'private' ? 'privateKey' : 'publicKey'), ...plain };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
