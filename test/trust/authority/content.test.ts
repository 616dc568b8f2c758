import assert from 'node:assert/strict';
import {
  CONTENT_LIMITS,
  contentProblem,
  digestOfContent,
  isEmptyContent,
  NO_CONTENT,
  ownContent,
} from '../../../src/trust/authority/content.ts';
import type { DocumentContent } from '../../../src/trust/authority/scope.ts';

const content = (more: Partial<DocumentContent>): DocumentContent => ({ ...NO_CONTENT, ...more });

describe('the content of a document', () => {
  it('is copied, each name once', () => {
    const tools = ['a/x', 'b/y', 'a/x'];
    const own = ownContent(content({ tools, effects: ['read', 'read'] }));
    tools.push('c/z');
    assert.deepEqual(own, content({ tools: ['a/x', 'b/y'], effects: ['read'] }));
  });

  it('is empty where no list has anything', () => {
    assert.equal(isEmptyContent(NO_CONTENT), true);
    for (const list of ['servers', 'tools', 'planAgents', 'environments', 'effects'] as const) {
      assert.equal(isEmptyContent({ ...NO_CONTENT, [list]: ['read'] }), false, list);
    }
  });

  it('has a digest of its own, whichever list a name stands in and whatever it is made of', () => {
    const all = [
      NO_CONTENT,
      content({ servers: ['read'] }),
      content({ tools: ['read'] }),
      content({ planAgents: ['read'] }),
      content({ environments: ['read'] }),
      content({ effects: ['read'] }),
      content({ servers: ['read', 'x'] }),
      content({ servers: ['read,x'] }),
      content({ servers: ['read","x'] }),
      content({ servers: ['\ud800'] }),
      content({ servers: ['\udfff'] }),
    ];
    assert.equal(new Set(all.map(digestOfContent)).size, all.length);
    assert.equal(
      digestOfContent(content({ servers: ['read'] })),
      digestOfContent({ ...NO_CONTENT, servers: ['read'] }),
    );
  });

  it('has bounds, by number and by length', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);
    assert.equal(contentProblem(content({ tools: names(CONTENT_LIMITS.names) })), undefined);
    assert.match(contentProblem(content({ tools: names(CONTENT_LIMITS.names), servers: ['x'] })) ?? '', /250001/);
    const long = 'x'.repeat(CONTENT_LIMITS.characters);
    assert.equal(contentProblem(content({ tools: [long] })), undefined);
    assert.match(contentProblem(content({ tools: [long], environments: ['x'] })) ?? '', /characters/);
  });
});
