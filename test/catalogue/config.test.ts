import assert from 'node:assert/strict';
import { allowedMentions, catalogueConfig } from '../../src/catalogue/config.ts';

function problems(value: unknown): string[] {
  const parsed = catalogueConfig.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe("the configuration's catalogue", () => {
  it('names folders, and what is allowed', () => {
    const mention = { tool: 'notes/add_note', mentions: 'files/dir/read' };
    const config = catalogueConfig.parse({
      folders: ['catalogue'],
      allowed_mentions: [mention, { ...mention, mentions: 'a/b' }],
    });
    assert.deepEqual(allowedMentions(config), new Map([['notes/add_note', new Set(['files/dir/read', 'a/b'])]]));
    assert.deepEqual(catalogueConfig.parse({ folders: ['x'] }), { folders: ['x'], allowed_mentions: [] });
  });

  for (const [what, value, place] of [
    ['no folder', { folders: [] }, 'folders'],
    ['files', { files: ['x.json'], folders: ['x'] }, ''],
    ['an empty name', { folders: [''] }, 'folders.0'],
    ['a folder twice', { folders: ['a', 'a'] }, 'folders'],
    ['17 folders', { folders: Array.from({ length: 17 }, (_, number) => `f${number}`) }, 'folders'],
    [
      'a mention of no id',
      { folders: ['x'], allowed_mentions: [{ tool: 'a', mentions: 'b/c' }] },
      'allowed_mentions.0.tool',
    ],
    [
      'a mention with more',
      { folders: ['x'], allowed_mentions: [{ tool: 'a/b', mentions: 'b/c', all: true }] },
      'allowed_mentions.0',
    ],
  ] as const) {
    it(`may not have ${what}`, () => assert.deepEqual(problems(value), [place]));
  }
});
