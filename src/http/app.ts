import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import { CodedError } from '../errors.ts';
import { type CataloguePorts, catalogueEndpoint } from './catalogue.ts';
import type { LimitsConfig } from './config.ts';
import { publicError, sendError } from './errors.ts';
import { type EvaluationPorts, evaluationEndpoint } from './evaluation.ts';
import { RecordedRefusal } from './identified.ts';
import { type PlanPorts, showPlanEndpoint, submitPlanEndpoint } from './plans.ts';
import { isRequestId } from './trace.ts';

/** What the application of decisions needs. */
export type DecisionAppPorts = Omit<EvaluationPorts, 'jsonLimits'> &
  PlanPorts &
  CataloguePorts & {
    readonly limits: LimitsConfig;
    /** Counts a refusal of nobody in particular. */
    readonly countRefusal: (code: string) => void;
  };

/** The Express application of the decision port. Exported alone for tests; `server.ts` puts it on a socket. */
export function createDecisionApp(ports: DecisionAppPorts): RequestListener {
  const app = bareApp();
  const withLimits = {
    ...ports,
    jsonLimits: { maxBytes: ports.limits.body_bytes, maxDepth: ports.limits.body_depth },
  };
  app.use(echoRequestId);
  const shed = shedAbove(ports.limits.in_flight);
  const readBody = express.raw({ type: () => true, inflate: false, limit: ports.limits.body_bytes });
  // Counted once the body is there: whoever sends it slowly holds a connection, and not a place of those who are done.
  app.post('/access/v1/evaluation', readBody, shed, evaluationEndpoint(withLimits));
  app.post('/v1/plans', readBody, shed, submitPlanEndpoint(withLimits));
  app.get(ONE_PLAN, shed, showPlanEndpoint(ports));
  app.get('/v1/catalogue', shed, catalogueEndpoint(ports));
  for (const [path, method] of METHODS) {
    app.all(path, (_request, response) => {
      response.setHeader('Allow', method);
      throw new CodedError('http.method', `use ${method}`);
    });
  }
  app.use(() => {
    throw nothingHere();
  });
  const refuse = (error: unknown, response: ServerResponse): void => {
    const recorded = error instanceof RecordedRefusal;
    const known = publicError(recorded ? error.cause : error);
    if (!recorded) {
      ports.countRefusal(known.code);
      if (known.status === 500) ports.onUnexpected(error);
    }
    sendError(response, known);
  };
  app.use((error: unknown, _request: IncomingMessage, response: ServerResponse, _next: () => void) =>
    refuse(error, response),
  );
  return withoutDefaults(app, (response) => refuse(nothingHere(), response));
}

/** No named part: Express would decode it, and what cannot be decoded would be nobody's error. */
const ONE_PLAN = /^\/v1\/plans\/[^/]+$/;
/** Which method each path has: RFC 9110 section 15.5.6. */
const METHODS: readonly (readonly [string | RegExp, string])[] = [
  ['/access/v1/evaluation', 'POST'],
  ['/v1/plans', 'POST'],
  [ONE_PLAN, 'GET'],
  ['/v1/catalogue', 'GET'],
];

function nothingHere(): CodedError {
  return new CodedError('http.not_found', 'nothing is here; decisions are at POST /access/v1/evaluation');
}

/**
 * The application with a last answer of our own: what Express finds no path in at all (`POST http://[`) passes every route by and
 * would get its HTML.
 */
export function withoutDefaults(app: express.Express, refuse: (response: ServerResponse) => void): RequestListener {
  return (request, response) => {
    Reflect.apply(app, undefined, [request, response, () => refuse(response)]);
  };
}

/** Express without what a decision point has no use for. */
export function bareApp(): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  return app;
}

/** AuthZEN 1.0 section 10.1.4. An id that cannot be echoed is refused where the request is read. */
function echoRequestId(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const id = request.headers['x-request-id'];
  if (isRequestId(id)) response.setHeader('X-Request-ID', id);
  next();
}

/** Refuses what exceeds the number of requests under way: late answers help nobody, and a queue without end takes the process. */
function shedAbove(most: number) {
  let underWay = 0;
  return (_request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (underWay >= most) {
      throw new CodedError('overload.in_flight', 'too many requests are under way; retry after a second');
    }
    underWay++;
    response.once('close', () => {
      underWay--;
    });
    next();
  };
}
