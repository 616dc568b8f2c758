import { CodedError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, member } from './json.ts';
import type { Action, AssertedContext, EvaluationRequest, Resource, Subject } from './request.ts';

/** UTF-16 code units of an identifier: they stand in the record, which is bounded. */
const MAX_IDENTIFIER = 1024;
const MAX_REFERENCE = 256;
const MAX_OBLIGATION_TYPES = 64;

/**
 * Narrows a JSON value to an access evaluation request (AuthZEN 1.0 section 6.1). Members that AuthZEN does not know are dropped;
 * those of `properties` and `context` are kept, for Rego. The reserved members of `context` must have their form.
 *
 * @throws CodedError `request.invalid`, whose message lists every problem with its JSON pointer.
 */
export function parseEvaluationRequest(value: Json): EvaluationRequest {
  const problems = new Problems();
  if (!isJsonObject(value)) throw invalid(['the body must be a JSON object with subject, action and resource']);
  const subject = entity(value, 'subject', problems);
  const resource = entity(value, 'resource', problems);
  const action = parseAction(value, problems);
  const context = optionalObject(value, 'context', '/context', problems) ?? {};
  const asserted = parseAsserted(context, problems);
  if (subject === undefined || resource === undefined || action === undefined || problems.found.length > 0) {
    throw invalid(problems.found);
  }
  return { subject, action, resource, context, asserted };
}

/**
 * The subject alone, where it has its form: whose a request is that is malformed elsewhere. Undefined where it has not.
 */
export function parseSubject(value: Json): Subject | undefined {
  return isJsonObject(value) ? entity(value, 'subject', new Problems()) : undefined;
}

class Problems {
  readonly found: string[] = [];
  add(pointer: string, what: string): undefined {
    this.found.push(`${pointer} ${what}`);
    return undefined;
  }
}

function invalid(problems: readonly string[]): CodedError {
  return new CodedError('request.invalid', problems.join('; '), { detail: { problems: problems.length } });
}

function entity(body: JsonObject, name: 'subject' | 'resource', problems: Problems): (Subject & Resource) | undefined {
  const value = member(body, name);
  if (value === undefined) return problems.add(`/${name}`, 'is missing');
  if (!isJsonObject(value)) return problems.add(`/${name}`, 'must be an object');
  const type = identifier(value, 'type', `/${name}/type`, problems);
  const id = identifier(value, 'id', `/${name}/id`, problems);
  const properties = optionalObject(value, 'properties', `/${name}/properties`, problems);
  if (type === undefined || id === undefined) return undefined;
  return properties === undefined ? { type, id } : { type, id, properties };
}

function parseAction(body: JsonObject, problems: Problems): Action | undefined {
  const value = member(body, 'action');
  if (value === undefined) return problems.add('/action', 'is missing');
  if (!isJsonObject(value)) return problems.add('/action', 'must be an object');
  const name = identifier(value, 'name', '/action/name', problems);
  const properties = optionalObject(value, 'properties', '/action/properties', problems);
  if (name === undefined) return undefined;
  return properties === undefined ? { name } : { name, properties };
}

function parseAsserted(context: JsonObject, problems: Problems): AssertedContext {
  const session = reference(context, 'session', '/context/session', problems);
  const call = reference(context, 'call', '/context/call', problems);
  const plan = parsePlan(context, problems);
  // Not read here, but policies read the ticket, and what is reserved must mean the same to everybody.
  reference(context, 'agent', '/context/agent', problems);
  reference(context, 'ticket', '/context/ticket', problems);
  optionalObject(context, 'approval', '/context/approval', problems);
  return {
    ...(session !== undefined && { session }),
    ...(call !== undefined && { call }),
    ...(plan !== undefined && { plan }),
    supportedObligations: parseSupportedObligations(context, problems),
  };
}

function parsePlan(context: JsonObject, problems: Problems): AssertedContext['plan'] {
  const value = optionalObject(context, 'plan', '/context/plan', problems);
  if (value === undefined) return undefined;
  const hash = reference(value, 'hash', '/context/plan/hash', problems);
  const step = reference(value, 'step', '/context/plan/step', problems);
  if (hash === undefined) {
    return member(value, 'hash') === undefined ? problems.add('/context/plan/hash', 'is missing') : undefined;
  }
  return step === undefined ? { hash } : { hash, step };
}

function parseSupportedObligations(context: JsonObject, problems: Problems): readonly string[] {
  const pointer = '/context/supported_obligations';
  const value = member(context, 'supported_obligations');
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_OBLIGATION_TYPES) {
    problems.add(pointer, `must be an array of at most ${MAX_OBLIGATION_TYPES} strings`);
    return [];
  }
  const types: string[] = [];
  for (const [index, type] of value.entries()) {
    if (typeof type === 'string') types.push(type);
    else problems.add(`${pointer}/${index}`, 'must be a string');
  }
  return types;
}

function identifier(object: JsonObject, name: string, pointer: string, problems: Problems): string | undefined {
  const value = member(object, name);
  if (value === undefined) return problems.add(pointer, 'is missing');
  return text(value, pointer, MAX_IDENTIFIER, problems);
}

function reference(object: JsonObject, name: string, pointer: string, problems: Problems): string | undefined {
  const value = member(object, name);
  return value === undefined ? undefined : text(value, pointer, MAX_REFERENCE, problems);
}

function text(value: Json, pointer: string, max: number, problems: Problems): string | undefined {
  if (typeof value !== 'string') return problems.add(pointer, 'must be a string');
  if (value.length === 0) return problems.add(pointer, 'must not be empty');
  if (value.length > max) return problems.add(pointer, `must have at most ${max} characters`);
  return value;
}

function optionalObject(object: JsonObject, name: string, pointer: string, problems: Problems): JsonObject | undefined {
  const value = member(object, name);
  if (value === undefined) return undefined;
  return isJsonObject(value) ? value : problems.add(pointer, 'must be an object');
}
