import assert from 'node:assert/strict';
import { isAlarm, signatureRefusal, validityRefusal } from '../../src/document/refusal.ts';
import { DOCUMENT_FAILURES } from '../../src/document/shelved.ts';
import { FAILURES } from '../../src/trust/failure.ts';

describe('why documents do not count', () => {
  it('is an alarm where somebody may be at work, and none where things are merely missing', () => {
    const quiet = Object.keys({ ...DOCUMENT_FAILURES, ...FAILURES }).filter((code) => !isAlarm([{ code }]));
    assert.deepEqual(quiet.sort(), [
      'document_expired',
      'document_invalid',
      'document_not_yet_valid',
      'document_removed',
      'document_superseded',
      'document_too_large',
      'document_twice',
      'key_not_yet_valid',
      'no_rule',
      'no_trust_configured',
      'record_failed',
      'revocations_unavailable',
      'root_stale',
      'root_unavailable',
      'rule_not_met',
      'state_unavailable',
      'timed_out',
      'unsigned',
      'verdict_expired',
      'verifier_failed',
    ]);
    assert.equal(isAlarm([]), false);
    assert.equal(isAlarm([{ code: 'unsigned' }, { code: 'revoked_key', authority: 'board' }]), true);
    assert.equal(isAlarm([{ code: 'nobody knows it' }]), true);
  });

  it('is told with what it means, bounded and printable', () => {
    const failed = Array.from({ length: 20 }, () => ({ code: 'revoked_key', authority: 'bo\u202eard' }));
    const refusal = signatureRefusal({ verified: false, by: [], failed }, `x\u001b[31m${'y'.repeat(10_000)}`);
    assert.ok(refusal !== undefined && refusal.message.length <= 8_193);
    assert.ok(!refusal.message.includes('\u202e') && !refusal.message.includes('\u001b'));
    const short = signatureRefusal({ verified: false, by: [], failed }, 'a.json');
    assert.match(short?.message ?? '', /revoked_key \(bo.ard\): the key is revoked; .*and 12 more$/);
    assert.equal(signatureRefusal({ verified: true, by: [], failed: [] }, 'a.json'), undefined);
    assert.deepEqual(signatureRefusal({ verified: false, by: [], failed: [] }, 'a.json')?.failed, [
      { code: 'rule_not_met' },
    ]);
  });

  it('may be the time: from five minutes before it is issued to the moment it expires', () => {
    const header = { type: 'plan', id: 'p', version: 1, issued: 1_000_000, expires: 2_000_000 } as const;
    const codeAt = (time: number) => validityRefusal(header, 'p.json', time)?.failed[0]?.code;
    assert.deepEqual([699_999, 700_000, 1_999_999, 2_000_000].map(codeAt), [
      'document_not_yet_valid',
      undefined,
      undefined,
      'document_expired',
    ]);
  });
});
