import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { PolicyInput } from '../../src/decision/ports.ts';
import { isJsonObject, type JsonObject } from '../../src/model/json.ts';
import type { Builtins } from '../../src/policy/builtins/answer.ts';
import { type PolicyBundle, readBundle } from '../../src/policy/bundle.ts';
import { createEngine, type EngineOptions } from '../../src/policy/engine.ts';
import { createEvaluator } from '../../src/policy/evaluator.ts';
import { loadOpaBuiltins } from '../../src/policy/opa/builtins.ts';
import { thrownWith } from '../thrown.ts';

const vectors = new URL('../vectors/policy/engine/', import.meta.url);
const read = (name: string) => readBundle(readFileSync(new URL(`${name}.tar.gz`, vectors)));
const withControls = (bundle: PolicyBundle, controls: readonly string[]): PolicyBundle => ({
  ...bundle,
  manifest: { ...bundle.manifest, controls },
});

const answers = withControls(read('answers'), ['access']);
const clock = withControls(read('clock'), ['access']);
const PERMIT = { permit: true, controls: { access: 'pass' }, reasons: [], obligations: [] };
const TIME = '2026-11-21T14:03:00.123Z';

const input = (context: JsonObject, facts: JsonObject = { time: TIME }): PolicyInput => ({
  subject: { type: 'agent', id: 'alice' },
  action: { name: 'tools/call' },
  resource: { type: 'tool', id: 'a/b' },
  context,
  facts,
});

describe('the engine', () => {
  let opa: Builtins;
  before(() => {
    opa = loadOpaBuiltins();
  });

  const start = (bundle: PolicyBundle = answers, options: Partial<EngineOptions> = {}) =>
    createEngine(bundle, { requiredControls: ['access'], builtins: () => opa, ...options });
  const codes = (engine: ReturnType<typeof start>, context: JsonObject, facts?: JsonObject) => {
    const { permit, reasons } = engine.evaluate(input(context, facts)).verdict;
    return { permit, codes: reasons.map(({ code }) => code) };
  };
  const denied = (code: string) => ({ permit: false, codes: [code] });

  it('permits where policy and controls do, and says which policy that was', () => {
    const engine = start();
    const { verdict, policy } = engine.evaluate(input({ answer: PERMIT }));
    assert.deepEqual(verdict, PERMIT);
    assert.deepEqual(policy, { revision: 'answers', digest: answers.digest });
  });

  it('denies whatever else the policy answers', () => {
    const engine = start();
    assert.deepEqual(codes(engine, {}), denied('engine.undefined'));
    assert.deepEqual(codes(engine, { answer: true }), denied('engine.result_shape'));
    assert.deepEqual(codes(engine, { answer: { ...PERMIT, more: 1 } }), denied('engine.result_shape'));
    assert.deepEqual(
      codes(engine, { answer: { ...PERMIT, controls: { plan: 'pass' } } }),
      denied('engine.controls_mismatch'),
    );
    const long = [{ control: 'access', code: 'access.no', message: 'x'.repeat(3000) }];
    assert.deepEqual(codes(engine, { answer: { ...PERMIT, reasons: long } }), denied('engine.result_bounds'));
  });

  it('denies where the evaluation breaks, and tells the operators what was thrown', () => {
    const reported: unknown[] = [];
    const engine = start(answers, { report: ({ code, cause }) => reported.push(code, cause) });
    let deep: JsonObject = {};
    for (let level = 0; level < 200_000; level++) deep = { deep };
    assert.deepEqual(codes(engine, { mode: 'conflict' }), denied('engine.aborted'));
    assert.deepEqual(codes(engine, { answer: { ...PERMIT, reasons: ['\ud800'] } }), denied('engine.aborted'));
    assert.deepEqual(codes(engine, { answer: PERMIT, deep }), denied('engine.stack'));
    const many = Array.from({ length: 1000 }, (_, index) => index);
    assert.deepEqual(codes(engine, { mode: 'memory', many }), denied('engine.memory'));
    assert.deepEqual(codes(engine, { answer: PERMIT }), { permit: true, codes: [] });
    assert.equal(reported.length, 8);
    assert.match(String(reported[1]), /answers\.rego:.*conflict/);
    for (const { message } of engine.evaluate(input({ mode: 'conflict' })).verdict.reasons) {
      assert.doesNotMatch(message, /rego/, 'not what the policy is made of');
    }
  });

  it('denies an input that has no JSON form', () => {
    const engine = start();
    const cyclic: Record<string, JsonObject> = {};
    cyclic.again = cyclic;
    assert.deepEqual(codes(engine, cyclic), denied('engine.input'));
    assert.deepEqual(codes(engine, { answer: PERMIT }), { permit: true, codes: [] });
  });

  it('gives back the memory that an evaluation took', () => {
    const engine = start();
    const before = engine.memoryBytes();
    const many = Array.from({ length: 250 }, (_, index) => index);
    const { verdict } = engine.evaluate(input({ mode: 'memory', many }));
    assert.equal(verdict.reasons[0]?.message, '62500');
    assert.ok(engine.memoryBytes() > before, 'it took some');
    engine.evaluate(input({ answer: PERMIT }));
    assert.equal(engine.memoryBytes(), before);
  });

  it('answers rightly after 600 rule conflicts, each followed by a good input', () => {
    const engine = start();
    const before = engine.memoryBytes();
    for (let round = 0; round < 600; round++) {
      assert.deepEqual(codes(engine, { mode: 'conflict' }), denied('engine.aborted'));
      const message = `round ${round}`;
      const answer = { ...PERMIT, reasons: [{ control: 'access', code: 'access.note', message }] };
      assert.equal(engine.evaluate(input({ answer })).verdict.reasons[0]?.message, message);
    }
    assert.equal(engine.memoryBytes(), before);
  });

  it('keeps its data over a replacement', () => {
    const bundle = { ...answers, data: { kept: { text: 'grüezi'.repeat(1000), number: 1.5 } } };
    const evaluator = createEvaluator(bundle.policyWasm, bundle.data, { builtins: () => opa });
    const fresh = evaluator.evaluate(input({ answer: PERMIT }), 'exequatur/decision', 0n);
    assert.equal(evaluator.evaluate(input({ mode: 'conflict' }), 'exequatur/decision', 0n).kind, 'broken');
    assert.deepEqual(evaluator.evaluate(input({ answer: PERMIT }), 'exequatur/decision', 0n), fresh);
  });

  it('carries sets, keys that are no strings and all digits to the host and back', () => {
    const engine = start();
    const message = (mode: string) => engine.evaluate(input({ mode })).verdict.reasons[0]?.message;
    assert.equal(message('values'), '{1, 3, "a"} {1: {2}} 12345678901234567890');
    assert.equal(message('returned_set'), 'a set came back');
  });

  it("has the decision's time for a clock, to the nanosecond", () => {
    const engine = start();
    assert.equal(engine.evaluate(input({ mode: 'now' })).verdict.reasons[0]?.message, '1795269780123000000');
    for (const time of [
      undefined,
      null,
      1,
      '2026-11-21',
      '2026-11-21T14:03:00Z',
      '2026-13-21T14:03:00.000Z',
      '1600-01-01T00:00:00.000Z',
      '9999-01-01T00:00:00.000Z',
    ]) {
      assert.deepEqual(codes(engine, { mode: 'now' }, time === undefined ? {} : { time }), denied('engine.time'));
    }
  });

  it('denies where a builtin of the host errs, though undefined would permit', () => {
    const strict = start();
    assert.deepEqual(codes(strict, { mode: 'builtin_error', size: 'huge' }), denied('engine.builtin_error'));
    assert.deepEqual(codes(strict, { mode: 'builtin_error', size: '1KB' }), denied('engine.undefined'));
    const { policyWasm, data } = answers;
    const lenient = createEvaluator(policyWasm, data, { builtins: () => opa }, 'undefined');
    const erring = input({ mode: 'builtin_error', size: 'huge' });
    const outcome = lenient.evaluate(erring, 'exequatur/decision', 0n);
    assert.ok(outcome.kind === 'value' && isJsonObject(outcome.value), "OPA's own way, for comparing");
    assert.equal(outcome.value.permit, true);
    const unwanted = { requiredControls: ['access'], builtins: () => opa, builtinErrors: 'undefined' };
    const engine = createEngine(answers, unwanted);
    assert.equal(engine.evaluate(erring).verdict.permit, false, 'no option of the engine makes it lenient');
  });

  it('denies where a builtin of the host throws or answers with no value', () => {
    for (const call of [
      () => {
        throw new Error('lost');
      },
      () => ({ kind: 'value', text: '"\\x00"' }) as const,
      () => ({ kind: 'value', text: '' }) as const,
    ]) {
      const broken: Builtins = { names: opa.names, call };
      const engine = start(answers, { builtins: () => broken });
      assert.deepEqual(codes(engine, { mode: 'builtin_error', size: '1KB' }), denied('engine.builtin_error'));
      assert.deepEqual(codes(engine, { answer: PERMIT }), { permit: true, codes: [] });
      const lenient = createEvaluator(answers.policyWasm, answers.data, { builtins: () => broken }, 'undefined');
      const outcome = lenient.evaluate(input({ mode: 'builtin_error', size: '1KB' }), 'exequatur/decision', 0n);
      assert.equal(outcome.kind === 'broken' ? outcome.code : outcome.kind, 'engine.builtin_error');
    }
  });

  it('loads OPA only for a policy that needs it', () => {
    const engine = start(clock, {
      builtins: () => {
        throw new Error('OPA was loaded');
      },
    });
    assert.deepEqual(codes(engine, {}), { permit: true, codes: [] });
    assert.deepEqual(codes(engine, {}, { time: '2026-11-21T14:03:00.124Z' }), denied('engine.permit_withheld'));
  });

  describe('refuses at load', () => {
    const module = answers.policyWasm;
    /** The module with some bytes of the same length in the place of others, everywhere. */
    const patched = (from: string, to: string): PolicyBundle => {
      const text = Buffer.from(module).toString('latin1');
      assert.ok(text.includes(from), from);
      return { ...answers, policyWasm: Buffer.from(text.replaceAll(from, to), 'latin1') };
    };

    const cases: readonly (readonly [string, string, () => unknown])[] = [
      ['what is no module', 'engine.module_invalid', () => start({ ...answers, policyWasm: Buffer.from('x') })],
      [
        'a module cut short',
        'engine.module_invalid',
        () => start({ ...answers, policyWasm: module.subarray(0, 5000) }),
      ],
      [
        'a module that imports from elsewhere',
        'engine.module_imports',
        () => start(patched('opa_builtin4', 'opa_builtin9')),
      ],
      [
        'a module without what it must export',
        'engine.module_invalid',
        () => start(patched('\x0eopa_value_dump', '\x0eopa_value_bump')),
      ],
      [
        'a module of an unknown ABI',
        'engine.abi_unsupported',
        () => start(patched('opa_wasm_abi_version', 'opa_wasm_abi_revision'.slice(0, 20))),
      ],
      [
        'a module that starts with too much memory',
        'engine.memory_minimum',
        () => start(answers, { maxMemoryPages: 1 }),
      ],
      [
        'data that does not fit',
        'engine.start_failed',
        () => start({ ...answers, data: { a: Array.from({ length: 400_000 }, () => 'x') } }, { maxMemoryPages: 64 }),
      ],
      [
        'data that would overrule rules',
        'engine.data_overrules_policy',
        () => start({ ...answers, data: { exequatur: {} } }),
      ],
      [
        'a builtin that the host lacks',
        'engine.builtin_unknown',
        () => start(withControls(read('withheld'), ['access'])),
      ],
      [
        'a bundle whose manifest lacks the entrypoint',
        'engine.entrypoint_missing',
        () => start({ ...answers, manifest: { ...answers.manifest, entrypoints: ['a'] } }),
      ],
      [
        'a bundle whose module lacks the entrypoint',
        'engine.entrypoint_missing',
        () => start(patched('exequatur/decision', 'exequatur/omission')),
      ],
      ['a bundle without a list of controls', 'engine.controls_unlisted', () => start(read('answers'))],
      [
        'a bundle without a required control',
        'engine.required_control_missing',
        () => start(answers, { requiredControls: ['access', 'window'] }),
      ],
    ];
    for (const [what, code, run] of cases) {
      it(what, () => {
        thrownWith(code, run);
      });
    }
  });
});
