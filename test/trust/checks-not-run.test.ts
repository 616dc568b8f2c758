import assert from 'node:assert/strict';
import { BUNDLE_CHECKS } from '../../src/trust/checks/bundle-checks.ts';
import { LIBRARY_STAGES } from '../../src/trust/checks/library.ts';
import { createLab } from './lab/lab.ts';
import type { Scenario } from './lab/scenario.ts';
import { SCENARIOS, scenario } from './lab/scenarios.ts';
import { verifyMade } from './lab/verify.ts';

const OF_CERTIFICATES = [
  'chain',
  'SCTs',
  'operators of SCTs',
  'extensions once each',
  'critical extensions',
  'purpose of the leaf',
  'leaf is no authority',
  'key usage of the leaf',
  'name of the leaf',
  'issuer of the identity',
  'identity in ASCII',
  'purpose of the chain',
];
const OF_DATES = ['start of the key', 'end of the key', 'revocation of the key'];
const OF_PROOFS = ['form of checkpoints', 'origin of checkpoints', 'proofs agree with checkpoints'];
const OF_ENTRIES = [
  'log inclusion',
  'log entries',
  'validity of the logs',
  'entries name the signer',
  'hashes in entries',
  'operators of logs',
];
const OF_TIMESTAMPS = ['timestamps were granted', 'purpose of timestamp authorities'];
const OF_TIMES = ['timestamps', 'times are past', 'operators of times'];

/** What a scenario holds nothing for, by what it is made of; its key has no dates. */
function withoutObject(made: Scenario): readonly string[] {
  const { mode, content, version, algorithm, entries, timestamps, intermediates = 1 } = made;
  const promised = entries.some(({ log }) => log.startsWith('rekor1'));
  const pinsHash = mode === 'keyed' && content === 'message' && algorithm !== 'ed25519';
  return [
    content === 'message' ? ['subject of the Statement'] : ['digest of the artifact'],
    OF_DATES,
    pinsHash ? [] : ['algorithm of the key'],
    mode === 'keyed' ? OF_CERTIFICATES : [],
    mode === 'keyless' && intermediates === 0 ? ['purpose of the chain'] : [],
    entries.length === 0 ? OF_ENTRIES : [],
    entries.length === 0 || version === 'legacy' ? OF_PROOFS : [],
    promised ? [] : ['promises of the logs'],
    timestamps.length === 0 ? OF_TIMESTAMPS : [],
    promised || timestamps.length > 0 ? [] : OF_TIMES,
  ].flat();
}

function notRun(made: ReturnType<ReturnType<typeof createLab>['make']>): readonly string[] {
  const verification = verifyMade(made);
  assert.ok(verification.verified, made.scenario.name);
  return verification.checks.filter(({ result }) => result === 'not_run').map(({ check }) => check);
}

describe('a check with nothing to look at is not run, and every other is', () => {
  const lab = createLab();

  for (const each of SCENARIOS) {
    it(each.name, () => {
      assert.deepEqual([...notRun(lab.make(each))].sort(), [...withoutObject(each)].sort());
    });
  }

  it('with a key: its dates are checked each where it has that one', () => {
    const dates = { from: 'start of the key', to: 'end of the key', revokedAt: 'revocation of the key' } as const;
    for (const [date, check] of Object.entries(dates)) {
      const made = lab.make(scenario('keyed DSSE logged'), {
        made: (plain) => ({
          ...plain,
          keyValidity: { [date]: date === 'from' ? plain.signedAt : plain.signedAt + 86_400_000 },
        }),
      });
      assert.deepEqual(
        notRun(made).filter((name) => OF_DATES.includes(name)),
        OF_DATES.filter((name) => name !== check),
      );
    }
  });

  it('and none is so everywhere', () => {
    const idle = SCENARIOS.map((each) => new Set(withoutObject(each)));
    const names = [...LIBRARY_STAGES, ...BUNDLE_CHECKS.map(({ name }) => name)];
    assert.deepEqual(
      names.filter((name) => idle.every((without) => without.has(name))),
      OF_DATES,
    );
  });
});
