import assert from 'node:assert/strict';
import type { Terminal } from '../../src/cli/terminal.ts';
import { reportJson, reportText } from '../../src/cli/verify-text.ts';
import { sha256 } from '../../src/model/digest.ts';
import { currentVerdict } from '../../src/trust/current.ts';
import type { Revocations } from '../../src/trust/revocation/revocations.ts';
import { keyMatch, rule, verdictOf } from '../trust/verdicts-of.ts';

const NOTHING_REVOKED: Revocations = {
  state: 'ready',
  generation: 1,
  digest: sha256(''),
  keys: new Set(),
  certificates: new Set(),
  identities: new Set(),
  artifacts: new Set(),
};
const terminal: Terminal = {
  out: () => undefined,
  err: () => undefined,
  colour: false,
  cwd: '/',
  interrupted: new AbortController().signal,
  setExit: () => undefined,
};

describe('the report of exequatur verify', () => {
  const many = Array.from({ length: 70 }, (_, index) => keyMatch(`a${index}`, `${index}`));
  const rules = [
    rule(['a69'], 1, 'last'),
    rule(
      many.slice(60).map(({ authority }) => authority),
      10,
      'ten',
    ),
  ];
  const report = (verdict: ReturnType<typeof verdictOf>) => ({
    document: 'tools.json',
    bundles: [],
    beside: false,
    content: undefined,
    verdict,
    ...currentVerdict(verdict, NOTHING_REVOKED, 0),
  });

  it('never contradicts itself, however many vouch', () => {
    const { verified, rules: lines, signatures } = reportJson(report(verdictOf(many, rules)));
    assert.equal(verified, true);
    assert.deepEqual(
      lines.map(({ name, vouching, met }) => [name, vouching, met]),
      [
        ['last', 1, true],
        ['ten', 10, true],
      ],
    );
    assert.equal(signatures.by.length, 64);
    const kept = new Set(signatures.by.map(({ authority }) => authority));
    assert.ok(
      many.slice(60).every(({ authority }) => kept.has(authority)),
      'those who decide stand in the record',
    );
    const text = reportText(report(verdictOf(many, rules)), terminal);
    assert.match(text, /^VERIFIED/);
    assert.doesNotMatch(text, /not met|does not vouch/);
    assert.equal(text.match(/ vouches /g)?.length, 70);
  });

  it('says that a rule is not met where one of them is missing', () => {
    const { verified, rules: lines } = reportJson(report(verdictOf(many.slice(0, -1), rules)));
    assert.deepEqual([verified, lines.map(({ met }) => met)], [false, [false, false]]);
  });

  it('gives each reason once, with all whom it concerns', () => {
    const failed = ['a', 'b'].map((authority) => ({
      code: 'key_unknown' as const,
      authority,
      bundle: 0,
      message: 'another key signed',
    }));
    const verdict = { ...verdictOf([], [rule(['a', 'b'], 1, 'one')]), failed };
    const text = reportText(report(verdict), terminal);
    assert.equal(text.match(/\n {2}key_unknown/g)?.length, 1);
    assert.match(text, /\n {2}key_unknown {2}\(a, bundle 1; b, bundle 1\)\n {6}.*\n {6}another key signed\n/);
  });
});
