import { MAX_STATE_KEY_LENGTH, MAX_STATE_VALUE_BYTES, PASSING_PREFIX } from '../model/shared-state.ts';
import type { StateBounds } from './config.ts';
import { stateFailure } from './failure.ts';

const KEY = /^[\x20-\x7e]*$/;

/** @throws CodedError state.invalid_key */
export function checkKey(key: string): void {
  if (key === '') throw stateFailure('invalid_key', 'A key of the state may not be empty.', { outcome: 'not_written' });
  checkPrefix(key);
}

/** @throws CodedError state.invalid_key */
export function checkPrefix(prefix: string): void {
  if (prefix.length <= MAX_STATE_KEY_LENGTH && KEY.test(prefix)) return;
  throw stateFailure(
    'invalid_key',
    `A key of the state is at most ${MAX_STATE_KEY_LENGTH} characters of printable ASCII. Use a digest where names come from outside.`,
    { detail: { length: prefix.length }, outcome: 'not_written' },
  );
}

/**
 * What every store asks of a write before it looks at anything.
 *
 * @throws CodedError state.invalid_key, state.invalid_value
 */
export function checkWrite(key: string, expected: number, value: string): void {
  checkKey(key);
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_STATE_VALUE_BYTES || !value.isWellFormed()) {
    throw stateFailure(
      'invalid_value',
      `A value of the state is at most ${MAX_STATE_VALUE_BYTES} bytes of UTF-8 without lone surrogates; this one would be ${bytes}.`,
      { detail: { key, bytes }, outcome: 'not_written' },
    );
  }
  if (!Number.isSafeInteger(expected) || expected < 0) {
    throw stateFailure(
      'invalid_value',
      'The revision that a write expects is a whole number: that of the entry that was read, or 0.',
      {
        detail: { key, expected },
        outcome: 'not_written',
      },
    );
  }
}

/**
 * What every store asks of a removal before it looks at anything.
 *
 * @throws CodedError state.invalid_key, state.invalid_value
 */
export function checkRemoval(key: string, expected: number): void {
  checkKey(key);
  if (!isPassing(key)) {
    throw stateFailure(
      'invalid_key',
      `Only keys that begin with ${PASSING_PREFIX} are removed. Any other is a mark, which stays.`,
      { detail: { key }, outcome: 'not_written' },
    );
  }
  if (!Number.isSafeInteger(expected) || expected < 1) {
    throw stateFailure(
      'invalid_value',
      'The revision that a removal expects is a whole number from 1 on: that of the entry that was read.',
      { detail: { key, expected }, outcome: 'not_written' },
    );
  }
}

/** Whether what stands under a key may be removed, and begin anew at revision 1. */
export function isPassing(key: string): boolean {
  return key.startsWith(PASSING_PREFIX);
}

/** state.full, the same from every store. */
export function full(bounds: StateBounds, key: string): Error {
  return stateFailure(
    'full',
    `The state is full (state.max_entries ${bounds.max_entries}, state.max_bytes ${bounds.max_bytes}). Nothing was written. Raise the bound, or find out what writes so many keys.`,
    { detail: { key }, outcome: 'not_written' },
  );
}
