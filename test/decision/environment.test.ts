import assert from 'node:assert/strict';
import { atPointer, createEnvironmentResolver, environmentsConfig } from '../../src/decision/environment.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { Caller, ToolFacts } from '../../src/model/facts.ts';
import type { Json } from '../../src/model/json.ts';
import { parseEvaluationRequest } from '../../src/model/parse-request.ts';

const caller: Caller = { method: 'asserted', issuer: 'asserted', id: 'alice' };
const toolOf = (server: string): ToolFacts => ({
  known: true,
  server,
  server_identity: 'asserted',
  name: 'pods_delete',
  version: '1',
  effect: 'write',
  digest: sha256('x'),
  drift: 'none',
  arguments_valid: true,
  signatures: { verified: true, by: [], failed: [] },
  catalogue: { id: 'tools', version: 1 },
});
const requestWith = (properties: { [name: string]: Json }, context: { [name: string]: Json } = {}) =>
  parseEvaluationRequest({
    subject: { type: 'agent', id: 'alice' },
    action: { name: 'tools/call', properties },
    resource: { type: 'tool', id: 'kubernetes/pods_delete' },
    context,
  });

const resolve = createEnvironmentResolver(
  environmentsConfig.parse({
    names: ['development', 'staging', 'production'],
    rules: [
      { environment: 'development', servers: ['filesystem'] },
      {
        environment: 'staging',
        servers: ['kubernetes'],
        argument: { pointer: '/context', values: ['staging-*', 'any'] },
      },
      {
        environment: 'production',
        servers: ['kubernetes'],
        argument: { pointer: '/context', values: ['prod-*', 'any'] },
      },
      { environment: 'production', callers: [{ issuer: 'asserted', id: 'release-bot' }] },
    ],
  }),
);

describe('the environment of a call', () => {
  it('follows the server, and a pointer into the arguments', () => {
    assert.equal(resolve(requestWith({ arguments: {} }), caller, toolOf('filesystem')), 'development');
    assert.equal(
      resolve(requestWith({ arguments: { context: 'staging-eu' } }), caller, toolOf('kubernetes')),
      'staging',
    );
    assert.equal(
      resolve(requestWith({ arguments: { context: 'prod-eu' } }), caller, toolOf('kubernetes')),
      'production',
    );
  });

  it('is the strictest of several matches, whatever their order', () => {
    assert.equal(resolve(requestWith({ arguments: { context: 'any' } }), caller, toolOf('kubernetes')), 'production');
    assert.equal(
      resolve(requestWith({ arguments: {} }), { ...caller, id: 'release-bot' }, toolOf('filesystem')),
      'production',
    );
  });

  it('is unknown where no rule matches: no argument, another type, another server, an unknown tool', () => {
    const unknowns: [{ [name: string]: Json }, ToolFacts][] = [
      [{}, toolOf('kubernetes')],
      [{ arguments: {} }, toolOf('kubernetes')],
      [{ arguments: { context: ['prod-eu'] } }, toolOf('kubernetes')],
      [{ arguments: { context: 'kind' } }, toolOf('kubernetes')],
      [{ arguments: { context: 'prod-eu' } }, toolOf('other')],
      [{ arguments: { context: 'prod-eu' } }, { known: false, code: 'not_in_catalogue' }],
    ];
    for (const [properties, tool] of unknowns) assert.equal(resolve(requestWith(properties), caller, tool), 'unknown');
  });

  it('never follows what the context says', () => {
    const request = requestWith({ arguments: {} }, { environment: 'development', context: 'staging-eu' });
    assert.equal(resolve(request, caller, toolOf('kubernetes')), 'unknown');
  });

  it('does not depend on the issuer alone', () => {
    const other: Caller = { method: 'asserted', issuer: 'elsewhere', id: 'release-bot' };
    assert.equal(resolve(requestWith({ arguments: {} }), other, toolOf('filesystem')), 'development');
  });

  it('refuses a rule without a condition, an unknown name, a name twice, and "unknown" as a name', () => {
    const parsed = environmentsConfig.safeParse({
      names: ['a', 'a', 'unknown'],
      rules: [{ environment: 'b', servers: ['x'] }, { environment: 'a' }],
    });
    const paths = parsed.error?.issues.map((issue) => issue.path.join('.')).sort();
    assert.deepEqual(paths, ['names.1', 'names.2', 'rules.0.environment', 'rules.1']);
  });
});

describe('a JSON pointer', () => {
  it('reads own members alone and array indexes in canonical form', () => {
    const value = { 'a/b': { '~': [10, { c: 'x' }] } };
    assert.equal(atPointer(value, '/a~1b/~0/1/c'), 'x');
    assert.equal(atPointer(value, '/a~1b/~0/0'), 10);
    for (const pointer of ['/constructor', '/a~1b/~0/01', '/a~1b/~0/length', '/a~1b/~0/0/x', '/none/x']) {
      assert.equal(atPointer(value, pointer), undefined, pointer);
    }
  });
});
