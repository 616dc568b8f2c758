import type { ServerResponse } from 'node:http';
import type { Decide } from '../decision/decide.ts';
import { parseEvaluationRequest } from '../model/parse-request.ts';
import { evaluationAnswer } from './answer.ts';
import { type BodyRequest, type IdentifiedPorts, runIdentified } from './identified.ts';
import { sendJson } from './send.ts';

/** What the endpoint needs. */
export type EvaluationPorts = IdentifiedPorts & { readonly decide: Decide };

/** `POST /access/v1/evaluation` (AuthZEN 1.0 section 6): parse, decide, serialise. */
export function evaluationEndpoint(ports: EvaluationPorts) {
  return async (request: BodyRequest, response: ServerResponse): Promise<void> => {
    const decision = await runIdentified(ports, request, (body, identified, trace) =>
      ports.decide(parseEvaluationRequest(body), identified, trace),
    );
    sendJson(response, 200, evaluationAnswer(decision));
  };
}
