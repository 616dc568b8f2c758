import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { withFailureTable } from '../../scripts/failure-table.ts';
import { parseConfig } from '../../src/config.ts';
import { FAILURES } from '../../src/trust/failure.ts';
import { parseRevocations } from '../../src/trust/revocation/parse.ts';

const page = readFileSync(new URL('../../docs/signatures.md', import.meta.url), 'utf8');

describe('the page about signatures', () => {
  it('explains every failure code as the source has it; else run scripts/failure-table.ts', () => {
    assert.equal(withFailureTable(page), page);
    for (const code of Object.keys(FAILURES)) assert.ok(page.includes(`\n| \`${code}\` | `), code);
  });
});

describe('the pages about trust', () => {
  const examplesOf = (name: string) =>
    [...readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(
      (match) => match[1] ?? '',
    );

  for (const [name, least] of [
    ['signatures', 4],
    ['signing', 3],
    ['freshness', 1],
    ['trust-roots', 2],
  ] as const) {
    it(`give examples that the configuration takes: ${name}`, () => {
      const examples = examplesOf(name).filter((example) => example.startsWith('trust:'));
      assert.ok(examples.length >= least, `${examples.length}`);
      for (const example of examples) {
        parseConfig(`catalogue: { folders: [x] }\n${example}`, '/etc/exequatur/config.yaml');
      }
    });
  }

  for (const [name, entries] of [
    ['signatures', 0],
    ['trust-roots', 4],
  ] as const) {
    it(`give a file of revocations that counts: ${name}`, () => {
      const files = examplesOf(name).filter((example) => example.startsWith('# revoked.yaml'));
      assert.equal(files.length, 1);
      const { keys, certificates, identities, artifacts } = parseRevocations(Buffer.from(files[0] ?? ''), name);
      assert.equal(keys.length + certificates.length + identities.length + artifacts.length, entries);
    });
  }
});
