import assert from 'node:assert/strict';
import { bitOf, booleanOf, oidOf, readDer, readDerAll } from '../../../src/trust/certificate/der.ts';
import { thrownWith } from '../../thrown.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const refused = (hex: string): void => {
  thrownWith('trust.certificate_malformed', () => readDer(bytes(hex), 'it'));
};

describe('DER', () => {
  it('reads one element, and several in a row', () => {
    assert.deepEqual(readDer(bytes('0403 010203'), 'it'), {
      tag: 4,
      content: bytes('010203'),
      whole: bytes('0403010203'),
    });
    assert.deepEqual(
      readDerAll(bytes('0500 0101ff'), 'it').map(({ tag }) => tag),
      [5, 1],
    );
    assert.equal(readDer(Buffer.concat([bytes('048180'), Buffer.alloc(128)]), 'it').content.length, 128);
    assert.deepEqual(readDerAll(bytes(''), 'it'), []);
  });

  for (const [what, hex] of [
    ['nothing', ''],
    ['a tag alone', '04'],
    ['content that breaks off', '0403 0102'],
    ['a length that breaks off', '0482 01'],
    ['bytes after the element', '0401 01 00'],
    ['a second element', '0500 0500'],
    ['the indefinite length', '3080 0000'],
    ['a long length that would be short', '048103 010203'],
    ['a length with a leading zero', `04820080${'00'.repeat(128)}`],
    ['a length beyond four bytes', '04850100000000'],
    ['a tag of several bytes', '1f2101 00'],
    ['the tag 0', '0000'],
  ] as const) {
    it(`refuses ${what}`, () => refused(hex));
  }

  it('writes object identifiers in dots, of any root', () => {
    const dots = (hex: string): string => oidOf(readDer(bytes(hex), 'it'), 'it');
    assert.equal(dots('0603 551d25'), '2.5.29.37');
    assert.equal(dots('060a 2b0601040183bf300108'), '1.3.6.1.4.1.57264.1.8');
    assert.equal(dots('0602 883703'.replace('0602', '0603')), '2.999.3');
    assert.equal(dots('0601 00'), '0.0');
  });

  for (const [what, hex] of [
    ['that is empty', '0600'],
    ['that breaks off', '0602 5581'],
    ['with padding', '0604 55 80 1d 25'],
    ['beyond all bounds', `0641 55${'01'.repeat(64)}`],
    ['of another type', '0403 551d25'],
  ] as const) {
    it(`refuses an object identifier ${what}`, () => {
      const [element] = readDerAll(bytes(hex), 'it');
      thrownWith('trust.certificate_malformed', () => oidOf(element, 'it'));
    });
  }

  it('knows two booleans', () => {
    assert.equal(booleanOf(readDer(bytes('0101ff'), 'it'), 'it'), true);
    assert.equal(booleanOf(readDer(bytes('010100'), 'it'), 'it'), false);
    for (const hex of ['010101', '0100', '0102ffff', '0201ff']) {
      thrownWith('trust.certificate_malformed', () => booleanOf(readDer(bytes(hex), 'it'), 'it'));
    }
  });

  it('counts bits from the first', () => {
    const usage = readDer(bytes('0302 0780'), 'it');
    assert.equal(bitOf(usage, 0, 'it'), true);
    assert.equal(bitOf(usage, 1, 'it'), false);
    assert.equal(bitOf(usage, 9, 'it'), false);
    assert.equal(bitOf(readDer(bytes('0303 07 0080'), 'it'), 8, 'it'), true);
    for (const hex of ['0300', '0302 0880', '0302 0781', '0301 01']) {
      thrownWith('trust.certificate_malformed', () => bitOf(readDer(bytes(hex), 'it'), 0, 'it'));
    }
  });
});
