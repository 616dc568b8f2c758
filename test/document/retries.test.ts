import assert from 'node:assert/strict';
import { type Candidate, createReader } from '../../src/document/candidate.ts';
import { refusalFor } from '../../src/document/refusal.ts';
import { createRetries } from '../../src/document/retries.ts';
import { timetable } from './timetable.ts';
import { parseWritten, type Written, written } from './written.ts';

const NOT_YET = refusalFor('time', 'document_not_yet_valid', 'not yet');
const SKEW = 300_000;

describe('documents that are tried again', () => {
  function world() {
    const time = timetable();
    const tried: string[] = [];
    const retries = createRetries<Written>(
      async ({ source }) => {
        tried.push(source);
      },
      (run) => run(),
      time.schedule,
      time.now,
    );
    return { time, tried, retries };
  }

  function candidates(...issued: readonly number[]): readonly Candidate<Written>[] {
    const read = createReader(parseWritten);
    return issued.map((at, index) => {
      const bytes = written({ issued: at, expires: at + 1_000 });
      return read({ source: `${index}`, bytes, bundles: [] });
    });
  }

  it('have their time, however many wait for theirs', () => {
    const { time, tried, retries } = world();
    const [soon, late] = candidates(time.now() + SKEW + 1_000, time.now() + SKEW + 2_000);
    assert.ok(soon !== undefined && late !== undefined);
    retries.want(soon, NOT_YET);
    for (let index = 1; index <= 200_000; index += 1) retries.want({ ...late, source: `${index}` }, NOT_YET);
    time.advance(1_000);
    assert.deepEqual(tried, ['0']);
    time.advance(1_000);
    assert.equal(tried.length, 200_001);
    assert.deepEqual(time.waiting(), []);
  });

  it('are tried at once where their time has come since they were refused', () => {
    const { time, tried, retries } = world();
    for (const candidate of candidates(time.now() + SKEW)) retries.want(candidate, NOT_YET);
    time.advance(0);
    assert.deepEqual([tried, time.waiting()], [['0'], []]);
  });

  it('are not where they have expired', () => {
    const { time, retries } = world();
    for (const candidate of candidates(time.now() - 2_000)) {
      retries.want(candidate, refusalFor('time', 'document_expired', 'expired'));
    }
    assert.deepEqual(time.waiting(), []);
  });
});
