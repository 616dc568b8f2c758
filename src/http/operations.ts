import type { RequestListener, ServerResponse } from 'node:http';
import type { JsonObject } from '../model/json.ts';
import { bareApp, withoutDefaults } from './app.ts';

/** Whether decisions can be made, and what each part says of itself. */
export type Readiness = { readonly ready: boolean; readonly checks: JsonObject };

/**
 * The Express application of the operations port: `/healthz` depends on the process alone, `/readyz` on the audit log, on trust, on the
 * store of state and on whether the service is stopping (200, or 503 with what is wrong).
 */
export function createOperationsApp(readiness: () => Readiness): RequestListener {
  const app = bareApp();
  app.get('/healthz', (_request, response: ServerResponse) => sendJson(response, 200, { status: 'ok' }));
  app.get('/readyz', (_request, response: ServerResponse) => {
    const { ready, checks } = readiness();
    sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', checks });
  });
  app.use((_request: unknown, response: ServerResponse) => nothingHere(response));
  return withoutDefaults(app, nothingHere);
}

function nothingHere(response: ServerResponse): void {
  sendJson(response, 404, { error: { code: 'http.not_found', message: 'here are /healthz and /readyz' } });
}

function sendJson(response: ServerResponse, status: number, value: JsonObject): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(value));
}
