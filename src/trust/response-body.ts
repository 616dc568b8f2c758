import { describeThrown } from '../errors.ts';

/** The body of a response, or undefined where it is longer than so many bytes: reading ends there, and the rest is called off. */
export async function readBody({ body }: Response, maxBytes: number): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels what is left.
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > maxBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** Why a request failed: Node's fetch says "fetch failed" and puts the reason into the cause. */
export function whyFetchFailed(thrown: unknown): string {
  return thrown instanceof Error && thrown.cause !== undefined ? describeThrown(thrown.cause) : describeThrown(thrown);
}
