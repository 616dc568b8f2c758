import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Config, parseConfig } from '../../src/config.ts';
import { isJsonObject, type Json, member } from '../../src/model/json.ts';
import { mergePatch } from '../../src/model/merge-patch.ts';
import { parseStrictJsonText } from '../../src/model/strict-json.ts';
import { thrownWith } from '../thrown.ts';
import { privatePem, withKeys } from './authority/keys.ts';

const FILE = '/etc/exequatur/config.yaml';
const vector = (name: string): Json =>
  parseStrictJsonText(readFileSync(new URL(`../vectors/trust/authority/${name}`, import.meta.url), 'utf8'));
const good = vector('good.json');

// Every JSON text is YAML.
function configure(trust: Json): Config {
  return parseConfig(JSON.stringify({ catalogue: { folders: ['tools.json'] }, trust: withKeys(trust) }), FILE);
}

describe('the configuration of trust', () => {
  it('may be left out: nothing is verified then', () => {
    const config = parseConfig('catalogue: { folders: [tools.json] }\n', FILE);
    assert.equal(config.trust, undefined);
    assert.equal(config.state.store, 'memory');
  });

  it('takes authorities and rules, with defaults that vouch for little', () => {
    const { trust } = configure(good);
    const board = trust?.authorities.board;
    assert.deepEqual(board?.scope, {
      servers: ['*'],
      tools: ['*'],
      plan_agents: ['https://idp.example deploy-*', '* release-bot'],
      environments: [],
    });
    assert.equal(board?.highest_effect, 'read');
    assert.deepEqual(board?.formats, ['sigstore']);
    assert.deepEqual(
      trust?.rules.map((rule) => rule.at_least),
      [1, 1],
    );
    assert.ok(Object.isFrozen(trust?.authorities));
  });

  it('takes a subject that anybody may have where a claim narrows it', () => {
    const identity = {
      issuer: 'https://token.actions.githubusercontent.com',
      subject_pattern: '^https://github\\.com/.+$',
      claims: { source_repository_owner_identifier: '131804563' },
    };
    configure(mergePatch(good, { authorities: { release: { identities: [identity] } } }));
  });

  it('takes a pattern that writes the owner out, or owners', () => {
    for (const owner of ['acme', '(?:acme|acme-labs)', 'acme\\.example', 'acme\\-labs']) {
      const subject_pattern = `^https://gitlab\\.com/${owner}/.+$`;
      const identity = { issuer: 'https://gitlab.com', subject_pattern };
      configure(mergePatch(good, { authorities: { release: { identities: [identity] } } }));
    }
  });

  it('reports all mistakes at once, those between parts too', () => {
    const patch: Json = {
      authorities: { Board: {}, board: { keys: [{ pem: '<private p256>' }, { pem: '<p384>' }], root: 'none' } },
      rules: [{ name: 'x', kinds: ['plan'], authorities: ['nobody'] }],
    };
    const { message } = thrownWith('config.invalid', () => configure(mergePatch(good, patch)));
    for (const place of [
      'authorities.Board',
      'authorities.board.keys.0.pem',
      'authorities.board.keys.1.pem',
      'authorities.board.root',
      'rules.0.authorities.0',
    ]) {
      assert.ok(message.includes(` trust.${place}: `), `${place} in ${message}`);
    }
  });

  it('repeats nothing of a private key', () => {
    const patch: Json = {
      authorities: { board: { keys: [{ pem: '<private p256>' }, { jwk: { '<jwk>': 'private ed25519' } }] } },
    };
    const { message } = thrownWith('config.invalid', () => configure(mergePatch(good, patch)));
    const secret = privatePem('p256').split('\n')[1] ?? '';
    const jwk = withKeys({ '<jwk>': 'private ed25519' });
    const scalar = isJsonObject(jwk) ? member(jwk, 'd') : undefined;
    assert.ok(secret.length > 40 && typeof scalar === 'string');
    assert.ok(!message.includes(secret) && !message.includes(String(scalar)), message);
  });

  describe('refuses', () => {
    const mistakes = vector('mistakes.json');
    assert.ok(Array.isArray(mistakes) && mistakes.length > 100);
    for (const entry of mistakes) {
      assert.ok(isJsonObject(entry));
      const { mistake, patch, place, says } = entry;
      it(String(mistake), () => {
        assert.ok(patch !== undefined && typeof place === 'string' && typeof says === 'string');
        const { message } = thrownWith('config.invalid', () => configure(mergePatch(good, patch)));
        const line = message.split('\n').find((text) => text.includes(` trust.${place}: `) && text.includes(says));
        assert.ok(line !== undefined, message);
        assert.match(line, /^ {2}\/etc\/exequatur\/config\.yaml:\d+:\d+ trust\./);
      });
    }
  });
});
