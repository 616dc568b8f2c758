import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the document on state', () => {
  const docs = read('docs/state.md');

  it('explains every code', () => {
    const union = read('src/state/failure.ts').split('export type StateFailureCode =')[1] ?? '';
    const codes = [...union.matchAll(/'([a-z_]+)'/g)].map((match) => `state.${match[1]}`);
    assert.ok(codes.length > 15);
    assert.deepEqual(
      codes.filter((code) => !docs.includes(`\`${code}\``)),
      [],
    );
  });

  it('lists the commands of the user that the tests try', () => {
    const tried = [...read('test/state/redis.test.ts').matchAll(/'(\+[a-z|]+)'/g)].map((match) => match[1] ?? '');
    const listed = (/ACL SETUSER exequatur (.*)/.exec(docs)?.[1] ?? '')
      .split(' ')
      .filter((word) => word.startsWith('+'));
    assert.deepEqual([...new Set(tried)].sort(), listed.sort());
  });
});
