import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identify } from '../identity/identify.ts';
import type { JsonObject } from '../model/json.ts';
import { identifyReader } from './identified.ts';
import { sendJson } from './send.ts';

/** What the endpoint needs. */
export type CataloguePorts = {
  readonly identify: Identify;
  /** The documents that count, from whom and since when, and those that are here and do not. */
  readonly showCatalogue: () => JsonObject;
};

/** `GET /v1/catalogue`. */
export function catalogueEndpoint(ports: CataloguePorts) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    identifyReader(ports.identify, request);
    sendJson(response, 200, ports.showCatalogue());
  };
}
