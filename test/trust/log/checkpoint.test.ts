import assert from 'node:assert/strict';
import { checkpointDefect, readCheckpoint } from '../../../src/trust/log/checkpoint.ts';

const ROOT = Buffer.alloc(32, 7).toString('base64');
const SIGNATURE = '— log.example AAAAAAE=';
const note = ({ origin = 'log.example', size = '12', root = ROOT, rest = '', lines = [SIGNATURE] } = {}): string =>
  `${origin}\n${size}\n${root}\n${rest}\n${lines.map((line) => `${line}\n`).join('')}`;

describe('a checkpoint', () => {
  it('has origin, size and root', () => {
    assert.equal(checkpointDefect(note()), undefined);
    assert.deepEqual(readCheckpoint(note()), { origin: 'log.example', size: 12n, root: Buffer.alloc(32, 7) });
    assert.equal(checkpointDefect(note({ size: '0' })), undefined);
    assert.equal(checkpointDefect(note({ size: '18446744073709551615' })), undefined);
    assert.equal(readCheckpoint(note({ size: '18446744073709551615' }))?.size, 2n ** 64n - 1n);
  });

  it('may have extension lines and several signatures', () => {
    assert.equal(checkpointDefect(note({ rest: 'Timestamp: 1\n' })), undefined);
    assert.equal(checkpointDefect(note({ lines: [SIGNATURE, '— witness.example/w1 AAAAAAIB'] })), undefined);
  });

  for (const [what, envelope] of [
    ['nothing', ''],
    ['without signatures', `log.example\n12\n${ROOT}\n`],
    ['whose signatures are empty', `log.example\n12\n${ROOT}\n\n`],
    ['without origin', note({ origin: '' })],
    ['with an origin of blanks', note({ origin: '  ' })],
    ['without size', `log.example\n${ROOT}\n\n${SIGNATURE}\n`],
    ['with a signed size', note({ size: '+12' })],
    ['with a negative size', note({ size: '-12' })],
    ['with a leading zero', note({ size: '012' })],
    ['with a hexadecimal size', note({ size: '0xc' })],
    ['with blanks around its size', note({ size: ' 12' })],
    ['with a size in other digits', note({ size: '１２' })],
    ['without root', note({ root: '' })],
    ['with a root of 31 bytes', note({ root: Buffer.alloc(31).toString('base64') })],
    ['with a root in the URL alphabet', note({ root: Buffer.alloc(32, 0xff).toString('base64url') })],
    ['with a root of stray bits', note({ root: `${ROOT.slice(0, -2)}d=` })],
    ['with a carriage return', note({ size: '12\r' })],
    ['with a NUL', note({ origin: 'log\u0000' })],
    ['with an empty extension line', note({ rest: '\nx\n' })],
    ['with junk among its signatures', note({ lines: [SIGNATURE, 'junk'] })],
    ['with a signature line without signature', note({ lines: ['— log.example'] })],
    ['with a signature line that begins otherwise', note({ lines: ['- log.example AAAAAAE='] })],
    ['whose last line does not end', note().slice(0, -1)],
  ] as const) {
    it(`is refused ${what}`, () => assert.notEqual(checkpointDefect(envelope), undefined));
  }

  it('is read as the library reads it, or not at all', () => {
    assert.equal(readCheckpoint(note({ size: '+12' }))?.size, 12n);
    assert.equal(readCheckpoint(note({ size: 'twelve' })), undefined);
    assert.equal(readCheckpoint('log.example'), undefined);
  });
});
