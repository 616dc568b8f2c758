import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { runOpa } from '../../../src/policy/opa/child.ts';
import {
  both,
  buildOperation,
  checkOperation,
  evaluateOperation,
  formatOperation,
  testOperation,
} from '../../../src/policy/opa/operations.ts';

const POLICY = `# METADATA
# title: A
# description: what it is
package exequatur.controls.a

import data.lib.helper

skip if helper.reads(input.subject)

pass if {
	input.x == data.limits.x
	time.now_ns() == 5
}
`;
const HELPER = `package lib.helper

reads(subject) if subject.type == input.facts.type
`;
const TEST = `package a_test

import data.exequatur.controls.a

test_good if not a.pass with input as {}

test_bad if {
	x := 1
	a.pass with input as {"x": x+1}
}

test_cases[name] if {
	some name, x in {"first": 1, "second": 2}
	x == 1
}
`;
const files = {
  root: 'policies',
  files: {
    'policies/controls/a.rego': POLICY,
    'policies/controls/a_test.rego': TEST,
    'policies/lib/helper.rego': HELPER,
    'policies/limits/data.yaml': 'x: 1\n',
  },
};
const only = (path: string, text: string) => ({ root: 'policies', files: { [path]: text } });

describe('OPA in a process of its own', () => {
  it('checks, tells what rules read, tests, covers and formats', async () => {
    const checkAndTest = both(checkOperation(files, { trace: ['skip'] }), testOperation(files, { coverage: true }));
    const [[checked, tested], formatted] = await runOpa(both(checkAndTest, formatOperation(files)));

    assert.ok(checked.ok);
    assert.deepEqual(checked.data, { limits: { x: 1 } });
    const [control] = checked.modules;
    assert.deepEqual(control?.package, ['exequatur', 'controls', 'a']);
    assert.deepEqual([control?.title, control?.description], ['A', 'what it is']);
    assert.deepEqual(
      control?.rules.map(({ path, reads }) => [
        path.at(-1),
        reads.map(({ file, row, text }) => `${file}:${row} ${text}`),
      ]),
      [
        ['skip', ['policies/controls/a.rego:8 input.subject', 'policies/lib/helper.rego:3 input.facts.type']],
        ['pass', []],
      ],
    );

    assert.ok(tested.ok);
    assert.deepEqual(
      tested.tests.map(({ name, outcome, failed, cases }) => [name, outcome, failed?.row, cases]),
      [
        ['test_good', 'pass', undefined, undefined],
        ['test_bad', 'fail', 9, undefined],
        ['test_cases', 'fail', 14, ['second']],
      ],
    );
    assert.deepEqual(
      tested.coverage.map(({ file, covered, not_covered, missing }) => [file, covered, not_covered, missing]),
      [
        ['policies/controls/a.rego', 1, 3, [8, 10, 12]],
        ['policies/lib/helper.rego', 0, 1, [3]],
      ],
    );

    assert.deepEqual(
      formatted.files.map(({ file, changed }) => [file, changed]),
      [
        ['policies/controls/a.rego', false],
        ['policies/controls/a_test.rego', true],
        ['policies/lib/helper.rego', false],
      ],
    );
    assert.match(formatted.files[1]?.text ?? '', /"x": x \+ 1/);
  });

  it('evaluates with the interpreter, each case at its own time', async () => {
    const evaluated = await runOpa(
      evaluateOperation(files, {
        query: 'data.exequatur.controls.a.pass',
        cases: [{ input: { x: 1 }, timeNs: 5n }, { input: { x: 1 }, timeNs: 6n }, {}],
      }),
    );
    assert.ok(evaluated.ok);
    assert.deepEqual(
      evaluated.evaluations.map(({ results }) => results.map(({ values }) => values)),
      [[[true]], [], []],
    );
  });

  it('ends an evaluation at a builtin that errs only where asked to', async () => {
    const query = { query: 'not to_number(input)', cases: [{ input: 'x' }] };
    const lenient = await runOpa(evaluateOperation(files, query));
    const strict = await runOpa(evaluateOperation(files, { ...query, strictBuiltinErrors: true }));
    assert.ok(lenient.ok && strict.ok);
    assert.deepEqual(lenient.evaluations[0]?.problems, []);
    assert.deepEqual(
      strict.evaluations[0]?.problems.map(({ code }) => code),
      ['eval_builtin_error'],
    );
  });

  it('builds the same bytes each time', async () => {
    const options = { entrypoints: ['exequatur/controls/a'], revision: 'r', ignore: ['*_test.rego'] };
    const [first, second] = await Promise.all([
      runOpa(buildOperation(files, options)),
      runOpa(buildOperation(files, options)),
    ]);
    assert.ok(first.ok && second.ok);
    assert.ok(first.bundle.equals(second.bundle));
  });

  it('names file and place of what it finds wrong', async () => {
    const checked = await runOpa(checkOperation(only('policies/a.rego', 'package a\n\nx if {')));
    assert.ok(!checked.ok);
    assert.deepEqual(
      checked.problems.map(({ code, file, row }) => [code, file, row]),
      [['rego_parse_error', 'policies/a.rego', 3]],
    );
  });

  it('is ended when it takes too long', async () => {
    const endless = 'count([1 | numbers.range(1, 1000)[_]; numbers.range(1, 1000)[_]; numbers.range(1, 1000)[_]])';
    await assert.rejects(runOpa(evaluateOperation(files, { query: endless, cases: [{}] }), { timeoutMs: 1500 }), {
      code: 'policy.compile_timeout',
    });
  });

  it('is ended when it needs too much memory, or nests too deep', async () => {
    await assert.rejects(
      runOpa(evaluateOperation(files, { query: 'numbers.range(1, 100000000)', cases: [{}] }), { megabytes: 96 }),
      {
        code: 'policy.compile_memory',
      },
    );
    await assert.rejects(runOpa(checkOperation(only('policies/a.rego', `package a\n\nx := ${'['.repeat(100_000)}`))), {
      code: 'policy.compile_memory',
    });
  });

  it('is ended when it is no longer wanted', async () => {
    const abort = new AbortController();
    const checking = runOpa(checkOperation(files), { signal: abort.signal });
    abort.abort(new Error('no longer wanted'));
    await assert.rejects(checking, /no longer wanted/);
  });
});
