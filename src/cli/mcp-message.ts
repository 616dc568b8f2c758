import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
} from '@modelcontextprotocol/client';
import { CodedError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { parseStrictJson } from '../model/strict-json.ts';
import { MCP_BOUNDS, sendsNoStrictJson } from './mcp-bounds.ts';

/** `{`, by which the line of a message begins. */
const OPENS = 0x7b;
const [BLANK, TAB] = [0x20, 0x09];

/** A message; undefined for what is none; an error for one that strict JSON does not know, so that two readers could take it for two things. */
export function readMessage(line: Buffer): JSONRPCMessage | CodedError | undefined {
  // Most noise is told without being parsed, as a flood of it has to be.
  if (line.find((byte) => byte !== BLANK && byte !== TAB) !== OPENS) return undefined;
  const { messageBytes: maxBytes, depth: maxDepth } = MCP_BOUNDS;
  let value: Json;
  try {
    value = parseStrictJson(line, { maxBytes, maxDepth });
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    return cause.code === 'json.syntax' || cause.code === 'json.not_utf8' ? undefined : sendsNoStrictJson(cause);
  }
  return isJSONRPCMessage(value) ? value : undefined;
}

/** True for the message forms of JSON-RPC 2.0 as the SDK knows them; it looks no deeper. */
function isJSONRPCMessage(value: Json): value is Json & JSONRPCMessage {
  return isJSONRPCRequest(value) || isJSONRPCNotification(value) || isJSONRPCResponse(value);
}
