import type { DecisionId, PolicyIdentity } from '../model/decision.ts';
import type { Sha256Digest } from '../model/digest.ts';
import type { Facts } from '../model/facts.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { RecordDraft } from '../model/record.ts';
import type { EvaluationRequest } from '../model/request.ts';
import type { Verdict } from '../model/verdict.ts';

/** What identifies a request from outside: for finding it again, not for deciding. */
export type Trace = { readonly requestId?: string; readonly traceId?: string };

/** Which code decided, and on what it relied. What changes while the service runs is asked for at each decision. */
export type Deployment = {
  readonly engine: { readonly version: string; readonly opa: string };
  /** Over the list of the documents that count; the list is kept beside the log, by this digest. */
  readonly catalogue: () => { readonly digest: Sha256Digest };
  /** Over what signatures are verified by; the record of its activation has the members. Null where nothing is. */
  readonly trust: () => { readonly digest: Sha256Digest } | null;
};

/** Everything that a decision's record is made of. */
export type DecisionRecordParts = {
  readonly id: string;
  readonly facts: Facts;
  readonly request: EvaluationRequest;
  readonly verdict: Verdict;
  readonly policy: PolicyIdentity;
  readonly bindingHash: string;
  readonly expiresAt: string | undefined;
  readonly latencyUs: number;
  readonly trace: Trace;
  readonly deployment: Deployment;
  /** The decision that this one repeats. */
  readonly refersTo?: DecisionId;
};

/** The draft of a decision's record. Together, record and payload hold the policy's whole input, so that it can be replayed. */
export function decisionRecord(parts: DecisionRecordParts): RecordDraft {
  const { request, facts, verdict } = parts;
  const { caller, environment } = facts;
  const body: Record<string, Json> = {
    binding_hash: parts.bindingHash,
    caller,
    catalogue: parts.deployment.catalogue(),
    engine: parts.deployment.engine,
    environment,
    facts,
    latency_us: parts.latencyUs,
    mode: 'enforce',
    policy: parts.policy,
    request: requestIdentifiers(request),
    trust: parts.deployment.trust(),
    verdict,
  };
  if (parts.expiresAt !== undefined) body.expires_at = parts.expiresAt;
  if (parts.refersTo !== undefined) body.refers_to = parts.refersTo;
  if (parts.trace.requestId !== undefined) body.request_id = parts.trace.requestId;
  if (parts.trace.traceId !== undefined) body.trace_id = parts.trace.traceId;
  if (request.asserted.session !== undefined) body.session = request.asserted.session;
  if (request.asserted.call !== undefined) body.call = request.asserted.call;
  return { kind: 'decision', id: parts.id, time: facts.time, body, payload: requestPayload(request) };
}

/** Identifiers only: what the chain may keep for years. */
export function requestIdentifiers(request: EvaluationRequest): JsonObject {
  return {
    action: { name: request.action.name },
    resource: { id: request.resource.id, type: request.resource.type },
    subject: { id: request.subject.id, type: request.subject.type },
  };
}

/** What else the caller sent: kept outside the chain, so that it can be masked, or dropped later. */
export function requestPayload(request: EvaluationRequest): JsonObject {
  const payload: Record<string, Json> = { context: request.context };
  if (request.action.properties !== undefined) payload.action = { properties: request.action.properties };
  if (request.resource.properties !== undefined) payload.resource = { properties: request.resource.properties };
  if (request.subject.properties !== undefined) payload.subject = { properties: request.subject.properties };
  return payload;
}
