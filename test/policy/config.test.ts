import assert from 'node:assert/strict';
import { policyConfig } from '../../src/policy/config.ts';

describe('the configuration of the policy', () => {
  const problems = (value: unknown) =>
    policyConfig.safeParse(value).error?.issues.map((issue) => issue.path.join('.') || issue.code) ?? [];

  it('asks for every shipped control and bounds memory where nothing is said', () => {
    const defaults = {
      required_controls: ['access', 'plan', 'destructive', 'window', 'signature', 'drift'],
      max_memory_pages: 512,
    };
    assert.deepEqual(policyConfig.parse({}), defaults);
    assert.deepEqual(policyConfig.parse(undefined), defaults);
  });

  it('takes folders or a bundle', () => {
    assert.deepEqual(policyConfig.parse({ paths: ['policies', 'ours'] }).paths, ['policies', 'ours']);
    assert.equal(policyConfig.parse({ bundle: 'a.tar.gz', required_controls: [] }).bundle, 'a.tar.gz');
    assert.deepEqual(problems({ paths: ['a'], bundle: 'b' }), ['bundle']);
  });

  it('refuses what is misspelt, of another type, or out of bounds', () => {
    assert.deepEqual(problems({ path: 'a' }), ['unrecognized_keys']);
    assert.deepEqual(problems({ paths: 'a' }), ['paths']);
    assert.deepEqual(problems({ bundle: '' }), ['bundle']);
    assert.deepEqual(problems({ required_controls: ['access', 'access'] }), ['required_controls']);
    assert.deepEqual(problems({ required_controls: ['Access'] }), ['required_controls.0']);
    for (const max_memory_pages of [15, 16_385, 1.5, '512', null]) {
      assert.deepEqual(problems({ max_memory_pages }), ['max_memory_pages']);
    }
  });
});
