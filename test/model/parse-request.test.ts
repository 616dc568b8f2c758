import assert from 'node:assert/strict';
import { parseEvaluationRequest, parseSubject } from '../../src/model/parse-request.ts';
import { toolArguments } from '../../src/model/request.ts';
import { parseStrictJsonText } from '../../src/model/strict-json.ts';
import { thrownWith } from '../thrown.ts';

const whole = {
  subject: { type: 'agent', id: 'alice' },
  action: { name: 'tools/call', properties: { arguments: { path: '/' } } },
  resource: { type: 'tool', id: 'filesystem/list_directory' },
};

describe('an evaluation request', () => {
  it('drops members that AuthZEN does not know, at the top and in the entities', () => {
    const parsed = parseEvaluationRequest({
      ...whole,
      facts: { time: 'x' },
      options: 1,
      subject: { ...whole.subject, roles: ['admin'] },
      resource: { ...whole.resource, effect: 'read' },
      action: { ...whole.action, permit: true },
    });
    assert.deepEqual(Object.keys(parsed).sort(), ['action', 'asserted', 'context', 'resource', 'subject']);
    assert.deepEqual(parsed.subject, whole.subject);
    assert.deepEqual(parsed.resource, whole.resource);
    assert.deepEqual(parsed.action, whole.action);
    assert.deepEqual(parsed.context, {});
  });

  it('reports every problem at once, by pointer', () => {
    const error = thrownWith('request.invalid', () =>
      parseEvaluationRequest({
        subject: { type: 7, id: '' },
        resource: [],
        context: { session: 1, agent: {}, ticket: '', approval: 'x', plan: {}, supported_obligations: ['a', 2] },
      }),
    );
    for (const pointer of [
      '/subject/type must be a string',
      '/subject/id must not be empty',
      '/resource must be an object',
      '/action is missing',
      '/context/session must be a string',
      '/context/agent must be a string',
      '/context/ticket must not be empty',
      '/context/approval must be an object',
      '/context/plan/hash is missing',
      '/context/supported_obligations/1 must be a string',
    ]) {
      assert.ok(error.message.includes(pointer), `${pointer} in ${error.message}`);
    }
    assert.equal(error.detail.problems, 10);
  });

  it('refuses a body that is no object, and identifiers that are too long', () => {
    for (const body of [null, 1, 'x', [], true]) thrownWith('request.invalid', () => parseEvaluationRequest(body));
    thrownWith('request.invalid', () =>
      parseEvaluationRequest({ ...whole, subject: { type: 'agent', id: 'a'.repeat(1025) } }),
    );
  });

  it('does not take inherited members for members', () => {
    const body = parseStrictJsonText('{"__proto__":{"subject":{"type":"agent","id":"root"}}}');
    const error = thrownWith('request.invalid', () => parseEvaluationRequest(body));
    assert.match(error.message, /\/subject is missing/);
  });

  it('tells absent arguments from empty ones', () => {
    assert.equal(toolArguments(parseEvaluationRequest({ ...whole, action: { name: 'tools/call' } })), undefined);
    assert.equal(
      toolArguments(parseEvaluationRequest({ ...whole, action: { name: 'tools/call', properties: {} } })),
      undefined,
    );
    assert.deepEqual(
      toolArguments(
        parseEvaluationRequest({ ...whole, action: { name: 'tools/call', properties: { arguments: {} } } }),
      ),
      {},
    );
  });

  it('finds the subject of a request that is malformed elsewhere, and none where the subject is', () => {
    assert.deepEqual(parseSubject({ subject: whole.subject, action: 1 }), whole.subject);
    assert.equal(parseSubject({ subject: { type: 'agent' } }), undefined);
    assert.equal(parseSubject([]), undefined);
  });
});
