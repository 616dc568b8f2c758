import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BuiltinContext, Builtins } from '../../src/policy/builtins/answer.ts';
import { hostBuiltins } from '../../src/policy/builtins/host.ts';
import { loadOpaBuiltins } from '../../src/policy/opa/builtins.ts';

/** Generated cases for each property; `npm run property:long` asks for more. */
const numRuns = Number(process.env.PROPERTY_RUNS ?? 5_000);

const ZONES = [
  'UTC',
  '',
  'Local',
  'Europe/Zurich',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Europe/Dublin',
  'Pacific/Apia',
  'America/St_Johns',
  'America/Caracas',
  'Asia/Pyongyang',
  'Antarctica/Troll',
  'Pacific/Chatham',
  'Asia/Gaza',
  'GMT+5',
  'EST5EDT',
  'CET',
  'Etc/GMT-14',
  'Africa/Monrovia',
  'Nowhere/At_All',
  'europe/zurich',
  '../../etc/passwd',
  '/UTC',
  'Europe/Zürich',
  'constructor',
  '__proto__',
];

/** Seconds at which some of these clocks change, and the bounds of what the short way takes on. */
const EDGES = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-03-08T07:00:00Z',
  '2026-11-01T06:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-02-15T02:00:00Z',
  '2026-03-22T02:00:00Z',
  '2011-12-30T10:00:00Z',
  '2006-10-29T02:31:00Z',
  '2007-12-09T07:00:00Z',
  '2016-05-01T07:00:00Z',
  '2015-08-14T15:00:00Z',
  '2018-05-04T15:00:00Z',
  '1986-01-01T00:00:00Z',
  '2038-01-19T03:14:07Z',
  '2050-03-27T01:00:00Z',
  '1973-01-01T00:00:00Z',
  '1972-01-07T00:44:30Z',
  '2200-01-01T00:00:00Z',
  '2001-09-09T01:46:40Z',
  '1970-01-01T00:00:00Z',
  '1900-01-01T00:00:00Z',
  '2262-04-11T23:47:16Z',
].map((time) => Date.parse(time) / 1000);

const seconds = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 94_694_400, max: 7_258_118_400 }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...EDGES), fc.integer({ min: -3700, max: 3700 }))
      .map(([edge, away]) => edge + away),
  },
  { weight: 1, arbitrary: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }) },
);

const nanoseconds = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(seconds, fc.integer({ min: 0, max: 999_999_999 }))
      .map(([s, ns]) => String(BigInt(s) * 1_000_000_000n + BigInt(ns))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '0',
      '-0',
      '-1',
      '1',
      '1e18',
      '1.5e18',
      '1763765000000000000.0',
      '1763765000000000000.5',
      '9223372036854775807',
      '9223372036854775808',
      '-9223372036854775808',
      '12345678901234567890',
      '1e400',
      '01763765000000000000',
    ),
  },
);

const zone = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...ZONES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
);

const FIELDS = ['2006', '01', '02', '15', '04', '05', 'Monday', '-', ':', 'T', '/', ' '];
const OTHERS = [
  'Mon',
  'Jan',
  'January',
  '06',
  '03',
  '2',
  '_2',
  '002',
  '1',
  '3',
  '4',
  '5',
  'PM',
  'MST',
  'Z07:00',
  '-0700',
  '-07',
  '.000',
  ',999',
  '0',
  '07',
  'é',
  '"',
  '\\',
  '20',
];
const layout = fc.oneof(
  { weight: 2, arbitrary: fc.constant('2006-01-02T15:04 Monday') },
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...FIELDS), { maxLength: 8 }).map((fields) => fields.join('')) },
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...FIELDS, ...OTHERS), { maxLength: 8 }).map((fields) => fields.join('')),
  },
  { weight: 1, arbitrary: fc.constantFrom('RFC3339', 'ANSIC', 'RFC1123Z', 'Kitchen') },
);

const comma = fc.constantFrom(',', ', ');
const quoted = (text: string) => JSON.stringify(text);
/** What a clock may be asked about, as opa_value_dump prints it, and things that no clock knows. */
const moment = fc.oneof(
  { weight: 2, arbitrary: nanoseconds },
  { weight: 8, arbitrary: fc.tuple(nanoseconds, comma, zone).map(([ns, c, z]) => `[${ns}${c}${quoted(z)}]`) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(nanoseconds, comma, zone, layout)
      .map(([ns, c, z, l]) => `[${ns}${c}${quoted(z)}${c}${quoted(l)}]`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'null',
      'true',
      '"x"',
      '""',
      '[]',
      'set()',
      '{1763765000000000000, "UTC"}',
      '{"a": 1}',
      '[1763765000000000000]',
      '[1763765000000000000, 1]',
      '[1763765000000000000, null]',
      '["1763765000000000000", "UTC"]',
      '[[1763765000000000000], "UTC"]',
      '[1763765000000000000, "UTC", 1]',
      '[1763765000000000000, "UTC", "2006", "02"]',
      '[1763765000000000000, {"UTC"}]',
      '[1763765000000000000, "\\ud800"]',
      '1763765000000000000]',
      '',
    ),
  },
);

const digits = (least: number, most: number) =>
  fc.integer({ min: 0, max: 10 ** most - 1 }).map((n) => String(n).padStart(least, '0'));
const field = (width: number, usual: number) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: usual }).map((n) => String(n).padStart(width, '0')) },
    { weight: 1, arbitrary: digits(width, width) },
  );
const year = fc
  .oneof(fc.integer({ min: 1970, max: 2203 }), fc.integer({ min: 0, max: 9999 }))
  .map((n) => String(n).padStart(4, '0'));
const fraction = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('.', '.', '.', ','), fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 }))
      .map((pair) => pair.join('')),
  },
);
const away = fc.oneof(
  fc.constantFrom('Z', 'Z', 'z', '', '+00:00', '-00:00', '+24:00', '+0100'),
  fc.tuple(fc.constantFrom('+', '-'), field(2, 23), fc.constant(':'), field(2, 59)).map((parts) => parts.join('')),
);
const stamp = fc
  .tuple(
    year,
    fc.constantFrom('-', '-', '-', '/'),
    field(2, 12),
    fc.constant('-'),
    field(2, 31),
    fc.constantFrom('T', 'T', 'T', 't', ' '),
    field(2, 23),
    fc.constant(':'),
    field(2, 59),
    fc.constant(':'),
    field(2, 60),
    fraction,
    away,
  )
  .map((parts) => parts.join(''));
const written = fc.oneof(
  { weight: 12, arbitrary: stamp.map(quoted) },
  // One character changed or gone.
  {
    weight: 3,
    arbitrary: fc
      .tuple(stamp, fc.nat(24), fc.string({ unit: 'binary', maxLength: 1 }))
      .map(([text, at, other]) => quoted(text.slice(0, at) + other + text.slice(at + 1))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'null',
      '1',
      '[]',
      'set()',
      '{"2026-01-01T00:00:00Z"}',
      '"2026-02-29T00:00:00Z"',
      '"2024-02-29T23:59:59.999999999+23:59"',
      '"2100-02-29T00:00:00Z"',
      '"2026-06-30T23:59:60Z"',
      '"\\ud800"',
      '"2026-01-01T00:00:00\\u005a"',
    ),
  },
);

describe('the short ways of builtins', () => {
  let opa: Builtins;
  let asked = 0;
  let host: Builtins;
  const context: BuiltinContext = { timeNs: 1_795_269_780_123_456_789n, deadlineMs: Number.POSITIVE_INFINITY };
  before(() => {
    opa = loadOpaBuiltins();
    host = hostBuiltins({
      names: opa.names,
      call: (...question) => {
        asked++;
        return opa.call(...question);
      },
    });
  });

  for (const name of ['time.clock', 'time.date', 'time.weekday', 'time.format']) {
    it(`${name} answers as OPA does`, () => {
      fc.assert(
        fc.property(moment, (operand) => {
          assert.deepEqual(host.call(name, [operand], context), opa.call(name, [operand], context));
        }),
        { numRuns },
      );
    });
  }

  it('time.parse_rfc3339_ns answers as OPA does', () => {
    fc.assert(
      fc.property(written, (operand) => {
        const name = 'time.parse_rfc3339_ns';
        assert.deepEqual(host.call(name, [operand], context), opa.call(name, [operand], context));
      }),
      { numRuns },
    );
  });

  it("time.now_ns answers as OPA does, with the decision's time", () => {
    const answer = { kind: 'value', text: '1795269780123456789' };
    assert.deepEqual(host.call('time.now_ns', [], context), answer);
    assert.deepEqual(opa.call('time.now_ns', [], context), answer);
  });

  it('a wrong number of operands is left to OPA', () => {
    for (const name of ['time.clock', 'time.format', 'time.parse_rfc3339_ns', 'time.now_ns']) {
      for (const operands of [[], ['1', '2'], ['[1795269780123456789,"UTC"]', '1']]) {
        if (name === 'time.now_ns' && operands.length === 0) continue;
        assert.deepEqual(host.call(name, operands, context), opa.call(name, operands, context));
      }
    }
  });

  it('what the shipped policies ask is answered without OPA, but for the first time in a minute', () => {
    const wall = ['[1795269780123000000, "Europe/Zurich", "2006-01-02T15:04 Monday"]'];
    host.call('time.format', wall, context);
    asked = 0;
    assert.deepEqual(host.call('time.format', wall, context), { kind: 'value', text: '"2026-11-21T15:03 Saturday"' });
    assert.deepEqual(host.call('time.clock', ['[1795269839999999999,"Europe/Zurich"]'], context), {
      kind: 'value',
      text: '[15,3,59]',
    });
    assert.deepEqual(host.call('time.parse_rfc3339_ns', ['"2026-11-21T14:03:00.123Z"'], context), {
      kind: 'value',
      text: '1795269780123000000',
    });
    assert.equal(asked, 0);
    host.call('time.clock', ['[1795269840000000000,"Europe/Zurich"]'], context);
    assert.equal(asked, 1, 'a new minute');
  });
});
