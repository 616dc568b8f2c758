import type { CodedError } from '../../errors.ts';
import type { StateEntry } from '../../model/shared-state.ts';
import { stateFailure } from '../failure.ts';
import { lost, replaced, torn } from './failure.ts';

/** A script's reply, narrowed: its word, the store's revision, and what follows. */
export type ScriptReply = { readonly word: string; readonly revision: number; readonly rest: readonly unknown[] };

/** Narrows what a script replied; the store's complaints come back as errors. */
export function parseReply(reply: unknown, where: string): ScriptReply | CodedError {
  const [word, revision, ...rest]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  switch (word) {
    case 'lost':
      return lost(where);
    case 'torn':
      return torn(where, 'its members do not fit together');
    case 'replaced':
      return replaced(where);
    case 'other_format':
      return torn(where, 'its format is of another version');
    default: {
      const number = count(revision);
      return typeof word === 'string' && number !== undefined ? { word, revision: number, rest } : strange(where);
    }
  }
}

/** `REVISION:VALUE`, or undefined for anything else. */
export function parseEntry(stored: string): StateEntry | undefined {
  const colon = stored.indexOf(':');
  const revision = count(stored.slice(0, Math.max(colon, 0)));
  return revision === undefined || revision === 0 ? undefined : { revision, value: stored.slice(colon + 1) };
}

/** A whole number as the scripts write it. */
export function count(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^(0|[1-9]\d{0,15})$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A server that answers something that our scripts never say. */
export function strange(where: string): CodedError {
  return stateFailure(
    'unsuitable',
    `Redis (${where}) answered what no script of exequatur answers. Check what stands behind state.url.`,
    { detail: { where }, outcome: 'unknown' },
  );
}
