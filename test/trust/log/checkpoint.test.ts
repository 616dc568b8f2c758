import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  checkpointDefect,
  parseCheckpoint,
  readCheckpoint,
  verifyCheckpoint,
} from '../../../src/trust/log/checkpoint.ts';
import type { TrustedLog } from '../../../src/trust/root/trust-root.ts';
import { thrownWith } from '../../thrown.ts';
import {
  ecdsaLogKey,
  ed25519LogKey,
  type LogKey,
  signatureLine,
  signedCheckpoint,
  trustedLog,
} from '../freshness/log-server.ts';
import { Tree } from '../freshness/tree.ts';

const CODE = 'trust.log_checkpoint_invalid';
const ROOT = new Tree(5).root();
const LINE = '— log.example AAAAAAE=\n';

function parse(text: string) {
  return parseCheckpoint(Buffer.from(text));
}

function refused(text: string, name: string, log: TrustedLog): void {
  thrownWith(CODE, () => verifyCheckpoint(parse(text), name, log));
}

describe('checkpoints in signed notes (C2SP)', () => {
  const keys: LogKey[] = [ecdsaLogKey('log.example'), ed25519LogKey('log.example')];

  for (const key of keys) {
    const log = trustedLog(key);
    const note = signedCheckpoint(key, 'log.example', 5, ROOT);

    it(`are read and verified: ${key.publicKey.asymmetricKeyType}`, () => {
      const checkpoint = parse(note);
      verifyCheckpoint(checkpoint, 'log.example', log);
      assert.equal(checkpoint.origin, 'log.example');
      assert.equal(checkpoint.size, 5n);
      assert.deepEqual(checkpoint.root, ROOT);
    });

    it(`are refused by another key, under another name, or changed: ${key.publicKey.asymmetricKeyType}`, () => {
      refused(note, 'other.example', log);
      refused(note, 'log.example', trustedLog(ecdsaLogKey('log.example')));
      // The same id, another key: the id only says which key is meant.
      refused(note, 'log.example', { ...trustedLog(ed25519LogKey('log.example')), id: key.id });
      refused(note.replace('\n5\n', '\n6\n'), 'log.example', log);
      refused(note.replace('log.example\n', 'log.exampl3\n'), 'log.example', log);
    });

    it(`may carry signatures of witnesses, and none of the log's that does not verify: ${key.publicKey.asymmetricKeyType}`, () => {
      const text = note.slice(0, note.indexOf('\n\n') + 1);
      const witness = signatureLine(ed25519LogKey('witness.example'), text);
      verifyCheckpoint(parse(`${note}${witness}`), 'log.example', log);
      verifyCheckpoint(parse(`${text}\n${witness}${note.slice(text.length + 1)}`), 'log.example', log);
      refused(`${note}${signatureLine(key, 'something else\n')}`, 'log.example', log);
    });
  }

  it('are verified under RSA keys, which trusted roots may name', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { name: 'log.example', id: 'ab'.repeat(32), ...pair };
    const note = signedCheckpoint(key, 'log.example', 5, ROOT);
    verifyCheckpoint(parse(note), 'log.example', trustedLog(key));
    refused(note.replace('\n5\n', '\n6\n'), 'log.example', trustedLog(key));
  });

  it("are verified for Ed25519 by the note's own key id where the root names the log otherwise", () => {
    const key = ed25519LogKey('log.example');
    verifyCheckpoint(parse(signedCheckpoint(key, 'log.example', 5, ROOT)), 'log.example', {
      ...trustedLog(key),
      id: ecdsaLogKey('x').id,
    });
  });

  it('of the public logs are read and verified', () => {
    // Rekor v1's key and checkpoints of two trees of it, and Rekor v2's, from published bundles.
    const cases: {
      name: string;
      origin: string;
      size: string;
      id: string;
      key: string;
      note: string;
    }[] = JSON.parse(readFileSync(new URL('../../vectors/trust/freshness/checkpoints.json', import.meta.url), 'utf8'));
    assert.ok(cases.length >= 3);
    for (const { name, origin, size, id, key, note } of cases) {
      const log = {
        id,
        baseUrl: `https://${name}`,
        operator: name,
        key: createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' }),
        validFrom: 0,
      };
      const checkpoint = parse(note);
      verifyCheckpoint(checkpoint, name, log);
      assert.equal(checkpoint.origin, origin);
      assert.equal(checkpoint.size.toString(), size);
      refused(note.replace(`\n${size}\n`, `\n${BigInt(size) + 1n}\n`), name, log);
    }
  });

  it('have any size that 64 bits hold, and lines more', () => {
    const sized = (size: string) =>
      readCheckpoint(`log.example\n${size}\n${ROOT.toString('base64')}\nTimestamp: 1\n\n${LINE}`);
    for (const size of [0n, 12n, 2n ** 64n - 1n]) {
      const read = sized(String(size));
      assert.equal('size' in read && read.size, size);
    }
  });

  it('of another form are refused', () => {
    const [key] = keys;
    assert.ok(key);
    const note = signedCheckpoint(key, 'log.example', 5, ROOT);
    const [text = '', signature = ''] = note.split('\n\n');
    const root = ROOT.toString('base64');
    const bad: Record<string, string> = {
      empty: '',
      'no signature': `${text}\n`,
      'an empty signature block': `${text}\n\n`,
      'no line feed at the end': note.slice(0, -1),
      'a carriage return': note.replaceAll('\n', '\r\n'),
      'a NUL': note.replace('log.example', 'log\0example'),
      'no origin': note.replace('log.example\n', '\n'),
      'an origin of blanks': note.replace('log.example\n', '  \n'),
      'a minus': note.replace('\n5\n', '\n-5\n'),
      'blanks before the size': note.replace('\n5\n', '\n 5\n'),
      'a size in other digits': note.replace('\n5\n', '\n５\n'),
      'no root': note.replace(root, ''),
      'junk among the signatures': note.replace(signature, `${signature}junk\n`),
      'a signature line without signature': `${note}— witness.example\n`,
      'a blank line behind the first signature': `${note}\n${signature}`,
      'a leading zero': note.replace('\n5\n', '\n05\n'),
      'a sign': note.replace('\n5\n', '\n+5\n'),
      hexadecimal: note.replace('\n5\n', '\n0x5\n'),
      'a size beyond 20 digits': note.replace('\n5\n', `\n${'9'.repeat(21)}\n`),
      'a short root': note.replace(root, ROOT.subarray(1).toString('base64')),
      base64url: note.replace(root, Buffer.alloc(32, 0xff).toString('base64url')),
      'base64 with bits left over': note.replace(root, withLooseBits(root)),
      'an empty line in the text': note.replace(`${root}\n`, `${root}\n\n`).replace('\n\n—', '\n\nx\n\n—'),
      'a hyphen for the dash': note.replace('—', '-'),
      'a name with a plus': note.replace('— log.example', '— log+example'),
      'a name with a space': note.replace('— log.example', '— log example'),
      'a short signature': `${text}\n\n— log.example AAAA\n`,
      'a line behind the signatures': `${note}more\n`,
      'two few lines': `log.example\n5\n\n${signature}`,
      'too many signatures': `${text}\n\n${signature.repeat(65)}`,
      'too large': `${text}\n${'x'.repeat(200_000)}\n\n${signature}`,
    };
    for (const [what, changed] of Object.entries(bad)) {
      assert.notEqual(changed, note, what);
      thrownWith(CODE, () => parse(changed));
      // Texts out of bundles have a bound of their own.
      if (what !== 'too large') assert.notEqual(checkpointDefect(changed), undefined, what);
    }
    thrownWith(CODE, () => parseCheckpoint(Buffer.concat([Buffer.from(note), Buffer.from([0xff, 0x0a])])));
  });
});

/** The same bytes to a lenient decoder: of the last digit before the padding only the upper bits count. */
function withLooseBits(base64: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = digits.indexOf(base64.at(-2) ?? '');
  const other = `${base64.slice(0, -2)}${digits[last + 1]}=`;
  assert.deepEqual(Buffer.from(other, 'base64'), Buffer.from(base64, 'base64'));
  return other;
}
