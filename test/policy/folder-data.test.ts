import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { isJsonObject } from '../../src/model/json.ts';
import { readDataFile } from '../../src/policy/data.ts';
import { checkOperation } from '../../src/policy/opa/operations.ts';
import { runHere } from './opa/here.ts';

const LIMITS = { maxBytes: 1_000_000, maxDepth: 64 };

/** What OPA makes of the file; undefined where it refuses it. */
function asOpaReads(name: string, text: string): unknown {
  const checked = runHere(checkOperation({ root: 'p', files: { [`p/x/${name}`]: text, 'p/a.rego': 'package a\n' } }));
  return checked.ok && isJsonObject(checked.data) ? checked.data.x : undefined;
}

function codes(text: string, name = 'data.yaml'): string[] {
  const reading = readDataFile(name, text, LIMITS);
  return reading.ok ? [] : reading.problems.map(({ code }) => code);
}

/** Read alike by OPA and by us (true), or refused by one of us (false). */
function holdAgainstOpa(text: string, name = 'data.yaml'): boolean {
  const reading = readDataFile(name, text, LIMITS);
  const theirs = reading.ok ? asOpaReads(name, text) : undefined;
  if (!reading.ok || theirs === undefined) return false;
  assert.deepEqual(reading.value, theirs, text);
  return true;
}

describe('a data file in YAML', () => {
  const alike = [
    'a: 1\nb: -2.5\nc: 1e3\nd: true\ne: False\nf: null\ng: ~\nh:\n',
    'a: "yes"\nb: \'017\'\nc: "2026-01-02"\n',
    'a: 2026-01-02\nb: 2026-01-02T03:04:05Z\nc: 09:00\nd: 16:30:00\n',
    'a: 10.0.0.0/8\nb: 1.2.3\nc: 1.2.3.4\nd: v1\ne: -\nf: "-"\n'.replace('e: -\n', ''),
    'a: [1, [2, {b: c}], "d"]\nb: {c: {d: []}, e: {}}\n',
    'a: |\n  two\n  lines\nb: >-\n  folded\n  text\n\n  more\nc: |+\n  kept\n\n',
    'a: plain text: no\n'.replace(': no', ' - no'),
    'a: &anchor {b: [1]}\nc: *anchor\nd: [*anchor, *anchor]\n',
    '# comment\n---\na: 1 # more\n...\n',
    'a: "\\u00e9\\n\\t\\x41\\U0001F600\\\n  continued"\n',
    '"a b": 1\n? c\n: 2\n"1": 3\n"": 4\n',
    'a: 9007199254740991\nb: -9007199254740991\nc: 0\nd: -0\n'.replace('d: -0\n', ''),
    'a: *\n'.replace('*', "'*'"),
    'a: =\nb: NULL\nc: Null\nd: nil\ne: None\n',
    'a:\n- 1\n-   - 2\n    - 3\n',
    '__proto__: 1\nconstructor: {toString: 2}\n',
    'a: 1e-3\nb: 0.1\nc: 123.456e+2\n',
    'a: http://example.org:80/x#y\nb: a#b\nc: C:\\x\n',
  ];
  for (const text of alike) {
    it(`is read as OPA reads it: ${JSON.stringify(text)}`, () => assert.ok(holdAgainstOpa(text), codes(text).join()));
  }

  const refused: Readonly<Record<string, readonly string[]>> = {
    'policy.yaml_duplicate_key': ['a: 1\na: 2\n', 'x: {a: 1, "a": 2}\n', 'a: 1\n? a\n: 2\n'],
    'policy.yaml_ambiguous': [
      'a: yes\n',
      'a: No\n',
      'a: [on, off]\n',
      'a: y\n',
      'on: 1\n',
      'a: 017\n',
      'a: 0o17\n',
      'a: 0x1F\n',
      'a: 0b11\n',
      'a: 1_000\n',
      'a: +1\n',
      'a: .5\n',
      'a: 5.\n',
      'a: .inf\n',
      'a: -.INF\n',
      'a: .NaN\n',
      'a: 01.5\n',
      'a: !!str 1\n',
      'a: !!binary aGk=\n',
      'a: !custom x\n',
      'a: !!set {b}\n',
      '!!map\na: 1\n',
      'x: &x {a: 1}\nb: {<<: *x}\n',
      'b:\n  "<<": 1\n',
      '%YAML 1.1\n---\na: 1\n',
      '# c\n%TAG ! !x\n---\na: 1\n',
      'a: x\u2028y\n',
      'a: "x\u0085y"\n',
      'a: "\\ud800"\n',
    ],
    'policy.yaml_key': ['1: a\n', 'true: a\n', '~: a\n', '? [a]\n: b\n', '? {a: 1}\n: b\n', 'x: &x k\n*x : 1\n'],
    'policy.yaml_number': ['a: 9007199254740993\n', 'a: 123456789012345678901234567890\n', 'a: 1e400\n', 'a: 1e20\n'],
    'policy.yaml_several': ['a: 1\n---\nb: 2\n'],
    'policy.yaml_aliases': [
      `a: &a [1,1,1,1,1,1,1,1]\nb: &b [${'*a,'.repeat(8)}]\nc: &c [${'*b,'.repeat(8)}]\nd: &d [${'*c,'.repeat(8)}]\ne: [${'*d,'.repeat(8)}]\n`,
    ],
    'policy.yaml_syntax': [
      'a: [1\n',
      'a: b: c\n',
      'a: "x\n',
      '\ta: 1\n',
      'a: *unknown\n',
      '  a: 1\nb: 2\n',
      'a: `x`\n',
    ],
    'policy.data_too_deep': [`a: ${'['.repeat(100)}${']'.repeat(100)}\n`],
    'policy.data_not_an_object': ['', '# nothing\n', '- 1\n', 'text\n', 'null\n'],
  };
  for (const [code, texts] of Object.entries(refused)) {
    for (const text of texts) {
      it(`is refused with ${code}: ${JSON.stringify(text.slice(0, 60))}`, () =>
        assert.ok(codes(text).includes(code), codes(text).join()));
    }
  }

  it('is read as OPA reads it, or refused, whatever it is made of', () => {
    const scalar = fc.constantFrom(
      '1',
      '-1',
      '0',
      '00',
      '0.50',
      '1e5',
      '1E+05',
      '0x1',
      '1_0',
      '~',
      'null',
      'Null',
      'true',
      'TRUE',
      'yes',
      'off',
      'y',
      'a',
      'a b',
      '- a',
      '"q\\n"',
      "'it''s'",
      '2026-01-01',
      '2026-01-01 10:00:00',
      '12:30',
      '1.2.3',
      '.5',
      '.inf',
      '*x',
      '&x 1',
      '!!int "3"',
      '|\n    block\n',
      '>\n    folded\n    text\n',
      '',
      '[]',
      '{}',
      '#c',
      'a #c',
      'a#c',
      '{a: 1, b: [2]}',
      '[a, "b", 3]',
      '[a: 1]',
      '? a',
      'é',
      '😀',
      '@x',
      '%x',
      ':',
      'a:',
      ':a',
      '-',
      '--',
      '---',
      '...',
      '=',
      '<<',
      '\\',
      '"\\/"',
      '"\\e"',
      '"a\n  b"',
      'a\n    b',
      '0o7',
      '1.',
      '+1',
      '-0',
      '1e',
      'e1',
      '0e0',
      'NaN',
      'Infinity',
      '1:2',
      'a: b',
      '- 1',
      "'",
      '"',
    );
    const key = fc.constantFrom(
      'a',
      'b',
      'c d',
      '"a"',
      "'e'",
      '1',
      'yes',
      '~',
      'null',
      '<<',
      '? x',
      '&k k',
      '2026-01-01',
      'é',
      '"\\u0061"',
      'a:b',
      '-',
      '.5',
    );
    const line = fc.tuple(
      fc.constantFrom('', '', '  ', '- ', '  - '),
      key,
      fc.constantFrom(': ', ':', ' : ', ':\t'),
      scalar,
      fc.constantFrom('\n', '\n', '\r\n', '\n\n', ' # c\n'),
    );
    const document = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.flat().join(''));
    let read = 0;
    fc.assert(
      fc.property(document, (text) => {
        if (holdAgainstOpa(text)) read++;
      }),
      { numRuns: 3000, seed: 20261121 },
    );
    assert.ok(read > 100, `only ${read} documents were read at all`);
  });
});

describe('a data file in JSON', () => {
  it('is read as OPA reads it', () => {
    assert.ok(holdAgainstOpa('{"a": [1, 2.50, 1e3, null, true, "\\u00e9"], "b": {"": {}}}', 'data.json'));
  });

  it('is refused where OPA would take the last of two members, or round', () => {
    assert.deepEqual(codes('{"a": 1, "a": 2}', 'data.json'), ['json.duplicate_key']);
    assert.deepEqual(codes('{"a": 9007199254740993}', 'data.json'), ['json.number_out_of_range']);
    assert.deepEqual(codes('[1]', 'data.json'), ['policy.data_not_an_object']);
  });
});
