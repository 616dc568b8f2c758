import type { IncomingMessage, ServerResponse } from 'node:http';
import { CodedError } from '../errors.ts';
import type { Identify } from '../identity/identify.ts';
import type { Caller } from '../model/facts.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import type { Submission } from '../plan/submitted.ts';
import { type BodyRequest, type IdentifiedPorts, identifyReader, runIdentified } from './identified.ts';
import { sendJson } from './send.ts';

/** What the endpoints of plans need. */
export type PlanPorts = {
  /** Rejects where the caller may not submit, or the plan does not count. `created` is false where it was held already. */
  readonly submitPlan: (
    caller: Caller,
    submission: Submission,
  ) => Promise<{ readonly created: boolean; readonly plan: JsonObject }>;
  /** Undefined where there is no such plan. */
  readonly showPlan: (hash: string) => Promise<JsonObject | undefined>;
};

/** `POST /v1/plans`: `{"subject": …, "plan": TEXT, "bundle": TEXT}`, the texts as they stand in the files. */
export function submitPlanEndpoint(ports: IdentifiedPorts & Pick<PlanPorts, 'submitPlan'>) {
  return async (request: BodyRequest, response: ServerResponse): Promise<void> => {
    const { created, plan } = await runIdentified(
      ports,
      request,
      (body, { caller }) => ports.submitPlan(caller, parseSubmission(body)),
      parseSubmission,
    );
    sendJson(response, created ? 201 : 200, plan);
  };
}

/** `GET /v1/plans/HASH`: what is known of a plan, step by step. */
export function showPlanEndpoint(ports: { readonly identify: Identify } & Pick<PlanPorts, 'showPlan'>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    identifyReader(ports.identify, request);
    const plan = await ports.showPlan(hashOf(request));
    if (plan === undefined) throw new CodedError('plan.not_found', 'no plan with this hash is held here');
    sendJson(response, 200, plan);
  };
}

function hashOf({ url = '' }: IncomingMessage): string {
  // Clients write the colon either way (RFC 3986 section 3.3).
  const hex = /^\/v1\/plans\/sha256(?::|%3A|%3a)([0-9a-f]{64})(?:\?|$)/.exec(url)?.[1];
  if (hex !== undefined) return `sha256:${hex}`;
  throw new CodedError('request.invalid', 'name a plan by its hash: /v1/plans/sha256:… and 64 small hex digits');
}

function parseSubmission(body: Json): Submission {
  const object = isJsonObject(body) ? body : {};
  const [plan, bundle] = [member(object, 'plan'), member(object, 'bundle')];
  if (typeof plan === 'string' && typeof bundle === 'string') return { plan, bundle };
  throw new CodedError(
    'request.invalid',
    '/plan and /bundle must be strings: the texts of the plan document and of its bundle, as they stand in their files',
  );
}
