import { type OpaInstance, startOpa } from '../../../src/policy/opa/instance.ts';
import { opaModule } from '../../../src/policy/opa/module.ts';
import type { Operation } from '../../../src/policy/opa/operations.ts';

let opa: OpaInstance | undefined;

/** Runs operations on an OPA in this process: many small ones take milliseconds, where a child process takes most of a second. */
export function runHere<Result>(operation: Operation<Result>): Result {
  opa ??= startOpa(opaModule(512));
  const running = opa;
  return operation.read(
    operation.requests.map((request) => {
      const { kind, text } = running.operate(JSON.stringify(request));
      if (kind !== 'value') throw new Error(text);
      return JSON.parse(text);
    }),
  );
}
