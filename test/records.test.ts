import assert from 'node:assert/strict';
import { createIds } from '../src/decision/decision-id.ts';
import { sha256 } from '../src/model/digest.ts';
import type { RecordDraft } from '../src/model/record.ts';
import { createAlarms } from '../src/records.ts';

const ALARM = { code: 'freshness.state_failed', severity: 'error', message: 'the store is away' } as const;

describe('the record of an alarm', () => {
  function world() {
    const drafts: RecordDraft[] = [];
    const time = { now: 0 };
    const alarm = createAlarms(
      {
        append: async (draft) => {
          drafts.push(draft);
          return { origin: 'test', index: drafts.length - 1, leaf: sha256('leaf') };
        },
      },
      { now: () => time.now, newId: createIds((size) => new Uint8Array(size)) },
    );
    return { drafts, time, alarm };
  }

  it('says what happened, and nothing of the cause', async () => {
    const { drafts, alarm } = world();
    await alarm({ ...ALARM, cause: new Error('private') });
    assert.deepEqual(
      drafts.map(({ kind, time, body }) => ({ kind, time, body })),
      [{ kind: 'alarm', time: '1970-01-01T00:00:00.000Z', body: ALARM }],
    );
  });

  it('is written once a minute for the same alarm, and at once for another', async () => {
    const { drafts, time, alarm } = world();
    for (time.now of [0, 1, 59_999, 60_000]) await alarm(ALARM);
    assert.equal(drafts.length, 2);
    await alarm({ ...ALARM, message: 'another' });
    assert.equal(drafts.length, 3);
  });

  it('fits into a record, whatever the message', async () => {
    const { drafts, alarm } = world();
    await alarm({ ...ALARM, message: `${'\u{1f600}'.repeat(5000)}` });
    const message = drafts[0]?.body.message;
    assert.ok(typeof message === 'string' && message.length === 8192 && message.isWellFormed());
  });
});
