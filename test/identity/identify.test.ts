import assert from 'node:assert/strict';
import { createIdentify } from '../../src/identity/identify.ts';
import { isLoopbackAddress, isLoopbackHost } from '../../src/model/loopback.ts';
import { thrownWith } from '../thrown.ts';

const subject = { type: 'agent', id: 'alice', properties: { roles: ['admin'], issuer: 'https://idp.example' } };
const local = { remoteAddress: '127.0.0.1', host: '127.0.0.1:8470' };

describe('identification', () => {
  it('knows nobody where nothing is configured', () => {
    const identify = createIdentify({ dangerously_trust_asserted_subjects: false });
    thrownWith('authentication.required', () => identify(subject, local));
  });

  it('takes an asserted subject at its word, under an issuer of its own and without roles', () => {
    const identify = createIdentify({ dangerously_trust_asserted_subjects: true });
    assert.deepEqual(identify(subject, local), {
      caller: { method: 'asserted', issuer: 'asserted', id: 'alice' },
      principal: { authenticated: true, issuer: 'asserted', id: 'alice', roles: [] },
      actors: [],
    });
  });

  it('takes asserted subjects from loopback alone, and not from a page whose name was rebound to it', () => {
    const identify = createIdentify({ dangerously_trust_asserted_subjects: true });
    for (const connection of [
      { ...local, remoteAddress: '10.0.0.7' },
      { ...local, remoteAddress: '::ffff:10.0.0.7' },
      { ...local, remoteAddress: undefined },
      { ...local, host: 'attacker.example:8470' },
      { ...local, host: '127.0.0.1.attacker.example' },
      { ...local, host: undefined },
    ]) {
      thrownWith('authentication.not_loopback', () => identify(subject, connection));
    }
    for (const connection of [
      { remoteAddress: '::1', host: '[::1]:8470' },
      { remoteAddress: '::ffff:127.0.0.1', host: 'localhost:8470' },
      { remoteAddress: '127.8.9.1', host: 'localhost' },
    ]) {
      assert.equal(identify(subject, connection).caller.id, 'alice');
    }
  });
});

describe('loopback', () => {
  it('is 127.0.0.0/8 and ::1, in whatever form', () => {
    for (const address of ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1']) {
      assert.ok(isLoopbackAddress(address), address);
    }
    for (const address of ['0.0.0.0', '128.0.0.1', '::', '::2', 'localhost', '', '127.0.0.1x']) {
      assert.ok(!isLoopbackAddress(address), address);
    }
    assert.ok(isLoopbackHost('localhost') && isLoopbackHost('[::1]') && !isLoopbackHost('0.0.0.0'));
  });
});
