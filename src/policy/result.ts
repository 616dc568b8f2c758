import { CodedError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts';
import type { ControlState, Obligation, Reason } from '../model/verdict.ts';

/** What the policy itself answered, narrowed: the policy contract's result. `permit` is only its opinion. */
export type PolicyResult = {
  readonly permit: boolean;
  readonly controls: Readonly<Record<string, ControlState>>;
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
};

const MAX_CONTROLS = 256;
const MAX_REASONS = 64;
const MAX_OBLIGATIONS = 32;
const MAX_CODE = 128;
const MAX_MESSAGE = 2_000;
const MAX_DEPTH = 16;
/** Bytes of all reasons and obligations as JSON: a record holds at most 65,535, and facts and request need their part. */
const MAX_BYTES = 32_768;
const CODE = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$/;

/**
 * Narrows what the policy returned. Nothing but the four members of the contract, each of its type, is accepted: a member that is
 * misspelt or that nobody reads would be a rule that does nothing.
 *
 * @throws CodedError `engine.result_shape`, `engine.result_bounds`; the messages are for operators.
 */
export function parseResult(value: unknown): PolicyResult {
  const result = object(value, 'the result', ['permit', 'controls', 'reasons', 'obligations']);
  const { permit } = result;
  if (typeof permit !== 'boolean') throw shape('permit is not a boolean');
  const controls = parseControls(result.controls);
  const reasons = list(result.reasons, 'reasons', MAX_REASONS).map(parseReason).sort(inOrder);
  const obligations = parseObligations(result.obligations);
  for (const reason of reasons) {
    if (!Object.hasOwn(controls, reason.control)) throw shape('a reason names a control that did not report');
  }
  checkSize(reasons, obligations);
  return { permit, controls, reasons, obligations };
}

function parseObligations(value: unknown): Obligation[] {
  const obligations = list(value, 'obligations', MAX_OBLIGATIONS).map((entry) => {
    const { id, type, properties } = object(entry, 'an obligation', ['id', 'type', 'properties']);
    if (!isJsonObject(properties)) throw shape("an obligation's properties are not an object");
    checkJson(properties, 0);
    return {
      id: text(id, "an obligation's id", MAX_CODE),
      type: text(type, "an obligation's type", MAX_CODE),
      properties,
    };
  });
  checkSize([], obligations);
  return obligations;
}

function parseControls(value: unknown): Record<string, ControlState> {
  if (!isJsonObject(value)) throw shape('controls is not an object');
  // Sets and objects come in an order that follows from the module's hashing; another one would make another record.
  const entries = Object.entries(value).sort(([one], [other]) => compare(one, other));
  if (entries.length > MAX_CONTROLS) throw bounds(`there are more than ${MAX_CONTROLS} controls`);
  const controls: Record<string, ControlState> = {};
  for (const [name, state] of entries) {
    if (name === '__proto__') throw shape('a control has a name that no control can have');
    if (state !== 'pass' && state !== 'fail' && state !== 'not_applicable')
      throw shape('a control has an unknown state');
    controls[text(name, "a control's name", MAX_CODE)] = state;
  }
  return controls;
}

/** Reasons are a set: by control, code and message, so that the same verdict is always the same text. */
function inOrder(one: Reason, other: Reason): number {
  return compare(one.control, other.control) || compare(one.code, other.code) || compare(one.message, other.message);
}

/** By UTF-16 code units: the same in every locale. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function parseReason(entry: unknown): Reason {
  const { control, code, message } = object(entry, 'a reason', ['control', 'code', 'message']);
  const coded = text(code, "a reason's code", MAX_CODE);
  if (!CODE.test(coded)) throw shape("a reason's code is not of the form control.what");
  return {
    control: text(control, "a reason's control", MAX_CODE),
    code: coded,
    message: text(message, 'a message', MAX_MESSAGE),
  };
}

function object<K extends string>(value: unknown, what: string, members: readonly K[]): Record<K, unknown> {
  if (!isJsonObject(value) || !hasExactly(value, members))
    throw shape(`${what} does not have exactly ${members.join(', ')}`);
  return value;
}

function hasExactly<K extends string>(value: JsonObject, members: readonly K[]): value is JsonObject & Record<K, Json> {
  return Object.keys(value).length === members.length && members.every((name) => Object.hasOwn(value, name));
}

function list(value: unknown, what: string, maximum: number): readonly unknown[] {
  if (!Array.isArray(value)) throw shape(`${what} is not an array`);
  if (value.length > maximum) throw bounds(`${what} has more than ${maximum} members`);
  return value;
}

function text(value: unknown, what: string, maximum: number): string {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) throw shape(`${what} is not a text`);
  if (value.length > maximum) throw bounds(`${what} has more than ${maximum} characters`);
  return value;
}

/** What RFC 8785 has no form for could not be recorded: numbers past a double's range, halves of surrogate pairs. */
function checkJson(value: Json, depth: number): void {
  if (depth > MAX_DEPTH) throw bounds(`an obligation nests more than ${MAX_DEPTH} deep`);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw shape('an obligation holds a number that no double can');
  if (typeof value === 'string' && !value.isWellFormed()) throw shape('an obligation holds a text that is no Unicode');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    checkJson(name, depth);
    checkJson(inner, depth + 1);
  }
}

function checkSize(reasons: readonly Reason[], obligations: readonly Obligation[]): void {
  if (reasons.length === 0 && obligations.length === 0) return;
  const bytes = Buffer.byteLength(JSON.stringify([reasons, obligations]));
  if (bytes > MAX_BYTES) throw bounds(`reasons and obligations have ${bytes} bytes; at most ${MAX_BYTES} are recorded`);
}

function shape(what: string): CodedError {
  return new CodedError('engine.result_shape', `the policy's answer: ${what}`);
}

function bounds(what: string): CodedError {
  return new CodedError('engine.result_bounds', `the policy's answer: ${what}`);
}
