import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/model/json.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import { thrownWith } from '../../thrown.ts';
import { changed, type Defect, readVectors, toBytes } from './vectors.ts';

const { legacy, hint } = readVectors<{ legacy: Record<string, JsonObject>; hint: string }>('legacy.json');
const { certificates } = readVectors<{ certificates: { leaf: string } }>('bases.json');
const ALLOWED = { allowCosignLegacy: true };

describe("cosign's legacy bundle", () => {
  for (const [name, json] of Object.entries(legacy)) {
    it(`is read where it is allowed: ${name}`, () => {
      const { form, version, bundle, statement } = parseBundle(toBytes(json), ALLOWED);
      assert.deepEqual([form, version], ['cosign_legacy', '0.1']);
      const { content, tlogEntries } = bundle.verificationMaterial;
      if (content.$case === 'publicKey') assert.equal(content.publicKey.hint, hint);
      else {
        assert.ok(content.$case === 'x509CertificateChain');
        assert.deepEqual(
          content.x509CertificateChain.certificates.map(({ rawBytes }) => rawBytes.toString('base64')),
          [certificates.leaf],
        );
      }
      const [entry] = tlogEntries;
      assert.equal(entry?.logIndex, '41');
      assert.equal(entry?.inclusionPromise?.signedEntryTimestamp.toString(), 'a promise');
      assert.equal(entry?.inclusionProof, undefined);
      assert.equal(statement?.predicateType, name === 'attestation' ? 'https://example.com/approval/v1' : undefined);
      if (bundle.content.$case === 'messageSignature') {
        assert.equal(bundle.content.messageSignature.signature.toString(), 'a signature');
        assert.equal(bundle.content.messageSignature.messageDigest.digest.length, 32);
      }
    });

    it(`is refused where it is not allowed: ${name}`, () => {
      thrownWith('trust.legacy_not_allowed', () => parseBundle(toBytes(json), { allowCosignLegacy: false }));
    });
  }

  for (const defect of readVectors<readonly Defect[]>('legacy-defects.json')) {
    it(`is refused with ${defect.name}`, () => {
      const bytes = toBytes(changed(legacy[defect.base] ?? {}, defect));
      thrownWith(`trust.${defect.code}`, () => parseBundle(bytes, ALLOWED));
    });
  }

  it('does not make a bundle of another form do without its inclusion proof', () => {
    const { bases } = readVectors<{ bases: Record<string, JsonObject> }>('bases.json');
    const stripped = changed(bases['v0.1 message'] ?? {}, {
      remove: ['/verificationMaterial/tlogEntries/0/inclusionProof'],
    });
    thrownWith('trust.inclusion_proof_missing', () => parseBundle(toBytes(stripped), ALLOWED));
  });
});
