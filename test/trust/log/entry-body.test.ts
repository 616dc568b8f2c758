import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { Json } from '../../../src/model/json.ts';
import { isOfRekorV1, readEntryBody } from '../../../src/trust/log/entry-body.ts';
import { thrownWith } from '../../thrown.ts';
import { pem } from '../lab/der.ts';
import { edited, removed, replaced } from '../lab/edit.ts';
import { entryBody, type Signed } from '../lab/entry-body.ts';
import { createLab } from '../lab/lab.ts';
import type { EntryKind } from '../lab/scenario.ts';

const key = createLab().key('signer');
const leaf = Buffer.from('a certificate, as far as the body goes');
const message = Buffer.from('what is signed');
const payload = Buffer.from('{}');
const keyed: Signed = {
  content: 'dsse',
  key,
  verifierPem: key.spkiPem,
  signature: key.sign(message),
  message,
  payload,
  payloadType: 'text/plain',
};
const keyless: Signed = { ...keyed, certificate: leaf, verifierPem: pem('CERTIFICATE', leaf) };
const KINDS: readonly EntryKind[] = [
  'hashedrekord 0.0.1',
  'dsse 0.0.1',
  'intoto 0.0.2',
  'hashedrekord 0.0.2',
  'dsse 0.0.2',
];
const read = (kind: EntryKind, body: Json) => readEntryBody(kind.replace(' ', '@'), Buffer.from(JSON.stringify(body)));

describe('the body of a log entry', () => {
  for (const kind of KINDS) {
    it(`of ${kind} names the certificate, or the key, that signed`, () => {
      assert.deepEqual(read(kind, entryBody(kind, keyless)).signer, { kind: 'certificate', der: leaf });
      const { signer } = read(kind, entryBody(kind, keyed));
      assert.equal(signer?.kind === 'key' && signer.key.equals(key.publicKey), true);
    });

    it(`of ${kind} names a hash and a digest by it`, () => {
      const body = read(kind, entryBody(kind, keyed));
      const signed = kind.startsWith('hashedrekord') ? message : payload;
      assert.deepEqual([body.hash, body.of], ['sha256', signed === message ? 'message' : 'payload']);
      assert.equal(body.digest?.equals(hash('sha256', signed, 'buffer')), true);
    });
  }

  const PUBLIC_KEY = 'spec.signature.publicKey.content';
  for (const [what, text] of [
    ['two certificates', pem('CERTIFICATE', leaf) + pem('CERTIFICATE', leaf)],
    ['text before the certificate', `x\n${pem('CERTIFICATE', leaf)}`],
    ['a private key', pem('PRIVATE KEY', leaf)],
    ['a key that is none', pem('PUBLIC KEY', leaf)],
    ['nothing', ''],
  ] as const) {
    it(`names nobody with ${what}`, () => {
      const body = replaced(entryBody('hashedrekord 0.0.1', keyless), PUBLIC_KEY, Buffer.from(text).toString('base64'));
      assert.equal(read('hashedrekord 0.0.1', body).signer, undefined);
    });
  }

  it('names nobody with both a certificate and a key, or neither', () => {
    const verifier = 'spec.hashedRekordV002.signature.verifier';
    const body = entryBody('hashedrekord 0.0.2', keyless);
    const both = replaced(body, `${verifier}.publicKey`, { rawBytes: key.spki.toString('base64') });
    assert.equal(read('hashedrekord 0.0.2', both).signer, undefined);
    assert.equal(read('hashedrekord 0.0.2', removed(body, `${verifier}.x509Certificate`)).signer, undefined);
  });

  it('says no hash of a name that is not known, and no digest that is not hex', () => {
    const body = entryBody('hashedrekord 0.0.1', keyed);
    assert.equal(read('hashedrekord 0.0.1', replaced(body, 'spec.data.hash.algorithm', 'md5')).hash, undefined);
    assert.equal(read('hashedrekord 0.0.1', replaced(body, 'spec.data.hash.algorithm', 'toString')).hash, undefined);
    const shouting = edited(body, 'spec.data.hash.value', (hex) => String(hex).toUpperCase());
    assert.equal(read('hashedrekord 0.0.1', shouting).digest, undefined);
  });

  it('is refused where its kind or version is not known', () => {
    for (const kind of ['intoto@0.0.1', 'rekord@0.0.1', 'hashedrekord@0.0.9', 'constructor', '__proto__']) {
      thrownWith('trust.log_entry_unsupported', () => readEntryBody(kind, Buffer.from('{"spec":{}}')));
    }
  });

  it('is refused where JSON could mean two things', () => {
    for (const text of ['{"spec":{},"spec":{}}', '{', '', '\ufeff{}']) {
      thrownWith('trust.log_entry_unsupported', () => readEntryBody('hashedrekord@0.0.1', Buffer.from(text)));
    }
  });

  it('is of Rekor v1 or not', () => {
    assert.deepEqual(
      KINDS.map((kind) => isOfRekorV1(kind.replace(' ', '@'))),
      [true, true, true, false, false],
    );
  });
});
