import { CodedError } from '../../errors.ts';
import { type FailureCode, failureOf, refusal } from '../failure.ts';
import type { BundleVerification, CheckResult, VerifiedBundle } from '../verified-bundle.ts';
import type { BundleCheck } from './bundle-check.ts';
import { LIBRARY_STAGES, type LibraryStage } from './library.ts';

/** How each check ended, in the order in which they are made. What was not come to stays `not_run`. */
export class Report {
  readonly #results = new Map<string, CheckResult>();
  readonly #mode: 'keyed' | 'keyless';

  constructor(checks: readonly BundleCheck[], mode: 'keyed' | 'keyless') {
    this.#mode = mode;
    const claimed = checks.filter(({ stage }) => stage === 'claimed');
    const proved = checks.filter(({ stage }) => stage === 'proved');
    const names = [...claimed.map(({ name }) => name), ...LIBRARY_STAGES, ...proved.map(({ name }) => name)];
    for (const check of names) this.#results.set(check, { check, result: 'not_run' });
  }

  /** Makes one check, unless it concerns the other kind of signer or nothing in the bundle. @throws CodedError `trust.CODE` where it refuses */
  run({ name, code, only }: BundleCheck, concerned: boolean, refuse: () => string | undefined): void {
    if (!concerned || (only !== undefined && only !== this.#mode)) return;
    const reason = this.within(name, refuse);
    if (reason !== undefined) {
      this.fail(name, code, reason);
      throw refusal(code, reason);
    }
    this.#results.set(name, { check: name, result: 'passed' });
  }

  /** Does something on behalf of a check, which has failed where it throws. */
  within<T>(check: string, act: () => T): T {
    try {
      return act();
    } catch (thrown) {
      const message = thrown instanceof CodedError ? thrown.message : 'the verifier broke off';
      this.fail(check, failureOf(thrown), message);
      throw thrown;
    }
  }

  fail(check: string, code: FailureCode, message: string): void {
    this.#results.set(check, { check, result: 'failed', code, message });
  }

  stages(passed: readonly LibraryStage[]): void {
    for (const check of passed) this.#results.set(check, { check, result: 'passed' });
  }

  refused(code: FailureCode, message: string): BundleVerification {
    return { verified: false, code, message, checks: [...this.#results.values()] };
  }

  verified(proved: VerifiedBundle): BundleVerification {
    return { verified: true, proved, checks: [...this.#results.values()] };
  }
}
