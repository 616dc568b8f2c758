import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../../src/model/json.ts';
import { readKeyFile } from '../../../src/trust/sign/key-file.ts';
import { PASSWORD } from '../../conformance/cosign-lab.ts';
import { thrownWith } from '../../thrown.ts';
import { type Change, changed } from '../bundle/vectors.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const locked = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD })
  .toString();
const cosign = readFileSync(new URL('../../vectors/trust/cosign/p256.key', import.meta.url), 'utf8');

/** cosign's key file with its JSON changed. */
function cosignWith(change: Change): Buffer {
  const json: JsonObject = JSON.parse(Buffer.from(cosign.split('\n').slice(1, -2).join(''), 'base64').toString());
  const body = Buffer.from(JSON.stringify(changed(json, change))).toString('base64');
  return Buffer.from(
    `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${body}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`,
  );
}

function open(bytes: Uint8Array, password = PASSWORD) {
  const file = readKeyFile(bytes);
  return file.encrypted ? file.open(Buffer.from(password)) : file.open();
}

describe('readKeyFile', () => {
  it('reads PKCS#8, and PKCS#8 under a password', () => {
    for (const [pem, encrypted] of [
      [plain, false],
      [locked, true],
      [locked.replaceAll('\n', '\r\n'), true],
    ] as const) {
      assert.equal(readKeyFile(Buffer.from(pem)).encrypted, encrypted);
      assert.ok(createPublicKey(open(Buffer.from(pem))).equals(publicKey));
    }
    thrownWith('sign.password_wrong', () => open(Buffer.from(locked), 'another'));
  });

  it("reads cosign's own under both of its labels", () => {
    const older = cosign.replaceAll('ENCRYPTED SIGSTORE', 'ENCRYPTED COSIGN');
    assert.ok(open(Buffer.from(older)).equals(open(Buffer.from(cosign))));
  });

  const files: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no PEM', 'key'],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ["SEC 1's form", privateKey.export({ type: 'sec1', format: 'pem' }).toString()],
    ['two keys', plain + plain],
    ['text before the key', `a comment\n${plain}`],
    ['another label at the end', plain.replace('END PRIVATE', 'END PUBLIC')],
    ['a body that is no key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['too many bytes', plain + '\n'.repeat(70_000)],
  ];
  for (const [name, text] of files) {
    it(`refuses ${name}`, () => void thrownWith('sign.key_malformed', () => open(Buffer.from(text))));
  }

  // Whoever writes the file must not choose how long opening it takes.
  const changes: readonly (readonly [string, Change, string])[] = [
    ['2^30 rounds of scrypt', { set: { '/kdf/params/N': 1_073_741_824 } }, 'sign.key_malformed'],
    ['few rounds of scrypt', { set: { '/kdf/params/N': 2 } }, 'sign.key_malformed'],
    ['large blocks', { set: { '/kdf/params/r': 1024 } }, 'sign.key_malformed'],
    ['parallel rounds', { set: { '/kdf/params/p': 64 } }, 'sign.key_malformed'],
    ['another derivation', { set: { '/kdf/name': 'pbkdf2' } }, 'sign.key_malformed'],
    ['another cipher', { set: { '/cipher/name': 'none' } }, 'sign.key_malformed'],
    ['a short nonce', { set: { '/cipher/nonce': 'YWJj' } }, 'sign.key_malformed'],
    ['a short salt', { set: { '/kdf/salt': 'YWJj' } }, 'sign.key_malformed'],
    ['no salt', { remove: ['/kdf/salt'] }, 'sign.key_malformed'],
    ['an unknown member', { set: { '/comment': 'x' } }, 'sign.key_malformed'],
    ['a ciphertext that is no base64', { set: { '/ciphertext': '*' } }, 'sign.key_malformed'],
    ['another strength than it was made with', { set: { '/kdf/params/N': 32_768 } }, 'sign.password_wrong'],
    ['another ciphertext', { set: { '/ciphertext': Buffer.alloc(64).toString('base64') } }, 'sign.password_wrong'],
  ];
  for (const [name, change, code] of changes) {
    it(`refuses cosign's with ${name}`, () => void thrownWith(code, () => open(cosignWith(change))));
  }

  it('repeats nothing of the file', () => {
    const secret = 'bm90IGEgcmVhbCBrZXk';
    const text = `-----BEGIN PRIVATE KEY-----\n${secret}=\n-----END PRIVATE KEY-----\n`;
    assert.ok(!thrownWith('sign.key_malformed', () => open(Buffer.from(text))).message.includes(secret));
  });
});
