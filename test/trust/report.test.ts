import assert from 'node:assert/strict';
import { sha256 } from '../../src/model/digest.ts';
import { changeReport, freshnessReport } from '../../src/trust/report.ts';

describe('what trust reports', () => {
  it('shows texts of logs and documents without what drives a terminal', () => {
    const foreign = 'a\u009b31m\u202e\nname';
    const reports = [
      freshnessReport({ type: 'live_raised', logId: 'ab', origin: foreign, size: '5', root: 'cd'.repeat(32) }),
      changeReport({
        type: 'renewal_failed',
        document: { kind: foreign, name: foreign, digest: sha256(Buffer.alloc(0)), bytes: Buffer.alloc(0) },
        codes: ['verifier_failed'],
      }),
    ];
    for (const { message } of reports) {
      assert.match(message, /a\ufffd31m\ufffd\ufffdname/);
      assert.doesNotMatch(message, /[\p{C}\p{Zl}\p{Zp}]/u);
    }
  });
});
