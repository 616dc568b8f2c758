import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../model/json.ts';

/** Answers with JSON that nobody keeps. */
export function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  const answer = Buffer.from(JSON.stringify(body));
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', answer.byteLength);
  response.setHeader('Cache-Control', 'no-store');
  response.end(answer);
}
