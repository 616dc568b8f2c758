import { type OpaLimits, runOpa } from './child.ts';
import {
  type Built,
  buildOperation,
  type Checked,
  checkOperation,
  type Evaluated,
  evaluateOperation,
  type Formatted,
  formatOperation,
  type OpaFiles,
  type Tested,
  testOperation,
} from './operations.ts';

type Options<Make extends (files: OpaFiles, options: never) => unknown> = Parameters<Make>[1];

/** Each of these runs one operation in an OPA of its own; see `runOpa` for what they throw and `operations.ts` for what they do. */
export function opaBuild(files: OpaFiles, options: Options<typeof buildOperation>, limits?: OpaLimits): Promise<Built> {
  return runOpa(buildOperation(files, options), limits);
}

export function opaCheck(
  files: OpaFiles,
  options?: Options<typeof checkOperation>,
  limits?: OpaLimits,
): Promise<Checked> {
  return runOpa(checkOperation(files, options), limits);
}

export function opaTest(files: OpaFiles, options?: Options<typeof testOperation>, limits?: OpaLimits): Promise<Tested> {
  return runOpa(testOperation(files, options), limits);
}

export function opaFormat(files: OpaFiles, limits?: OpaLimits): Promise<Formatted> {
  return runOpa(formatOperation(files), limits);
}

export function opaEvaluate(
  files: OpaFiles,
  options: Options<typeof evaluateOperation>,
  limits?: OpaLimits,
): Promise<Evaluated> {
  return runOpa(evaluateOperation(files, options), limits);
}
