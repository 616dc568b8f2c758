import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matchesAnybody, matchesAnyIssuer, narrows } from '../../../src/trust/authority/breadth.ts';
import { compileText, patternProblem } from '../../../src/trust/authority/pattern.ts';

const TAIL = '/tools/\\.github/workflows/release\\.yml@refs/heads/main';

const OPEN = [
  `^https:\\/\\/github\\.com\\/.+${TAIL}$`,
  `^https://github[.]com/.+${TAIL}$`,
  `^(?:https://github\\.com/.+${TAIL})$`,
  `^((https://github\\.com/[^/]+${TAIL}))$`,
  `^https://(?:github|gitlab)\\.com/.+${TAIL}$`,
  `^https?://github\\.com/[^/]+${TAIL}$`,
  `^https?://github\\.com/acme/.+$`,
  `^https:/{2}github\\.com/[^/]+${TAIL}$`,
  `^https:/{1,}github\\.com/acme/.+$`,
  `^https://github\\.com/(?:acme|\\w+)${TAIL}$`,
  `^https://github\\.com/(?:acme|)[a-z]*${TAIL}$`,
  `^https://github\\.com/\\x61*[a-z-]+${TAIL}$`,
  `^https://github\\.com/acme-?[a-z]*${TAIL}$`,
  `^https://github\\.com/acme[-/].*$`,
  `^https://github\\.com/[Aa]cme/.*$`,
  `^https://github\\.com/acme(?:/tools)?.*$`,
  `^https://github\\.com/acme/?.*$`,
  `^https://[^/]+/acme/.+$`,
  `^https://.+${TAIL}$`,
  `^.+${TAIL}$`,
  '^(?:https://github\\.com/acme/.+|.+)$',
  '^(?:https://github\\.com/acme/)*.+$',
  '^(?:https://github\\.com/acme/){0,2}.+$',
  '^spiffe://[^/]+/ns/release$',
  '^spiffe://acme\\.example.*$',
  '^.+@acme\\.example$',
  '^[^@]+@.*acme\\.example$',
  '^[^@]+@[^@]*\\.example$',
  '^[^@]+acme\\.example$',
  '^[^@]+@acme.example$',
  '^[^@]+@(?:acme\\.example|[a-z]+)$',
  '^[^@]+@gmail\\.com$',
  '^[a-z]+@(?:acme\\.example|outlook\\.com)$',
  '^[^!]+!.+$',
];

const SOMEBODYS = [
  '^https://github\\.com/acme/.*$',
  '^https:\\/\\/github\\.com\\/acme\\/.*$',
  '^https:/{2}github[.]com/acme/[^@]+@refs/tags/v[0-9.]+$',
  '^(?:https://(?:github|gitlab)\\.com/(?:acme|acme-labs)/.+)$',
  '^https://github\\.com/acme(?:-labs)?/.+$',
  '^https://github\\.com/\\x61cm\\x{65}/.+$',
  '^https://github\\.com/a{1}cme/(?:tools|site)/.+$',
  '^https://git\\.acme\\.example:8443/acme/.+$',
  '^https://github\\.com/acme(?:/.*)?$',
  '^spiffe://acme\\.example/ns/.+$',
  '^[^@]+@acme\\.example$',
  '^[a-z.]+@(?:mail\\.)?acme\\.example$',
  '^[^!/]+!acme\\.example$',
  '^(?:anna|ben)@gmail\\.com$',
  '^(?:https://github\\.com/acme/.+|[^@]+@acme\\.example)$',
];

describe('subjects that anybody can have', () => {
  for (const pattern of OPEN) {
    it(`are those of ${pattern}`, () => {
      assert.equal(patternProblem(pattern), undefined);
      assert.equal(matchesAnybody({ pattern }), true);
    });
  }

  for (const pattern of SOMEBODYS) {
    it(`are not those of ${pattern}`, () => {
      assert.equal(patternProblem(pattern), undefined);
      assert.equal(matchesAnybody({ pattern }), false);
    });
  }

  it('are none where the text stands there whole, or where the pattern is none and reported as such', () => {
    assert.equal(matchesAnybody({ exact: 'anna@gmail.com' }), false);
    assert.equal(matchesAnybody({ pattern: '^a(b$' }), false);
  });

  /** Pieces that patterns are put together from, whole and broken, in spellings that mean the same or nearly. */
  const piece = fc.constantFrom(
    ...['https', 'http', 's?', ':', '/', '//', '/{2}', '\\/', '[/]', '/?', '/*', 'github', 'gitlab', '\\.', '.', '[.]'],
    ...['com', 'acme', 'acm', 'e', 'e?', 'e*', '[e]', '[ef]', '\\x65', '\\w', '[^/]', '.+', '.*', '[a-z-]+', '-', '/x'],
    ...[
      'https://github\\.com/acme/',
      'https://github\\.com/',
      '@',
      '[^@]+',
      '@acme\\.example',
      '\\.example',
      'acme\\.',
    ],
    ...['(?:|x)', '{1,2}', '+', '??', 'spiffe://acme\\.example/', '[[:alpha:]]', '[]]', '[^]]', '\\d', '!', '!acme'],
  );
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    part: fc.oneof(
      { depthSize: 'small' },
      piece,
      fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
      fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => `(?:${parts.join('|')})`),
      tie('part').map((part) => `(${part})?`),
    ),
    pattern: fc
      .tuple(
        fc.constantFrom('', 'https://github\\.com/', 'https://github\\.com/acme', 'https://', '[^@]+@'),
        tie('part'),
        fc.constantFrom('', '.*', '/.+'),
      )
      .map((parts) => `^${parts.join('')}$`),
  }));

  const OTHERS = ['evil', 'acm', 'acmee', 'acmef', 'acme-evil', 'acme-', 'xacme', 'Acme', 'a', 'https:', 'acme.evil'];
  const PATHS = [
    '/acme/',
    '/tools/x@refs/heads/main',
    '/x',
    '/',
    '/x/y@refs/heads/b@acme.example',
    '/https://github.com/acme/',
  ];
  /** Subjects of somebody, with the place of the name in them. */
  const subjectsOf = (name: string): readonly string[] =>
    [
      ...['https://github.com/', 'https://gitlab.com/', 'https://githubxcom/', 'spiffe://'].flatMap((start) =>
        PATHS.map((path) => `${start}${name}${path}`),
      ),
      ...['acme/x', 'x'].map((path) => `https://${name}/${path}/`),
      ...['@', '!'].flatMap((sign) => ['', '.example', '.com'].map((end) => `acme${sign}${name}${end}`)),
      'http://github.com/acme/x',
      `acme@${name}.acme.example`,
    ].filter((subject) => subject.includes(name));
  const strangers = OTHERS.flatMap(subjectsOf);

  it('match no pattern that passes, however it is spelt: with a name in the place of the owner that does not stand in it', () => {
    let accepted = 0;
    let matched = 0;
    fc.assert(
      fc.property(pattern, (text) => {
        if (patternProblem(text) !== undefined || matchesAnybody({ pattern: text })) return;
        accepted += 1;
        const matches = compileText({ pattern: text });
        for (const name of ['acme', ...OTHERS]) {
          for (const [index, subject] of subjectsOf(name).entries()) {
            if (!matches(subject)) continue;
            matched += 1;
            // As long as what it replaces, longer, shorter, and of letters that every class has.
            for (const other of ['zzzz', 'q', `${name}z`, `z${name}`, 'evil', `${name.slice(0, -1)}z`]) {
              const stranger = subjectsOf(other)[index] ?? '';
              assert.equal(matches(stranger), false, `${text} matches ${subject}, and ${stranger}`);
            }
          }
        }
      }),
      { numRuns: 6000 },
    );
    assert.ok(accepted > 100 && matched > 100, `${accepted} accepted, ${matched} matches`);
  });

  it('are not those of an owner written out, whatever stands behind', () => {
    const behind = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''));
    const start = fc.constantFrom(
      'https://github\\.com/acme/',
      'https:/{2}github[.]com/(?:acme)/',
      '(https:\\/\\/github\\.com\\/acm\\x65)\\/',
    );
    fc.assert(
      fc.property(start, behind, (first, rest) => {
        const text = `^${first}(?:${rest})$`;
        if (patternProblem(text) !== undefined) return;
        assert.equal(matchesAnybody({ pattern: text }), false, text);
        const matches = compileText({ pattern: text });
        for (const stranger of strangers) assert.equal(matches(stranger), false, `${text} matches ${stranger}`);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('claims that narrow', () => {
  for (const [name, match, expected] of [
    ['source_repository_owner_identifier', { exact: '131804563' }, true],
    ['source_repository_owner_identifier', { pattern: '^(?:131804563|131804564)$' }, true],
    ['source_repository_owner_identifier', { pattern: '^13180456[0-9]*$' }, false],
    ['source_repository_owner_uri', { pattern: '^https://github\\.com/(?:acme|acme-labs)$' }, true],
    ['source_repository_owner_uri', { pattern: '^https://github\\.com/acme.*$' }, false],
    ['source_repository_uri', { pattern: '^https:\\/\\/github\\.com\\/.+\\/tools$' }, false],
    ['source_repository_uri', { pattern: '^https://github[.]com/.+/tools$' }, false],
    ['source_repository_uri', { pattern: '^https://github[.]com/acme/.+$' }, true],
    ['source_repository_digest', { pattern: '^[0-9a-f]{40}$' }, false],
    ['token_subject', { pattern: '^repo:acme/.+$' }, true],
    ['token_subject', { pattern: '^project_path:acme/tools:.+$' }, true],
    ['token_subject', { pattern: '^repo:.+/tools:ref:refs/heads/main$' }, false],
    ['token_subject', { pattern: '^repo:acme.*$' }, false],
    ['build_trigger', { exact: 'push' }, false],
    ['build_signer_uri', { exact: 'https://github.com/acme/tools/.github/workflows/a.yml@refs/heads/main' }, false],
  ] as const) {
    it(`${name} ${'exact' in match ? match.exact : match.pattern}: ${expected}`, () => {
      assert.equal(narrows(name, match), expected);
    });
  }
});

describe('what says whose a certificate is', () => {
  it('is neither a commit, which forks share, nor a name that anybody can give an environment', () => {
    const digest = { exact: 'a'.repeat(40) };
    assert.equal(narrows('source_repository_digest', digest), false);
    assert.equal(narrows('build_config_digest', digest), false);
    assert.equal(narrows('token_subject', { exact: 'environment:production' }), false);
    assert.equal(narrows('token_subject', { exact: 'repo:acme/tools:environment:production' }), true);
    assert.equal(narrows('source_repository_owner_identifier', { exact: '1304826' }), true);
  });

  it('is no user name before which a URI fits', () => {
    assert.equal(matchesAnybody({ pattern: '^[^!]+!acme\\.example$' }), true);
    assert.equal(matchesAnybody({ pattern: '^[^!/]+!acme\\.example$' }), false);
  });
});

describe('patterns of issuers', () => {
  it('are refused where they leave open who runs them', () => {
    for (const pattern of [
      '^https://[a-z.]+$',
      '^https://.*\\.githubusercontent\\.com$',
      '^https://[^/]+/login/oauth$',
      '^https://accounts\\.google\\.com.*$',
      '^https://container\\.googleapis\\.com/v1/projects/.+$',
      '^https://oidc\\.circleci\\.com/org/.+$',
      '^https://gitlab\\.example(?:/.*)?$',
      '^(?:https://a\\.example|https://.+)$',
      '^.+$',
    ]) {
      assert.equal(patternProblem(pattern), undefined, pattern);
      assert.equal(matchesAnyIssuer({ pattern }), true, pattern);
    }
  });

  it('are taken where each match is written out', () => {
    for (const pattern of [
      '^https://token\\.actions\\.githubusercontent\\.com$',
      '^https://token\\.actions\\.githubusercontent\\.com(?:/acme)?$',
      '^https://(?:gitlab\\.com|accounts\\.google\\.com)$',
    ]) {
      assert.equal(matchesAnyIssuer({ pattern }), false, pattern);
    }
    assert.equal(matchesAnyIssuer({ exact: 'https://issuer.example' }), false);
  });
});
