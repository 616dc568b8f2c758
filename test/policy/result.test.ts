import assert from 'node:assert/strict';
import type { Json } from '../../src/model/json.ts';
import { parseResult } from '../../src/policy/result.ts';
import { toVerdict } from '../../src/policy/verdict.ts';
import { thrownWith } from '../thrown.ts';

type Members = { [member: string]: Json };

const reason = { control: 'access', code: 'access.denied', message: 'No.' };
const obligation = { id: 'o1', type: 'log', properties: {} };
const result = (more: Members = {}): Members => ({
  permit: true,
  controls: { access: 'pass', window: 'not_applicable' },
  reasons: [],
  obligations: [],
  ...more,
});

describe("the policy's result", () => {
  it('is accepted in the shape of the contract', () => {
    const whole = result({ reasons: [reason], obligations: [obligation] });
    assert.deepEqual(parseResult(whole), whole);
  });

  const misshapen: readonly (readonly [string, Json])[] = [
    ['a boolean', true],
    ['null', null],
    ['an array', []],
    ['without a permit', { controls: {}, reasons: [], obligations: [] }],
    ['with a permit of text', result({ permit: 'true' })],
    ['with a member more', result({ allow: true })],
    ['with inherited members only', JSON.parse('{"__proto__": {"permit": true}}')],
    ['with controls in a list', result({ controls: ['access'] })],
    ['with an unknown state', result({ controls: { access: 'passed' } })],
    ['with a state of another type', result({ controls: { access: true } })],
    ['with a control named __proto__', result({ controls: JSON.parse('{"__proto__": "pass"}') })],
    ['with a nameless control', result({ controls: { '': 'pass' } })],
    ['with reasons in an object', result({ reasons: {} })],
    ['with a reason of text', result({ reasons: ['no'] })],
    ['with a reason without a message', result({ reasons: [{ control: 'access', code: 'access.no' }] })],
    ['with a reason that says more', result({ reasons: [{ ...reason, more: 1 }] })],
    ['with a code that is none', result({ reasons: [{ ...reason, code: 'No such\ncode' }] })],
    ['with an empty message', result({ reasons: [{ ...reason, message: '' }] })],
    ['with a message that is no Unicode', result({ reasons: [{ ...reason, message: '\ud800' }] })],
    ['with a reason of a control that did not report', result({ reasons: [{ ...reason, control: 'plan' }] })],
    ['with a reason in the name of the engine', result({ reasons: [{ ...reason, control: 'engine' }] })],
    ['with a reason in an inherited name', result({ reasons: [{ ...reason, control: 'constructor' }] })],
    ['with obligations in an object', result({ obligations: {} })],
    ['with an obligation without properties', result({ obligations: [{ id: 'o1', type: 'log' }] })],
    ['with properties of text', result({ obligations: [{ ...obligation, properties: 'x' }] })],
    [
      'with a number that no record can hold',
      result({ obligations: [{ ...obligation, properties: { a: Number.POSITIVE_INFINITY } }] }),
    ],
    ['with half a character in a name', result({ obligations: [{ ...obligation, properties: { '\udfff': 1 } }] })],
  ];
  for (const [what, value] of misshapen) {
    it(`is refused ${what}`, () => {
      thrownWith('engine.result_shape', () => parseResult(value));
    });
  }

  const nested = (depth: number): Json => (depth === 0 ? 1 : [nested(depth - 1)]);
  const oversized: readonly (readonly [string, Json])[] = [
    ['controls', result({ controls: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`c${i}`, 'pass'])) })],
    ['reasons', result({ reasons: Array.from({ length: 65 }, () => reason) })],
    ['obligations', result({ obligations: Array.from({ length: 33 }, () => obligation) })],
    ['message', result({ reasons: [{ ...reason, message: 'x'.repeat(2_001) }] })],
    ['code', result({ reasons: [{ ...reason, code: 'x'.repeat(129) }] })],
    ['obligation', result({ obligations: [{ ...obligation, properties: { a: 'x'.repeat(33_000) } }] })],
    ['nesting', result({ obligations: [{ ...obligation, properties: { a: nested(20) } }] })],
    [
      'sum of messages',
      result({ reasons: Array.from({ length: 20 }, () => ({ ...reason, message: '\u20ac'.repeat(1_900) })) }),
    ],
  ];
  for (const [what, value] of oversized) {
    it(`is bounded in its ${what}`, () => {
      thrownWith('engine.result_bounds', () => parseResult(value));
    });
  }
});

describe('the verdict', () => {
  const controls = new Set(['access', 'window']);
  const verdict = (value: Members, context: Members = {}) => toVerdict(parseResult(value), controls, context);
  const codes = (value: Members, context: Members = {}) => {
    const { permit, reasons } = verdict(value, context);
    return { permit, codes: reasons.map(({ code }) => code) };
  };

  it('permits where the policy does and each control of the manifest passed or was skipped', () => {
    const value = result({ reasons: [{ ...reason, code: 'access.note' }] });
    assert.deepEqual(verdict(value), value);
  });

  it('denies where a control is missing, is one too many, or is another', () => {
    for (const reported of [
      { access: 'pass' },
      { access: 'pass', window: 'pass', plan: 'pass' },
      { access: 'pass', plan: 'pass' },
      {},
    ]) {
      assert.deepEqual(codes(result({ controls: reported })), { permit: false, codes: ['engine.controls_mismatch'] });
    }
  });

  it('denies where the policy permits despite a failure, and says both', () => {
    const failed = result({ controls: { access: 'pass', window: 'fail' } });
    assert.deepEqual(codes(failed), { permit: false, codes: ['window.failed', 'engine.permit_despite_failure'] });
  });

  it('gives each failed control a reason, its own first', () => {
    const failed = result({ permit: false, controls: { access: 'fail', window: 'fail' }, reasons: [reason] });
    assert.deepEqual(verdict(failed).reasons, [
      reason,
      { control: 'window', code: 'window.failed', message: 'The control window failed.' },
    ]);
  });

  it('gives a reason where the policy withholds its permit without one', () => {
    assert.deepEqual(codes(result({ permit: false })), { permit: false, codes: ['engine.permit_withheld'] });
  });

  it('denies a permit with an obligation that the caller does not support', () => {
    const obliged = result({ obligations: [obligation, { ...obligation, id: 'o2', type: 'notify' }] });
    const denied = { permit: false, codes: ['engine.obligation_unsupported'] };
    for (const context of [
      {},
      { supported_obligations: ['log'] },
      { supported_obligations: 'log notify' },
      { supported_obligations: { log: true, notify: true } },
    ]) {
      assert.deepEqual(codes(obliged, context), denied);
    }
    assert.deepEqual(codes(obliged, { supported_obligations: ['notify', 'log'] }), { permit: true, codes: [] });
    assert.deepEqual(verdict(obliged).obligations.length, 2, 'what was asked for is on record');
  });
});

describe('the order of a result', () => {
  it('is by name, control, code and message, whatever order the module hashes to', () => {
    const reason = (control: string, code: string, message: string) => ({ control, code, message });
    const sorted = [
      reason('access', 'access.denied', 'x'),
      reason('access', 'access.no_grant', 'a'),
      reason('access', 'access.no_grant', 'b'),
      reason('window', 'window.closed', 'x'),
    ];
    const { controls, reasons } = parseResult({
      permit: false,
      controls: { window: 'fail', access: 'fail' },
      reasons: [sorted[3], sorted[2], sorted[0], sorted[1]],
      obligations: [],
    });
    assert.deepEqual([Object.keys(controls), reasons], [['access', 'window'], sorted]);
  });
});
