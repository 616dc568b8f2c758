import { printable } from '../../model/printable.ts';
import type { TrustedLog } from '../root/trust-root.ts';
import type { Checkpoint } from './checkpoint.ts';
import { schemeless } from './note-key-id.ts';

/** What follows the name in an origin of Rekor v1: the tree's id, a positive 64-bit number. */
const TREE = /^ - [1-9]\d{0,18}$/;

/** What a log calls itself in notes: its base URL without scheme and slashes at the end, letter by letter. */
export function logName({ baseUrl }: Pick<TrustedLog, 'baseUrl'>): string {
  return schemeless(baseUrl).replace(/\/+$/, '');
}

/**
 * Why a checkpoint is not one of this log's, or undefined. Trees are told apart by the log's key and the origin: under a second spelling
 * of it, the log could show a second tree beside the first. So there is one spelling, the trusted root's; and for Rekor v1 one for each
 * tree, whose ids no trusted root lists.
 *
 * @param v1 whether it is of a Rekor v1: NAME - TREE; of a Rekor v2 it is NAME
 */
export function originProblem({ origin, signatures }: Checkpoint, log: TrustedLog, v1: boolean): string | undefined {
  const name = logName(log);
  const rest = origin.startsWith(name) ? origin.slice(name.length) : undefined;
  const wanted = v1 ? `${name} - TREE` : name;
  const remedy =
    'if this is how the log rightly calls itself, put that into its baseUrl in the trusted root, after the scheme';
  if (rest === undefined || (v1 ? !TREE.test(rest) : rest !== '')) {
    return `the checkpoint of a log entry is of ${printable(origin, 200)}, and at its baseUrl the log is ${wanted}; ${remedy}`;
  }
  if (signatures.some((signature) => signature.name === name)) return undefined;
  const names = signatures.map((signature) => signature.name).join(', ');
  return `the checkpoint of a log entry is signed as ${printable(names, 200)}, and at its baseUrl the log is ${name}; ${remedy}`;
}
