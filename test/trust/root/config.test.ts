import assert from 'node:assert/strict';
import { revocationsConfig } from '../../../src/trust/revocation/config.ts';
import { rootsConfig } from '../../../src/trust/root/config.ts';

describe('the configuration of roots', () => {
  it('has defaults', () => {
    assert.deepEqual(rootsConfig.parse(undefined), {});
    assert.deepEqual(rootsConfig.parse({ sigstore: { source: 'public_good' } }), {
      sigstore: {
        source: 'public_good',
        refresh: { schedule: '17 */6 * * *', timeout_seconds: 60, retries: 2 },
        mirror: 'https://tuf-repo-cdn.sigstore.dev',
        cache: './data/trust/roots',
        max_age_seconds: 604_800,
      },
    });
  });

  it('takes a mirror with or without a slash at its end', () => {
    const { a } = rootsConfig.parse({
      a: { source: 'tuf', mirror: 'http://tuf.internal/sigstore/', root: 'root.json' },
    });
    assert.ok(a?.source === 'tuf' && a.mirror === 'http://tuf.internal/sigstore' && a.target === 'trusted_root.json');
  });

  const tuf = { source: 'tuf', mirror: 'https://m.example', root: 'root.json' };
  for (const [what, path, roots] of [
    ['a name with capitals', 'Sigstore', { Sigstore: { source: 'public_good' } }],
    ['a name that leads out of the folder', '../a', { '../a': tuf }],
    ['a name that is inherited', '__proto__', JSON.parse('{"__proto__": {"source": "file", "path": "x"}}')],
    ['a source that nobody knows', 'a.source', { a: { source: 'url' } }],
    ['a key that nobody knows', 'a', { a: { source: 'public_good', forceInit: true } }],
    ['a file without a path', 'a.path', { a: { source: 'file', path: '' } }],
    ['a schedule that is none', 'a.refresh.schedule', { a: { ...tuf, refresh: { schedule: '61 * * * *' } } }],
    ['a schedule by the second', 'a.refresh.schedule', { a: { ...tuf, refresh: { schedule: '* * * * * *' } } }],
    ['a mirror that is no URL', 'a.mirror', { a: { ...tuf, mirror: 'm.example' } }],
    ['a mirror of another scheme', 'a.mirror', { a: { ...tuf, mirror: 'file:///etc' } }],
    ['a mirror with a password', 'a.mirror', { a: { ...tuf, mirror: 'https://u:p@m.example' } }],
    ['a target that leads out of the folder', 'a.target', { a: { ...tuf, target: 'x/../../passwd' } }],
    ['no refresh through TUF', 'a.refresh', { a: { ...tuf, refresh: false } }],
    ['an age of a second', 'a.max_age_seconds', { a: { ...tuf, max_age_seconds: 1 } }],
    ['an age of two years', 'a.max_age_seconds', { a: { ...tuf, max_age_seconds: 63_072_000 } }],
    [
      'an age of what is never refreshed',
      'a.max_age_seconds',
      { a: { source: 'public_good', refresh: false, max_age_seconds: 7200 } },
    ],
  ] as const) {
    it(`refuses ${what}, at its place`, () => {
      const issues = rootsConfig.safeParse(roots).error?.issues ?? [];
      assert.deepEqual(
        issues.map((issue) => issue.path.join('.')),
        [path],
      );
    });
  }
});

describe('the configuration of revocations', () => {
  it('has defaults, and refuses a file named twice', () => {
    assert.deepEqual(revocationsConfig.parse(undefined), { files: [], poll_seconds: 5 });
    assert.equal(revocationsConfig.safeParse({ files: ['a', 'a'] }).success, false);
    assert.equal(revocationsConfig.safeParse({ files: ['a'], poll_seconds: 0 }).success, false);
  });
});
