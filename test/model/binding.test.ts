import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { bindingHash } from '../../src/model/binding.ts';
import type { Json } from '../../src/model/json.ts';
import { parseEvaluationRequest } from '../../src/model/parse-request.ts';

const body = {
  subject: { type: 'agent', id: 'alice', properties: { team: 'core' } },
  action: { name: 'tools/call', properties: { arguments: { path: '/', depth: 1 } } },
  resource: { type: 'tool', id: 'filesystem/list_directory' },
  context: { ticket: 'OPS-1' },
};
const hashOf = (value: Json) => bindingHash(parseEvaluationRequest(value));

describe('the binding hash', () => {
  it('is the base64url SHA-256 of the RFC 8785 form', () => {
    const text =
      '{"action":{"name":"tools/call","properties":{"arguments":{"depth":1,"path":"/"}}},"context":{"ticket":"OPS-1"},"resource":{"id":"filesystem/list_directory","type":"tool"},"subject":{"id":"alice","properties":{"team":"core"},"type":"agent"}}';
    assert.equal(hashOf(body), createHash('sha256').update(text).digest('base64url'));
  });

  it('leaves out session, call, trace ids and the acting chain', () => {
    const other = {
      ...body,
      subject: { ...body.subject, properties: { team: 'core', act: { sub: 'x' } } },
      context: {
        ticket: 'OPS-1',
        session: 's',
        call: 'c',
        trace_id: 't',
        span_id: 'p',
        traceparent: 'x',
        tracestate: 'y',
      },
    };
    assert.equal(hashOf(other), hashOf(body));
  });

  it('changes with everything else', () => {
    const others: Json[] = [
      { ...body, subject: { ...body.subject, id: 'bob' } },
      { ...body, subject: { ...body.subject, type: 'user' } },
      { ...body, subject: { ...body.subject, properties: {} } },
      { ...body, action: { name: 'tools/list' } },
      { ...body, action: { ...body.action, properties: { arguments: { path: '/etc', depth: 1 } } } },
      { ...body, resource: { ...body.resource, id: 'filesystem/read_file' } },
      { ...body, resource: { ...body.resource, properties: {} } },
      { ...body, context: {} },
      { ...body, context: { ticket: 'OPS-2' } },
      { ...body, context: { ticket: 'OPS-1', plan: { hash: 'x' } } },
    ];
    const hashes = new Set([hashOf(body), ...others.map(hashOf)]);
    assert.equal(hashes.size, others.length + 1);
  });
});
