import assert from 'node:assert/strict';
import { sha256 } from '../../../src/model/digest.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { FORM_CHECKS } from '../../../src/trust/bundle/checks.ts';
import { BUNDLE_LIMITS } from '../../../src/trust/bundle/limits.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import { thrownWith } from '../../thrown.ts';
import { changed, type Defect, readVectors, toBytes } from './vectors.ts';

const { bases } = readVectors<{ bases: Record<string, JsonObject> }>('bases.json');
const defects = readVectors<readonly Defect[]>('defects.json');
const STRICT = { allowCosignLegacy: false };

function withDefect(defect: Defect): Buffer {
  const base = bases[defect.base];
  assert.ok(base !== undefined, `there is no base ${defect.base}`);
  return toBytes(changed(base, defect));
}

describe('parseBundle', () => {
  for (const [name, json] of Object.entries(bases)) {
    it(`reads ${name}`, () => {
      const bytes = toBytes(json);
      const parsed = parseBundle(bytes, STRICT);
      assert.equal(parsed.form, 'sigstore');
      assert.equal(parsed.version, /v(0\.\d)/.exec(name)?.[1]);
      assert.equal(parsed.digest, sha256(bytes));
      assert.equal(parsed.bundle.content.$case, name.endsWith('envelope') ? 'dsseEnvelope' : 'messageSignature');
      assert.equal(
        parsed.statement?.predicateType,
        name.endsWith('envelope') ? 'https://example.com/approval/v1' : undefined,
      );
    });
  }

  it('keeps an index beyond 2^53 digit by digit', () => {
    const { bundle } = parseBundle(toBytes(bases['v0.3 message'] ?? {}), STRICT);
    assert.equal(bundle.verificationMaterial.tlogEntries[0]?.logIndex, '9007199254740993');
  });

  it('reads numbers as numbers too, and enums by number', () => {
    const change = {
      set: {
        '/verificationMaterial/tlogEntries/0/logIndex': 41,
        '/messageSignature/messageDigest/algorithm': 1,
      },
    };
    const { bundle } = parseBundle(toBytes(changed(bases['v0.3 message'] ?? {}, change)), STRICT);
    assert.equal(bundle.verificationMaterial.tlogEntries[0]?.logIndex, '41');
    assert.equal(
      bundle.content.$case === 'messageSignature' && bundle.content.messageSignature.messageDigest.algorithm,
      1,
    );
  });

  it('knows each of its checks by one name', () => {
    assert.equal(new Set(FORM_CHECKS.map(({ name }) => name)).size, FORM_CHECKS.length);
  });

  for (const defect of defects) {
    it(`refuses ${defect.name} (${defect.base})`, () => {
      thrownWith(`trust.${defect.code}`, () => parseBundle(withDefect(defect), STRICT));
    });
  }

  // A bundle may fail later for another reason; what counts is that no other check of the form finds this defect.
  for (const check of FORM_CHECKS) {
    const its = defects.filter((defect) => defect.check === check.name);

    it(`needs the check "${check.name}"`, () => {
      assert.ok(its.length > 0, 'some defect shows it');
      const others = FORM_CHECKS.filter((other) => other !== check);
      for (const defect of its) assert.doesNotThrow(() => parseBundle(withDefect(defect), STRICT, others), defect.name);
    });
  }

  const texts: readonly (readonly [string, Uint8Array, string])[] = [
    ['nothing', Buffer.alloc(0), 'bundle_malformed'],
    ['no JSON', Buffer.from('bundle'), 'bundle_malformed'],
    ['a list', Buffer.from('[]'), 'bundle_malformed'],
    ['what is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'bundle_malformed'],
    [
      'a byte order mark',
      Buffer.concat([Buffer.from('\ufeff'), toBytes(bases['v0.3 message'] ?? {})]),
      'bundle_malformed',
    ],
    ['a member twice', Buffer.from('{"mediaType":"a","mediaType":"b"}'), 'bundle_malformed'],
    ['too many bytes', Buffer.alloc(BUNDLE_LIMITS.bytes + 1, 0x20), 'bundle_too_large'],
    ['deep nesting', Buffer.from(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`), 'bundle_malformed'],
    ['an empty object', Buffer.from('{}'), 'bundle_unsupported'],
  ];
  for (const [name, bytes, code] of texts) {
    it(`refuses ${name}`, () => void thrownWith(`trust.${code}`, () => parseBundle(bytes, STRICT)));
  }

  it('says where, and repeats no name that the bundle chose', () => {
    const defect = { set: { '/verificationMaterial/\u001b[2J evil': 1 } };
    const bytes = toBytes(changed(bases['v0.3 message'] ?? {}, defect));
    const error = thrownWith('trust.bundle_unsupported', () => parseBundle(bytes, STRICT));
    assert.match(error.message, /verificationMaterial\./);
    assert.doesNotMatch(error.message, /evil/);
  });
});
