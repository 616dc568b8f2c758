import { hash } from 'node:crypto';

/** RFC 6962, 2.1. */
export const leafHash = (entry: Uint8Array): Buffer => hash('sha256', Buffer.concat([Buffer.of(0), entry]), 'buffer');
const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');

/** The largest power of two below n. */
const split = (n: number): number => {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
};

export function rootOf(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return hash('sha256', Buffer.alloc(0), 'buffer');
  if (leaves.length === 1) return first;
  const middle = split(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, middle)), rootOf(leaves.slice(middle)));
}

/** RFC 6962, 2.1.1: the audit path of a leaf, lowest first. */
export function inclusionProof(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return [];
  const middle = split(leaves.length);
  return index < middle
    ? [...inclusionProof(index, leaves.slice(0, middle)), rootOf(leaves.slice(middle))]
    : [...inclusionProof(index - middle, leaves.slice(middle)), rootOf(leaves.slice(0, middle))];
}
