import assert from 'node:assert/strict';
import { codeOf } from '../../src/errors.ts';
import { FORM_CHECKS } from '../../src/trust/bundle/checks.ts';
import { BUNDLE_CHECKS } from '../../src/trust/checks/bundle-checks.ts';
import { parseTrustRoot } from '../../src/trust/root/parse-trust-root.ts';
import type { BundleVerification } from '../../src/trust/verified-bundle.ts';
import { DEFECTS } from './defects/all.ts';
import type { Defect } from './defects/defect.ts';
import { HARMLESS } from './defects/harmless.ts';
import { ROOT_DEFECTS } from './defects/root.ts';
import { createLab } from './lab/lab.ts';
import type { Made } from './lab/made.ts';
import { SCENARIOS, scenario } from './lab/scenarios.ts';
import { CHECK_NAMES, verifyMade } from './lab/verify.ts';

/** `verified`, or the code and message: what a failed comparison should show. */
const outcome = (result: BundleVerification): string =>
  result.verified ? 'verified' : `${result.code}: ${result.message}`;

/** All that was proved, but for which bytes proved it. */
const factsOf = (result: BundleVerification): unknown => {
  if (!result.verified) return outcome(result);
  const { bundle: _, ...facts } = result.proved;
  return facts;
};

describe('bundles', () => {
  const lab = createLab();

  describe('in which everything is right', () => {
    for (const good of SCENARIOS) {
      it(`verify: ${good.name}`, () => assert.equal(outcome(verifyMade(lab.make(good))), 'verified'));
    }
  });

  describe('in which one thing is wrong', () => {
    type Cases = readonly (readonly [string, Made])[];
    // Made when first asked for, and given up with the tests of their defect.
    let last: { readonly defect: Defect; readonly cases: Cases } | undefined;
    const casesOf = (defect: Defect): Cases => {
      if (last?.defect === defect) return last.cases;
      const cases = defect.formats
        .map((format) => (typeof format === 'string' ? scenario(format) : format))
        .map((format) => [format.name, lab.make(format, defect.alter)] as const);
      last = { defect, cases };
      return cases;
    };

    for (const defect of DEFECTS) {
      const { name, code, checks, because } = defect;
      it(`are refused as ${code}: ${name}`, () => {
        for (const [format, made] of casesOf(defect)) {
          const result = verifyMade(made);
          assert.equal(result.verified ? 'verified' : result.code, code, `${format}: ${outcome(result)}`);
        }
      });
      if (checks === undefined) continue;
      it(`verify without the check (${checks.join(', ')}): ${name}`, () => {
        assert.ok(checks.length === 1 || because !== undefined, 'more than one check, and no reason why');
        for (const [format, made] of casesOf(defect)) {
          assert.equal(outcome(verifyMade(made, checks)), 'verified', format);
        }
      });
    }

    it('name each defect once', () => {
      assert.equal(new Set(DEFECTS.map(({ name }) => name)).size, DEFECTS.length);
    });
  });

  describe('have no check', () => {
    for (const { name, code } of [...FORM_CHECKS, ...BUNDLE_CHECKS]) {
      it(`that no defect needs: ${name}`, () => {
        const needing = DEFECTS.filter(({ checks, code: its }) => checks?.includes(name) === true && its === code);
        assert.notEqual(needing.length, 0, `add a defect of code ${code} that verifies without it`);
      });
    }

    it('that shares its name with another', () => assert.equal(new Set(CHECK_NAMES).size, CHECK_NAMES.length));

    it('that a defect names and nobody makes', () => {
      assert.deepEqual(
        DEFECTS.flatMap(({ checks = [] }) => checks).filter((name) => !CHECK_NAMES.includes(name)),
        [],
      );
    });
  });

  describe('prove the same', () => {
    for (const { name, formats, alter } of HARMLESS) {
      it(`with ${name}`, () => {
        for (const format of formats) {
          const plain = verifyMade(lab.make(scenario(format)));
          assert.ok(plain.verified, format);
          assert.deepEqual(factsOf(verifyMade(lab.make(scenario(format), alter))), factsOf(plain), format);
        }
      });
    }
  });
});

describe('trusted roots in which one thing is wrong', () => {
  const lab = createLab();
  it('do not come from the laboratory by itself', () => {
    assert.equal(parseTrustRoot(lab.make(scenario('v0.3 message')).trustedRootBytes).logs.length, 6);
  });
  for (const { name, code, alter } of ROOT_DEFECTS) {
    it(`are refused as ${code}: ${name}`, () => {
      const { trustedRootBytes } = lab.make(scenario('v0.3 message'), alter);
      assert.throws(
        () => parseTrustRoot(trustedRootBytes),
        (error) => codeOf(error) === code || assert.fail(String(error)),
      );
    });
  }
});
