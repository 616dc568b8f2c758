import { CodedError } from '../errors.ts';

/** What a server may make us read. Every figure is far beyond what servers do, and all of it fits into memory. */
export const MCP_BOUNDS = {
  /** Bytes that a server may send in all, its noise included: as many as a catalogue document may have. */
  bytes: 67_108_864,
  /** Bytes of one message. */
  messageBytes: 33_554_432,
  /** What is nested deeper than so in a message is nested deeper than a catalogue document may be. */
  depth: 62,
  /** Pages of `tools/list`. */
  pages: 1000,
  tools: 100_000,
  /** Bytes in lines that are no messages. */
  noiseBytes: 1_048_576,
  /** Of what a server says beside the protocol so much is kept, from the end. */
  lastWordsBytes: 500,
} as const;

/** `mcp.too_large`. */
export function sendsTooMuch(bytes: number, where: string): CodedError {
  return new CodedError(
    'mcp.too_large',
    `the server sends more than ${bytes} bytes ${where}; this is no list of tools`,
  );
}

/** `mcp.not_json`: two readers could take what it sends for two things. */
export function sendsNoStrictJson(cause: unknown): CodedError {
  const why = cause instanceof CodedError ? cause.message : 'it is not UTF-8';
  return new CodedError('mcp.not_json', `the server sends a message that is not strict JSON: ${why}`, { cause });
}
