import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { withFailureTable } from '../../scripts/failure-table.ts';
import { parseConfig } from '../../src/config.ts';
import { FAILURES } from '../../src/trust/failure.ts';

const page = readFileSync(new URL('../../docs/signatures.md', import.meta.url), 'utf8');

describe('the page about signatures', () => {
  it('explains every failure code as the source has it; else run scripts/failure-table.ts', () => {
    assert.equal(withFailureTable(page), page);
    for (const code of Object.keys(FAILURES)) assert.ok(page.includes(`\n| \`${code}\` | `), code);
  });

  it('gives examples that the configuration takes', () => {
    const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');
    assert.ok(examples.length >= 4);
    for (const example of examples) parseConfig(`catalogue: { files: [x] }\n${example}`, '/etc/exequatur/config.yaml');
  });
});
