import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Effect } from '../../../src/model/facts.ts';
import { matchesWildcard } from '../../../src/model/wildcard.ts';
import { NO_CONTENT } from '../../../src/trust/authority/content.ts';
import { type DocumentContent, scopeFailures } from '../../../src/trust/authority/scope.ts';

const NOTHING: DocumentContent = NO_CONTENT;
const scope = { servers: ['kube', 'git-*'], tools: ['kube/get_*', 'git-*/read'], planAgents: [], environments: ['*'] };
const authority = { name: 'release', scope, highestEffect: 'write' } as const;
const codes = (content: Partial<DocumentContent>) =>
  scopeFailures(authority, { ...NOTHING, ...content }).map(({ code }) => code);

describe('the scope of an authority', () => {
  it('lets pass what its globs and its effect allow', () => {
    assert.deepEqual(codes({}), []);
    const content: Partial<DocumentContent> = {
      servers: ['kube', 'git-hub'],
      tools: ['kube/get_pods', 'git-a/b/read'],
      environments: ['production'],
      effects: ['read', 'write'],
    };
    assert.deepEqual(codes(content), []);
  });

  it('refuses what lies outside, each list by itself, and says what', () => {
    assert.deepEqual(codes({ servers: ['Kube'] }), ['outside_scope']);
    assert.deepEqual(codes({ tools: ['kube/delete'] }), ['outside_scope']);
    assert.deepEqual(codes({ planAgents: ['anybody'] }), ['outside_scope'], 'an empty list allows nothing');
    assert.deepEqual(codes({ effects: ['destructive'] }), ['effect_too_high']);
    const tools = Array.from({ length: 9 }, (_, index) => `x/${index}`);
    const found = scopeFailures(authority, { ...NOTHING, tools, servers: ['a\u202eb'], effects: ['destructive'] });
    assert.deepEqual(
      found.map(({ code }) => code),
      ['outside_scope', 'outside_scope', 'effect_too_high'],
    );
    assert.match(found[1]?.message ?? '', /x\/0, x\/1, x\/2, x\/3, x\/4 and 4 more/);
    assert.ok(!found[0]?.message.includes('\u202e'));
    assert.ok(found.every((failure) => failure.authority === 'release'));
  });

  it('never allows more for a document that names more, or an authority with a lower effect', () => {
    const names = fc.array(fc.constantFrom('kube', 'git-x', 'other', 'kube/get_a', 'x'), { maxLength: 4 });
    const effects = fc.array(fc.constantFrom<Effect>('read', 'write', 'destructive'), { maxLength: 3 });
    const contents = fc.record({ servers: names, tools: names, planAgents: names, environments: names, effects });
    fc.assert(
      fc.property(contents, contents, (one, more) => {
        const both = {
          servers: [...one.servers, ...more.servers],
          tools: [...one.tools, ...more.tools],
          planAgents: [...one.planAgents, ...more.planAgents],
          environments: [...one.environments, ...more.environments],
          effects: [...one.effects, ...more.effects],
        };
        if (scopeFailures(authority, one).length > 0) assert.ok(scopeFailures(authority, both).length > 0);
        const lower = { ...authority, highestEffect: 'read' } as const;
        if (scopeFailures(authority, one).length > 0) assert.ok(scopeFailures(lower, one).length > 0);
      }),
    );
  });

  it('allows what any of its globs does, each taken by itself, and nothing else', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.array(text, { maxLength: 5 }), (globs, tools) => {
        const found = scopeFailures({ ...authority, scope: { ...scope, tools: globs } }, { ...NO_CONTENT, tools });
        const outside = tools.filter((tool) => !globs.some((glob) => matchesWildcard(glob, tool)));
        assert.equal(found.length, outside.length === 0 ? 0 : 1);
        const [failure] = found;
        if (failure !== undefined) assert.ok(failure.message.includes(`: ${outside[0]}`), failure.message);
      }),
      { numRuns: 1000 },
    );
  });

  it('looks whole names up, so that a catalogue of many tools costs little', () => {
    const tools = Array.from({ length: 20_000 }, (_, index) => `kube/tool_${index}`);
    const wide = { ...authority, scope: { ...scope, tools } };
    assert.deepEqual(scopeFailures(wide, { ...NOTHING, tools }), []);
  });
});
