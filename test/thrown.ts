import assert from 'node:assert/strict';
import { CodedError } from '../src/errors.ts';

/** Runs the function and returns the coded error that it throws; fails where it throws nothing or another code. */
export function thrownWith(code: string, run: () => unknown): CodedError {
  try {
    run();
  } catch (error) {
    return assertCode(code, error);
  }
  assert.fail(`nothing was thrown; ${code} was expected`);
}

/** The same for a promise. */
export async function rejectedWith(code: string, promise: Promise<unknown>): Promise<CodedError> {
  try {
    await promise;
  } catch (error) {
    return assertCode(code, error);
  }
  assert.fail(`the promise resolved; ${code} was expected`);
}

function assertCode(code: string, error: unknown): CodedError {
  if (!(error instanceof CodedError)) throw error;
  assert.equal(error.code, code, error.message);
  return error;
}
