import assert from 'node:assert/strict';
import { describeState, stateConfig } from '../../src/state/config.ts';

/** The places of what is refused. */
function refused(config: unknown): readonly string[] {
  const parsed = stateConfig.safeParse(config);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
}

describe('the configuration of state', () => {
  it('is memory where nothing is said, which says aloud that it forgets', () => {
    const config = stateConfig.parse(undefined);
    assert.equal(config.store, 'memory');
    assert.match(describeState(config), /MEMORY.*forgotten/);
  });

  it('takes no secret in a URL, no plain text over a network, nothing that it does not know', () => {
    assert.deepEqual(refused({ store: 'redis', url: 'rediss://redis.internal:6380/2' }), []);
    assert.deepEqual(refused({ store: 'redis', url: 'redis://[::1]' }), []);
    assert.deepEqual(refused({ store: 'redis', url: 'redis://10.1.2.3', dangerously_allow_plaintext: true }), []);
    const wrong: readonly [Record<string, unknown>, string][] = [
      [{ url: 'redis://10.1.2.3' }, 'url'],
      [{ url: 'redis://redis.internal' }, 'url'],
      [{ url: 'rediss://:secret@localhost' }, 'url'],
      [{ url: 'rediss://user@localhost' }, 'password_file'],
      [{ url: 'http://localhost' }, 'url'],
      [{ url: 'localhost:6379' }, 'url'],
      [{ url: 'rediss://h/zero' }, 'url'],
      [{ url: 'rediss://h/?db=1' }, 'url'],
      [{ url: 'redis://localhost', ca_file: 'ca.pem' }, 'ca_file'],
      [{ url: 'rediss://h', namespace: 'a:b' }, 'namespace'],
      [{ url: 'rediss://h', timeout_ms: 0 }, 'timeout_ms'],
      [{ url: 'rediss://h', replicas: -1 }, 'replicas'],
      [{}, 'url'],
    ];
    for (const [config, place] of wrong) {
      assert.deepEqual(refused({ store: 'redis', ...config }), [place], JSON.stringify(config));
    }
    assert.deepEqual(refused({ store: 'file' }), ['path']);
    assert.deepEqual(refused({ store: 'memory', path: 'x' }), ['']);
    assert.deepEqual(refused({ store: 'etcd' }), ['store']);
    assert.deepEqual(refused({ path: 'x' }), ['store']);
  });
});
