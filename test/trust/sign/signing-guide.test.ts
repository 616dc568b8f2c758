import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { trustConfig } from '../../../src/trust/config.ts';

const root = new URL('../../../', import.meta.url);
const guide = readFileSync(new URL('docs/signing.md', root), 'utf8');

describe('the guide to signing', () => {
  const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
  const configurations = blocks.filter((block) => Object.hasOwn(block, 'trust'));

  it('shows configurations that are taken as they stand', () => {
    assert.equal(configurations.length, 3);
    for (const { trust } of configurations) {
      const parsed = trustConfig.safeParse(trust);
      assert.ok(parsed.success, JSON.stringify(parsed.error?.issues));
    }
  });

  it('asks for the token that the authority beside it names', () => {
    const [github, gitlab] = blocks.filter((block) => !Object.hasOwn(block, 'trust'));
    assert.equal(github.jobs.sign.permissions['id-token'], 'write');
    assert.deepEqual(gitlab['sign catalogue'].id_tokens, { SIGSTORE_ID_TOKEN: { aud: 'sigstore' } });
  });

  it('explains every code that signing ends with', () => {
    const folder = new URL('src/trust/sign/', root);
    const sources = [
      new URL('src/cli/sign.ts', root),
      new URL('src/cli/new-file.ts', root),
      ...readdirSync(folder).map((name) => new URL(name, folder)),
    ].map((file) => readFileSync(file, 'utf8'));
    const codes = sources.flatMap((text) =>
      [...text.matchAll(/'((?:sign|file)\.[a-z_]+)'/g)].map(([, code = '']) => code),
    );
    assert.ok(codes.length > 8);
    assert.deepEqual(
      [...new Set(codes)].filter((code) => !guide.includes(`\`${code}\``)),
      [],
    );
  });
});
