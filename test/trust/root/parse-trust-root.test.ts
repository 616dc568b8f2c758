import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { sha256 } from '../../../src/model/digest.ts';
import { UNNAMED_OPERATOR } from '../../../src/trust/root/members.ts';
import { parseTrustRoot } from '../../../src/trust/root/parse-trust-root.ts';
import { readShippedRoot } from '../../../src/trust/root/public-good.ts';
import { thrownWith } from '../../thrown.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document that each test bends out of its shape
type Bent = any;

const shipped = readShippedRoot().trustedRoot;

/** The shipped root, bent. Its logs: 0 Rekor v1 (ECDSA), 1 Rekor v2 (Ed25519); authorities: 0 one certificate, 1 two. */
function bent(bend: (root: Bent) => void): Buffer {
  const root: Bent = JSON.parse(Buffer.from(shipped).toString());
  bend(root);
  return Buffer.from(JSON.stringify(root));
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function logOf(publicKey: KeyObject, keyDetails: string, more: object = {}, form: 'spki' | 'pkcs1' = 'spki'): Bent {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return {
    baseUrl: 'https://log.example/sub',
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64(publicKey.export({ format: 'der', type: form })),
      keyDetails,
      validFor: { start: '2025-01-01T00:00:00Z' },
    },
    logId: { keyId: base64(hash('sha256', spki, 'buffer')) },
    ...more,
  };
}

const ed25519 = generateKeyPairSync('ed25519').publicKey;
const noteId = (name: string, key: Uint8Array) =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n\x01`), key]), 'buffer');

describe('a trusted root', () => {
  it('that is shipped reads as it is', () => {
    const root = parseTrustRoot(shipped);
    assert.equal(root.digest, sha256(shipped));
    assert.deepEqual(
      root.logs.map(({ baseUrl, validFrom, operator }) => ({ baseUrl, validFrom, operator })),
      [
        {
          baseUrl: 'https://rekor.sigstore.dev',
          validFrom: Date.parse('2021-01-12T11:53:27Z'),
          operator: UNNAMED_OPERATOR,
        },
        {
          baseUrl: 'https://log2025-1.rekor.sigstore.dev',
          validFrom: Date.parse('2025-09-23T00:00:00Z'),
          operator: UNNAMED_OPERATOR,
        },
      ],
    );
    assert.equal(root.logs[0]?.id, 'c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d');
    assert.equal(root.certificateLogs[0]?.validTo, Date.parse('2022-10-31T23:59:59.999Z'));
    assert.deepEqual(
      root.certificateAuthorities.map((authority) => authority.certificates.length),
      [1, 2],
    );
    assert.equal(root.timestampAuthorities.length, 1);
    assert.deepEqual(
      root.material.tlogs.map((log) => log.logID.toString('hex')),
      root.logs.map((log) => log.id),
    );
    assert.equal(root.material.certificateAuthorities.length, 2);
    assert.ok(!('publicKey' in root.material));
  });

  it('may be of version 0.2, name operators, and have null for what is absent', () => {
    const root = parseTrustRoot(
      bent((json) => {
        json.mediaType = 'application/vnd.dev.sigstore.trustedroot.v0.2+json';
        json.tlogs[0].operator = 'Sigstore.dev';
        json.tlogs[1].operator = null;
        json.certificateAuthorities[0].operator = 'sigstore.dev';
        json.tlogs[1].publicKey.validFor.end = null;
        json.timestampAuthorities = null;
      }),
    );
    assert.deepEqual(
      root.logs.map((log) => log.operator),
      ['sigstore.dev', UNNAMED_OPERATOR],
    );
    assert.equal(root.certificateAuthorities[0]?.operator, 'sigstore.dev');
    assert.equal(root.logs[1]?.validTo, undefined);
    assert.deepEqual(root.timestampAuthorities, []);
  });

  describe('understands checkpointKeyId', () => {
    const short = (json: Bent, index: number) =>
      base64(Buffer.from(json.tlogs[index].logId.keyId, 'base64').subarray(0, 4));

    for (const [what, bend] of [
      [
        'beside the log id',
        (json: Bent) =>
          json.tlogs.forEach((log: Bent, index: number) => {
            log.checkpointKeyId = { keyId: short(json, index) };
          }),
      ],
      [
        'as the log id of a Rekor v2',
        (json: Bent) => {
          json.tlogs[1].checkpointKeyId = { keyId: short(json, 1) };
          json.tlogs[1].logId = { keyId: short(json, 1) };
        },
      ],
      [
        'alone',
        (json: Bent) => {
          json.tlogs[1].checkpointKeyId = { keyId: short(json, 1) };
          delete json.tlogs[1].logId;
        },
      ],
    ] as const) {
      it(`${what}, and keeps it from the library`, () => {
        const plain = parseTrustRoot(shipped);
        const root = parseTrustRoot(bent(bend));
        assert.deepEqual(
          root.logs.map((log) => log.id),
          plain.logs.map((log) => log.id),
        );
        assert.deepEqual(
          root.material.tlogs.map((log) => log.logID),
          plain.material.tlogs.map((log) => log.logID),
        );
      });
    }
  });

  it('may name an Ed25519 log by its note, with or without a path, or by its key', () => {
    const publicKey = ed25519;
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    for (const [baseUrl, name] of [
      ['https://log.example', 'log.example'],
      ['https://log.example:8080/sub/', 'log.example:8080/sub'],
    ] as const) {
      const log = logOf(publicKey, 'PKIX_ED25519', { baseUrl, logId: { keyId: base64(noteId(name, raw)) } });
      const root = parseTrustRoot(
        bent((json) => {
          json.tlogs = [log];
        }),
      );
      assert.equal(root.logs[0]?.id, noteId(name, raw).toString('hex'));
    }
    const byKey = bent((json) => {
      json.tlogs = [logOf(publicKey, 'PKIX_ED25519')];
    });
    assert.equal(parseTrustRoot(byKey).logs.length, 1);
    const otherHost = logOf(publicKey, 'PKIX_ED25519', { logId: { keyId: base64(noteId('other.example', raw)) } });
    thrownWith('root.log_id_mismatch', () =>
      parseTrustRoot(
        bent((json) => {
          json.tlogs = [otherHost];
        }),
      ),
    );
  });

  it('may name logs with RSA keys, in both encodings, which the library then verifies with', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const log of [
      logOf(publicKey, 'PKIX_RSA_PKCS1V15_2048_SHA256'),
      logOf(publicKey, 'PKCS1_RSA_PKCS1V5', {}, 'pkcs1'),
    ]) {
      const root = parseTrustRoot(
        bent((json) => {
          json.ctlogs = [log];
        }),
      );
      assert.ok(root.material.ctlogs[0]?.publicKey.equals(publicKey));
      assert.ok(root.certificateLogs[0]?.key.equals(publicKey));
    }
  });

  it('may list a log twice for times that do not meet', () => {
    const root = parseTrustRoot(
      bent((json) => {
        const again = structuredClone(json.tlogs[0]);
        json.tlogs[0].publicKey.validFor.end = '2025-01-01T00:00:00Z';
        again.publicKey.validFor.start = '2025-01-01T00:00:00.001Z';
        json.tlogs.push(again);
      }),
    );
    assert.equal(root.logs.length, 3);
  });

  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const list = (json: Bent, index = 1): Bent[] => json.certificateAuthorities[index].certChain.certificates;

  for (const [code, what, bend] of [
    [
      'root.media_type_unsupported',
      'another media type',
      (r) => {
        r.mediaType = 'application/vnd.dev.sigstore.trustedroot.v0.9+json';
      },
    ],
    [
      'root.media_type_unsupported',
      'trailing junk in the media type',
      (r) => {
        r.mediaType += ' ';
      },
    ],
    [
      'root.media_type_unsupported',
      'no media type',
      (r) => {
        delete r.mediaType;
      },
    ],
    [
      'root.member_unknown',
      'a member that nobody knows',
      (r) => {
        r.witnesses = [];
      },
    ],
    [
      'root.member_unknown',
      'snake_case',
      (r) => {
        r.tlogs[0].base_url = r.tlogs[0].baseUrl;
        delete r.tlogs[0].baseUrl;
      },
    ],
    [
      'root.member_unknown',
      'a member named __proto__',
      (r) => {
        Object.defineProperty(r.tlogs[0], '__proto__', { value: {}, enumerable: true });
      },
    ],
    [
      'root.too_many',
      'more logs than are read',
      (r) => {
        r.tlogs = Array(65).fill(r.tlogs[0]);
      },
    ],
    [
      'root.too_many',
      'longer chains than are read',
      (r) => {
        r.certificateAuthorities[1].certChain.certificates = Array(9).fill(list(r)[0]);
      },
    ],
    [
      'root.empty',
      'nothing',
      (r) => {
        r.tlogs = r.certificateAuthorities = r.timestampAuthorities = [];
      },
    ],
    [
      'root.malformed',
      'a log that is none',
      (r) => {
        r.tlogs[0] = 7;
      },
    ],
    [
      'root.malformed',
      'logs that are no list',
      (r) => {
        r.tlogs = {};
      },
    ],
    [
      'root.malformed',
      'a log without its URL',
      (r) => {
        delete r.tlogs[0].baseUrl;
      },
    ],
    [
      'root.malformed',
      'a log whose URL is none',
      (r) => {
        r.tlogs[0].baseUrl = 'rekor';
      },
    ],
    [
      'root.malformed',
      'a log whose URL has a blank',
      (r) => {
        r.tlogs[0].baseUrl = 'https://a b';
      },
    ],
    [
      'root.malformed',
      'a log without an id',
      (r) => {
        delete r.tlogs[0].logId;
      },
    ],
    [
      'root.malformed',
      'base64 without its padding',
      (r) => {
        r.tlogs[0].logId.keyId = r.tlogs[0].logId.keyId.replace('=', '');
      },
    ],
    [
      'root.malformed',
      'an operator with a blank',
      (r) => {
        r.tlogs[0].operator = 'a b';
      },
    ],
    [
      'root.validity_missing',
      'a log without a start',
      (r) => {
        r.tlogs[1].publicKey.validFor = {};
      },
    ],
    [
      'root.validity_missing',
      'a log without a validity',
      (r) => {
        delete r.tlogs[1].publicKey.validFor;
      },
    ],
    [
      'root.validity_missing',
      'a CT log without a start',
      (r) => {
        delete r.ctlogs[0].publicKey.validFor.start;
      },
    ],
    [
      'root.validity_missing',
      'an authority without a start',
      (r) => {
        delete r.certificateAuthorities[0].validFor.start;
      },
    ],
    [
      'root.validity_missing',
      'a timestamp authority without a start',
      (r) => {
        r.timestampAuthorities[0].validFor = null;
      },
    ],
    [
      'root.validity_malformed',
      'a start that is no time',
      (r) => {
        r.tlogs[0].publicKey.validFor.start = 'long ago';
      },
    ],
    [
      'root.validity_malformed',
      'an end before its start',
      (r) => {
        r.tlogs[0].publicKey.validFor.end = '2020-01-01T00:00:00Z';
      },
    ],
    [
      'root.key_unsupported',
      'another hash function',
      (r) => {
        r.tlogs[0].hashAlgorithm = 'SHA2_512';
      },
    ],
    [
      'root.key_unsupported',
      'a kind of key that logs do not verify with',
      (r) => {
        r.tlogs[0].publicKey.keyDetails = 'LMS_SHA256';
      },
    ],
    [
      'root.key_unsupported',
      'a kind of key that is inherited',
      (r) => {
        r.tlogs[0].publicKey.keyDetails = 'constructor';
      },
    ],
    [
      'root.key_malformed',
      'a key that is none',
      (r) => {
        r.tlogs[0].publicKey.rawBytes = base64(Buffer.from('key'));
      },
    ],
    [
      'root.key_malformed',
      'no key',
      (r) => {
        delete r.tlogs[0].publicKey.rawBytes;
      },
    ],
    [
      'root.key_malformed',
      'bytes after the key',
      (r) => {
        r.tlogs[0].publicKey.rawBytes = base64(
          Buffer.concat([Buffer.from(r.tlogs[0].publicKey.rawBytes, 'base64'), Buffer.from([0])]),
        );
      },
    ],
    [
      'root.key_malformed',
      'a key of another kind than it says',
      (r) => {
        r.tlogs[0].publicKey.keyDetails = 'PKIX_ED25519';
      },
    ],
    [
      'root.key_malformed',
      'a curve of another size than it says',
      (r) => {
        r.tlogs = [logOf(p384, 'PKIX_ECDSA_P256_SHA_256')];
      },
    ],
    [
      'root.key_malformed',
      'an RSA key that is too short',
      (r) => {
        r.ctlogs = [logOf(weak, 'PKIX_RSA_PKCS1V15_2048_SHA256')];
      },
    ],
    [
      'root.log_id_mismatch',
      "another log's id",
      (r) => {
        r.tlogs[0].logId = r.ctlogs[0].logId;
      },
    ],
    [
      'root.log_id_mismatch',
      "a CT log's id cut short",
      (r) => {
        r.ctlogs[0].logId.keyId = r.ctlogs[1].logId.keyId;
      },
    ],
    [
      'root.log_id_mismatch',
      "another log's checkpoint key id",
      (r) => {
        r.tlogs[0].checkpointKeyId = { keyId: base64(Buffer.alloc(4)) };
      },
    ],
    [
      'root.certificate_malformed',
      'a certificate that is none',
      (r) => {
        list(r)[0].rawBytes = base64(Buffer.from('no'));
      },
    ],
    [
      'root.certificate_malformed',
      'a certificate in PEM',
      (r) => {
        list(r)[0].rawBytes = base64(
          Buffer.from(`-----BEGIN CERTIFICATE-----\n${list(r)[0].rawBytes}\n-----END CERTIFICATE-----\n`),
        );
      },
    ],
    [
      'root.certificate_malformed',
      'bytes after a certificate',
      (r) => {
        list(r)[0].rawBytes = base64(Buffer.concat([Buffer.from(list(r)[0].rawBytes, 'base64'), Buffer.from([0])]));
      },
    ],
    [
      'root.malformed',
      'an empty chain',
      (r) => {
        r.certificateAuthorities[1].certChain.certificates = [];
      },
    ],
    [
      'root.chain_invalid',
      'a chain upside down',
      (r) => {
        list(r).reverse();
      },
    ],
    [
      'root.chain_invalid',
      "another authority's root",
      (r) => {
        list(r)[1] = list(r, 0)[0];
      },
    ],
    [
      'root.chain_invalid',
      'a leaf as an authority of signers',
      (r) => {
        r.certificateAuthorities[1] = r.timestampAuthorities[0];
      },
    ],
    [
      'root.anchor_not_self_signed',
      'a chain without its root',
      (r) => {
        list(r).pop();
      },
    ],
    [
      'root.duplicate',
      'a log twice',
      (r) => {
        r.tlogs.push(r.tlogs[0]);
      },
    ],
    [
      'root.duplicate',
      'a CT log twice, with an overlap of a moment',
      (r) => {
        const again = structuredClone(r.ctlogs[0]);
        again.publicKey.validFor = { start: r.ctlogs[0].publicKey.validFor.end };
        r.ctlogs.push(again);
      },
    ],
    [
      'root.duplicate',
      'an authority twice',
      (r) => {
        r.certificateAuthorities.push(r.certificateAuthorities[1]);
      },
    ],
    [
      'root.duplicate',
      'a timestamp authority twice',
      (r) => {
        r.timestampAuthorities.push(r.timestampAuthorities[0]);
      },
    ],
  ] as readonly (readonly [string, string, (root: Bent) => void])[]) {
    it(`with ${what} is refused (${code})`, () => {
      thrownWith(code, () => parseTrustRoot(bent(bend)));
    });
  }

  for (const [what, bytes] of [
    ['no JSON', Buffer.from('{')],
    ['a list', Buffer.from('[]')],
    ['a duplicate member', Buffer.from(Buffer.from(shipped).toString().replace('{', '{"tlogs": [], '))],
    ['a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), shipped])],
    ['a megabyte and more', Buffer.concat([shipped, Buffer.alloc(1024 * 1024, ' ')])],
  ] as const) {
    it(`that is ${what} is refused`, () => {
      thrownWith('root.malformed', () => parseTrustRoot(bytes));
    });
  }
});
