import assert from 'node:assert/strict';
import { auditConfig } from '../../src/audit/config.ts';
import { compileMask, isMaskPointer, MASKED } from '../../src/audit/mask.ts';

describe('the mask of a payload', () => {
  it('replaces what its pointers name, by name, by index, by wildcard', () => {
    const mask = compileMask(['/a/secret', '/list/*/token', '/list/1', '/x~1y/z~0', '/*/anywhere']);
    const payload = {
      a: { secret: { deep: 1 }, other: 2, anywhere: 3 },
      list: [{ token: 't', kept: 1 }, { token: 'u' }, 'text'],
      'x/y': { 'z~': 1 },
      secret: 'stays',
    };
    assert.deepEqual(mask(payload), {
      a: { secret: MASKED, other: 2, anywhere: MASKED },
      list: [{ token: MASKED, kept: 1 }, MASKED, 'text'],
      'x/y': { 'z~': MASKED },
      secret: 'stays',
    });
    assert.deepEqual(payload.a.secret, { deep: 1 }, 'the payload itself is not changed');
  });

  it('reaches a member that is called *, and one called __proto__', () => {
    const payload = JSON.parse('{"*":{"k":1},"__proto__":{"k":2}}');
    const masked = JSON.stringify(compileMask(['/*/k'])(payload));
    assert.equal(masked, '{"*":{"k":{"masked":true}},"__proto__":{"k":{"masked":true}}}');
  });

  it('takes only pointers below the root', () => {
    assert.deepEqual(['/a', '/a/*/b', '/a~1b', '/'].map(isMaskPointer), [true, true, true, true]);
    assert.deepEqual(['', 'a', '/a~2', '/a~'].map(isMaskPointer), [false, false, false, false]);
    assert.throws(() => compileMask(['a']), TypeError);
  });

  it('is refused where it would promise what the record tells all the same', () => {
    const refused = [
      '/context/session',
      '/context/call',
      '/*/session',
      '/*/call',
      '/context/plan/hash',
      '/subject/id',
      '/subject/type',
      '/resource/id',
      '/resource/type',
      '/action/name',
    ];
    for (const pointer of refused) {
      const { error } = auditConfig.safeParse({ mask: ['/context/note', pointer] });
      assert.deepEqual(error?.issues[0]?.path, ['mask', 1], pointer);
      assert.match(error?.issues[0]?.message ?? '', /stands in the record/, pointer);
    }
    // Broader than one such identifier: they mask what else is there.
    const taken = [
      '/context',
      '/context/*',
      '/context/plan',
      '/context/sessions',
      '/context/session~1',
      '/subject',
      '/*/*',
    ];
    assert.deepEqual(auditConfig.parse({ mask: taken }).mask, taken);
  });
});
