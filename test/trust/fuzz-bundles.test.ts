import assert from 'node:assert/strict';
import { BundleFuzzer } from '../fault/bundles/fuzz.ts';
import { isWithin, type Meaning, meaningOf } from '../fault/bundles/meaning.ts';
import { createLab, type LabOptions } from './lab/lab.ts';
import { scenario } from './lab/scenarios.ts';
import { verifyMade } from './lab/verify.ts';

// `npm run fault:bundles` tries 100,000 with another seed each time.
describe('mutated bundles', () => {
  it('verify only where they mean the same, and break nothing', () => {
    const { refused, verified, failures } = new BundleFuzzer(1).run(0, 2000);
    assert.deepEqual(failures, []);
    assert.equal(refused + verified, 2000);
    assert.ok(verified > 0, 'a mutation of what nobody signs makes no difference');
  });
});

describe('the meaning of a bundle', () => {
  const meaning = (name: string, options: LabOptions = {}): Meaning => {
    const made = createLab(options).make(scenario(name));
    const result = verifyMade(made);
    assert.ok(result.verified);
    return meaningOf(made.bundleBytes, result.proved, made.allowCosignLegacy, true);
  };

  it('is the same in other words', () => {
    assert.ok(isWithin(meaning('v0.3 message snake_case'), [meaning('v0.3 message timestamped')]));
    assert.ok(isWithin(meaning('v0.3 message'), [meaning('v0.3 message timestamped')]), 'less is proved');
  });

  it('is another with another Statement, signer, or proof', () => {
    const original = [meaning('v0.3 DSSE dsse')];
    assert.ok(!isWithin(meaning('v0.3 DSSE dsse', { predicate: { result: 'FAILED' } }), original));
    assert.ok(!isWithin(meaning('v0.3 DSSE dsse', { seed: 2 }), original));
    assert.ok(!isWithin(meaning('v0.3 DSSE Rekor v2'), original));
    assert.ok(!isWithin(meaning('v0.3 message timestamped'), [meaning('v0.3 message')]), 'more is proved');
  });
});
