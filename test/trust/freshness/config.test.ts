import assert from 'node:assert/strict';
import { freshnessConfig, isStrict } from '../../../src/trust/freshness/config.ts';

const LOG = { root: 'public', origin: 'rekor.sigstore.dev', api: 'rekor_v1' };

function paths(value: unknown): string[] {
  const parsed = freshnessConfig.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe("the configuration's trust.freshness", () => {
  it('needs nothing, and looks at no log by itself', () => {
    assert.deepEqual(freshnessConfig.parse(undefined), { remembered_checkpoints: 256, strict_marks: [] });
  });

  it('fills in what a live job needs besides its logs', () => {
    const { live } = freshnessConfig.parse({ live: { logs: [LOG] } });
    assert.deepEqual(live, {
      schedule: '*/15 * * * *',
      timeout_seconds: 20,
      proofs_per_run: 32,
      patience_runs: 3,
      logs: [LOG],
    });
  });

  it('refuses what is out of bounds or unknown, each with its place', () => {
    assert.deepEqual(paths({ live: { logs: [] } }), ['live.logs']);
    assert.deepEqual(paths({ live: { logs: [LOG], schedule: 'often' } }), ['live.schedule']);
    assert.deepEqual(paths({ live: { logs: [LOG], schedule: '* * * * * *' } }), ['live.schedule']);
    assert.deepEqual(paths({ strict_marks: [{ kind: 'Catalogue ' }] }), ['strict_marks.0.kind']);
    assert.deepEqual(paths({ live: { logs: [LOG], timeout_seconds: 0 } }), ['live.timeout_seconds']);
    assert.deepEqual(paths({ live: { logs: [{ ...LOG, api: 'rekor' }] } }), ['live.logs.0.api']);
    assert.deepEqual(paths({ live: { logs: [{ ...LOG, origin: ' x' }] } }), ['live.logs.0.origin']);
    assert.deepEqual(paths({ live: { logs: [{ ...LOG, log_id: 'XY' }] } }), ['live.logs.0.log_id']);
    assert.deepEqual(paths({ remembered_checkpoints: 15 }), ['remembered_checkpoints']);
    assert.deepEqual(paths({ remembered_checkpoints: 401, strict_marks: [{ kind: '' }] }), [
      'remembered_checkpoints',
      'strict_marks.0.kind',
    ]);
  });

  it('reads logs over https, or http on loopback', () => {
    const at = (base_url: string) => paths({ live: { logs: [{ ...LOG, base_url }] } });
    for (const good of [
      'https://mirror.example/rekor',
      'http://127.0.0.1:8080',
      'http://localhost/x',
      'http://[::1]:1',
    ]) {
      assert.deepEqual(at(good), [], good);
    }
    const bad = [
      'http://mirror.example',
      'ftp://x',
      'file:///etc',
      'https://u:p@x',
      'https://x/?a',
      'https://x/#a',
      'x',
    ];
    for (const text of bad) assert.deepEqual(new Set(at(text)), new Set(['live.logs.0.base_url']), text);
  });

  it('switches strict marks on by kind and glob', () => {
    const config = freshnessConfig.parse({
      strict_marks: [{ kind: 'catalogue' }, { kind: 'plan', name: 'prod/*' }, { kind: 'tool', name: 'a*b*c' }],
    });
    assert.ok(isStrict(config, 'catalogue', 'anything'));
    assert.ok(isStrict(config, 'plan', 'prod/one'));
    assert.ok(!isStrict(config, 'plan', 'test/prod/one'));
    assert.ok(!isStrict(config, 'policy', 'anything'));
    for (const yes of ['abc', 'axbxc', 'abbc', 'abcbc']) assert.ok(isStrict(config, 'tool', yes), yes);
    for (const no of ['ac', 'ab', 'abcd', 'xabc', 'acb', 'bc']) assert.ok(!isStrict(config, 'tool', no), no);
  });
});
