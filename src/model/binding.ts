import { createHash } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import type { Json, JsonObject } from './json.ts';
import type { EvaluationRequest } from './request.ts';

/** Members of `context` that say which call it is, not what it may do. */
const NOT_AUTHORIZATION_RELEVANT: ReadonlySet<string> = new Set([
  'session',
  'call',
  'trace_id',
  'span_id',
  'traceparent',
  'tracestate',
]);

/**
 * The binding hash of AuthZEN's Access Request and Approval draft: base64url SHA-256 over the RFC 8785 form of subject (without
 * `properties.act`), resource, action and the authorization-relevant context. A permit holds for just what this covers.
 */
export function bindingHash(request: EvaluationRequest): string {
  const { type, id, properties } = request.subject;
  const subject: JsonObject =
    properties === undefined ? { type, id } : { type, id, properties: without(properties, 'act') };
  const context: Record<string, Json> = {};
  for (const [name, value] of Object.entries(request.context)) {
    if (!NOT_AUTHORIZATION_RELEVANT.has(name)) define(context, name, value);
  }
  const bound: JsonObject = { subject, resource: request.resource, action: request.action, context };
  return createHash('sha256').update(canonicalize(bound)).digest('base64url');
}

function without(object: JsonObject, dropped: string): JsonObject {
  const rest: Record<string, Json> = {};
  for (const [name, value] of Object.entries(object)) if (name !== dropped) define(rest, name, value);
  return rest;
}

/** An assignment to `__proto__` would set the prototype and lose the member from the hash. */
function define(object: Record<string, Json>, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
