import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { BuiltinAnswer } from '../../../src/policy/builtins/answer.ts';
import { loadOpaBuiltins } from '../../../src/policy/opa/builtins.ts';
import { systemHost } from '../../../src/policy/opa/wasi.ts';

const NO_DEADLINE = Number.POSITIVE_INFINITY;
const opa = loadOpaBuiltins();

function call(name: string, ...operands: string[]): BuiltinAnswer {
  return opa.call(name, operands, { timeNs: 1_700_000_000_123_456_789n, deadlineMs: NO_DEADLINE });
}

function value(name: string, ...operands: string[]): string {
  const answer = call(name, ...operands);
  assert.equal(answer.kind, 'value', JSON.stringify(answer));
  return answer.kind === 'value' ? answer.text : '';
}

function failure(name: string, ...operands: string[]): string {
  const answer = call(name, ...operands);
  assert.equal(answer.kind, 'error', JSON.stringify(answer));
  return answer.kind === 'error' ? answer.message : '';
}

describe('OPA builtins', () => {
  it('keep sets, exact numbers and keys that are no strings', () => {
    assert.equal(value('cast_set', '[2,1,2]'), '{1,2}');
    assert.equal(value('cast_set', '[]'), 'set()');
    assert.equal(value('union', '{{1,2},{3},set()}'), '{1,2,3}');
    assert.equal(value('object.union', '{1:"a"}', '{{2}:[null,true]}'), '{1:"a",{2}:[null,true]}');
    assert.equal(value('format_int', '12345678901234567890123', '10'), '"12345678901234567890123"');
    assert.equal(value('time.add_date', '1700000000123456789', '0', '0', '0'), '1700000000123456789');
  });

  it('answer the time of the decision', () => {
    assert.equal(value('time.now_ns'), '1700000000123456789');
    assert.deepEqual(opa.call('time.now_ns', [], { timeNs: 5n, deadlineMs: NO_DEADLINE }), {
      kind: 'value',
      text: '5',
    });
  });

  it('know the time zones without those of the machine', () => {
    assert.equal(value('time.clock', '[1700000000000000000,"Australia/Lord_Howe"]'), '[9,13,20]');
  });

  it('write strings as a policy module reads them', () => {
    assert.equal(
      value('concat', '"\\u0000\\u0007\\"\\\\"', '["a\\n","\\u007f😀"]'),
      '"a\\u000a\\u0000\\u0007\\"\\\\\u007f😀"',
    );
  });

  it('say what Go says, and RE2 decides in linear time', () => {
    assert.equal(value('sprintf', '"%v|%q|%5.2f"', '[{"a":[1,{2}]},"x",1.5]'), '"{\\"a\\": [1, {2}]}|\\"x\\"| 1.50"');
    assert.equal(value('regex.match', '"^(a+)+$"', `"${'a'.repeat(5000)}b"`), 'false');
  });

  it('report errors as errors, never as undefined', () => {
    assert.match(failure('to_number', '"x"'), /^eval_builtin_error: to_number: /);
    assert.match(failure('upper', '1'), /^eval_type_error: upper: operand 1 must be string/);
    assert.match(failure('regex.match', '"("', '"x"'), /^eval_builtin_error: regex.match: /);
    assert.match(failure('base64.decode', '"/w=="'), /not UTF-8$/);
  });

  it('tell undefined from an error', () => {
    assert.deepEqual(call('max', '[]'), { kind: 'undefined' });
    assert.match(failure('max', '1'), /^eval_type_error: max: /);
  });

  it('refuse operands that are no values, too few and too many', () => {
    assert.match(failure('upper', 'input.x'), /not a value$/);
    assert.match(failure('upper', '[x | x := 1]'), /not a value$/);
    assert.match(failure('upper', '"a" "b"'), /not a Rego term/);
    assert.match(failure('upper', ''), /not a Rego term/);
    assert.match(failure('upper'), /called with 0 operands, takes 1$/);
    assert.match(failure('upper', '"a"', '"b"'), /called with 2 operands, takes 1$/);
  });

  it('leave out what does I/O, reads the environment or throws dice', () => {
    for (const name of [
      'http.send',
      'net.lookup_ip_addr',
      'opa.runtime',
      'providers.aws.sign_req',
      'rand.intn',
      'uuid.rfc4122',
    ]) {
      assert.ok(!opa.names.has(name), name);
      assert.equal(failure(name, '{}'), `${name}: no such builtin`);
    }
    assert.match(
      failure('json.match_schema', '{}', '{"$ref":"http://127.0.0.1:1/x"}'),
      /remote reference loading disabled/,
    );
  });

  it('give up at the deadline', () => {
    let clock = 0;
    const timed = loadOpaBuiltins({ now: () => clock++ });
    const answer = timed.call('numbers.range', ['1', '99999999'], { timeNs: 0n, deadlineMs: 50 });
    assert.deepEqual(answer, {
      kind: 'error',
      message: 'eval_cancel_error: numbers.range: timed out before generating all numbers in range',
    });
    assert.equal(timed.call('upper', ['"a"'], { timeNs: 0n, deadlineMs: clock - 1 }).kind, 'error');
    assert.equal(timed.call('upper', ['"a"'], { timeNs: 0n, deadlineMs: clock + 100 }).kind, 'value');
  });

  it('answer again after memory has run out, with an instance of their own, and say what happened', () => {
    const bounded = loadOpaBuiltins({ maximumMegabytes: 64 });
    const context = { timeNs: 0n, deadlineMs: NO_DEADLINE };
    const answer = bounded.call('numbers.range', ['1', '99999999'], context);
    assert.ok(answer.kind === 'error');
    assert.match(answer.message, /^numbers\.range: OPA broke off: .*out of memory/);
    assert.deepEqual(bounded.call('upper', ['"a"'], context), { kind: 'value', text: '"A"' });
  });

  it('replace an instance that has grown, without anyone noticing', () => {
    /** How often Go started: it asks for randomness when it does. */
    const started = (recycleMegabytes: number): number => {
      let draws = 0;
      const random = (bytes: Uint8Array) => {
        draws++;
        systemHost.random(bytes);
      };
      const builtins = loadOpaBuiltins({ recycleMegabytes, host: { ...systemHost, random } });
      const first = draws;
      for (const letter of ['a', 'b', 'c']) {
        assert.deepEqual(builtins.call('upper', [`"${letter}"`], { timeNs: 0n, deadlineMs: NO_DEADLINE }), {
          kind: 'value',
          text: `"${letter.toUpperCase()}"`,
        });
      }
      return draws / first;
    };
    assert.equal(started(1), 3, 'one before each call');
    assert.equal(started(128), 1);
  });

  it('hold operands and results of a megabyte', () => {
    const text = JSON.stringify('é'.repeat(500_000));
    assert.equal(value('concat', '""', `[${text}]`), text);
  });
});
