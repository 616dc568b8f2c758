import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { askSecretly } from '../../src/cli/prompt.ts';

/** What is answered, and all that was shown, where these bytes are typed. */
async function typed(keys: string): Promise<{ answer: string | undefined; shown: string }> {
  const [input, errors] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })];
  const asked = askSecretly('Password: ', input, errors);
  input.write(keys);
  const answer = await asked;
  return { answer, shown: errors.read() };
}

describe('a prompt for a secret', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['takes a line', 'a secret\r', 'a secret'],
    ['takes a line that was corrected', 'a secrex\u007ft\r', 'a secret'],
    ['takes an empty line', '\r', ''],
    ['takes no more than a line', 'one\rtwo\r', 'one'],
    ['is broken off by control-C', 'a sec\u0003', undefined],
    ['is broken off by the end of the input', '\u0004', undefined],
  ];
  for (const [name, keys, expected] of cases) {
    it(`${name}, and shows none of it`, async () => {
      assert.deepEqual(await typed(keys), { answer: expected, shown: 'Password: \n' });
    });
  }
});
