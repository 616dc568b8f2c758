import assert from 'node:assert/strict';
import { BundleFuzzer } from '../fault/bundles/fuzz.ts';

// `npm run fault:bundles` tries 100,000 with another seed each time.
describe('mutated bundles', () => {
  it('verify only where they mean the same, and break nothing', () => {
    const { refused, verified, failures } = new BundleFuzzer(1).run(0, 2000);
    assert.deepEqual(failures, []);
    assert.equal(refused + verified, 2000);
    assert.ok(verified > 0, 'a mutation of what nobody signs makes no difference');
  });
});
