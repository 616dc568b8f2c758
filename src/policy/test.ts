import { opaFiles, translateProblems } from './check.ts';
import type { PolicyFolder } from './folder.ts';
import { type OpaLimits, runOpa } from './opa/child.ts';
import { testOperation } from './opa/operations.ts';
import { type PolicyProblem, refuseAny } from './refusal.ts';

/** One test as it came out. */
export type PolicyTest = {
  /** `data.window_test.test_freeze`. */
  readonly name: string;
  /** `skip`: named todo_test_…, and so no success. */
  readonly outcome: 'pass' | 'fail' | 'error' | 'skip';
  readonly file: string;
  readonly row: number;
  /** What it took, microseconds. */
  readonly micros: number;
  /** The expression that failed, or the error. */
  readonly why?: PolicyProblem;
  /** What it printed. */
  readonly output: string;
  /** Which of its cases failed, where it has cases. */
  readonly cases: readonly string[];
};

/** How many lines of a file tests reached, and which they did not. Files of tests are not counted. */
export type FileCoverage = {
  readonly file: string;
  readonly covered: number;
  readonly total: number;
  readonly missing: readonly number[];
};

/** What came of a run: the tests in the order of files and lines; coverage empty where it was not asked for. */
export type PolicyTests = { readonly tests: readonly PolicyTest[]; readonly coverage: readonly FileCoverage[] };

/**
 * Runs the tests of policies as `opa test` does, in the order of files and lines.
 *
 * @param options `run`: only tests whose full name the expression (RE2) matches. `coverage`: default false.
 * @throws PolicyRefusal where nothing can be run; CodedError as `runOpa`. Failed tests are in the result.
 */
export async function testPolicies(
  folder: PolicyFolder,
  options: { readonly run?: string; readonly coverage?: boolean } = {},
  limits?: OpaLimits,
): Promise<PolicyTests> {
  const tested = await runOpa(testOperation(opaFiles(folder), options), limits);
  if (!tested.ok) {
    refuseAny(translateProblems(folder, tested.problems));
    throw new TypeError('OPA ran no test and found no problem');
  }
  const sources = new Map(folder.files.map(({ path, source }) => [path, source]));
  const sourceOf = (file: string) => sources.get(file.slice(file.indexOf('/') + 1)) ?? file;
  return {
    tests: tested.tests.map(({ package: within, name, failed, output = '', cases = [], file, ...test }) => {
      const [why] = failed === undefined ? [] : translateProblems(folder, [failed]);
      return {
        ...test,
        file: sourceOf(file),
        name: `${within}.${name}`,
        output,
        cases,
        ...(why !== undefined && { why }),
      };
    }),
    coverage: tested.coverage.map(({ file, covered, not_covered, missing }) => ({
      file: sourceOf(file),
      covered,
      total: covered + not_covered,
      missing,
    })),
  };
}
