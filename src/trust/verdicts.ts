import { canonicalize } from '../model/canonical.ts';
import type { Clock, Milliseconds } from '../model/clock.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { FailureCode } from './failure.ts';
import type { DocumentVerdict } from './verdict.ts';

/** All that a verdict follows from, by digest: with any of it changed it is another question. */
export type Question = {
  readonly document: Sha256Digest;
  readonly kind: string;
  /** In the order given: a verdict names bundles by their place. */
  readonly bundles: readonly Sha256Digest[];
  /** Over what the document names and declares, which scopes are compared with. */
  readonly content: Sha256Digest;
  /** By name, those that the authorities use; or why one cannot be had. */
  readonly roots: Readonly<Record<string, Sha256Digest | 'root_stale' | 'root_unavailable'>>;
  /** Over the canonical configuration of authorities and rules. */
  readonly authorities: Sha256Digest;
  /** Of the code that verifies: another version may find otherwise. */
  readonly verifier: string;
};

/** The key that a verdict is kept under. */
export function keyOf(question: Question): Sha256Digest {
  return sha256(canonicalize(question));
}

/** Verdicts that were reached, and those on the way. */
export type Verdicts = {
  /**
   * The verdict that is kept, or a new one, which is then kept. Equal questions that come meanwhile wait for the same answer.
   *
   * @param renew true: asks anew although a verdict is kept, and then at least what was begun after this call answers
   * @throws what `verify` throws; nothing is kept then
   */
  readonly ask: (
    question: Question,
    verify: () => Promise<DocumentVerdict>,
    renew?: boolean,
  ) => Promise<DocumentVerdict>;
  /** How many are kept. */
  readonly size: () => number;
};

type Kept = { readonly verdict: DocumentVerdict; readonly number: number; readonly notAfter: Milliseconds };
type Asked = { readonly number: number; readonly answer: Promise<DocumentVerdict> };

const BROKEN_OFF: ReadonlySet<FailureCode> = new Set(['timed_out', 'verifier_failed']);
/** What the moment caused, not the document: the same question may be answered otherwise later. */
const OF_THE_MOMENT: ReadonlySet<FailureCode> = new Set([...BROKEN_OFF, 'key_not_yet_valid']);

/** True for a verdict that says no more than that verification did not come to its end. */
export function isBrokenOff(verdict: DocumentVerdict): boolean {
  return verdict.failed.some(
    ({ code, authority, bundle }) => BROKEN_OFF.has(code) && authority === undefined && bundle === undefined,
  );
}

/** False where any part of a verdict holds for the moment alone: it is not kept. */
export function isLasting(verdict: DocumentVerdict): boolean {
  return !verdict.failed.some(({ code }) => OF_THE_MOMENT.has(code));
}

/** The earliest time at which part of a verdict ends; infinite where nothing of it does. */
export function endOf(verdict: Pick<DocumentVerdict, 'by'>): Milliseconds {
  return Math.min(...verdict.by.map(({ notAfter }) => notAfter ?? Number.POSITIVE_INFINITY));
}

/** A store of at most `limit` verdicts; the one not asked for longest gives way. */
export function createVerdicts(limit: number, now: Clock): Verdicts {
  const kept = new Map<Sha256Digest, Kept>();
  const asked = new Map<Sha256Digest, Asked>();
  let last = 0;

  function recall(key: Sha256Digest): DocumentVerdict | undefined {
    const found = kept.get(key);
    if (found === undefined) return undefined;
    kept.delete(key);
    if (now() >= found.notAfter) return undefined;
    // A Map remembers the order of insertion: the first is the one not asked for longest.
    kept.set(key, found);
    return found.verdict;
  }

  /** What was asked later knows more: an answer that comes after a later one's changes nothing. One that does not last says nothing of the kept one. */
  function keep(key: Sha256Digest, number: number, verdict: DocumentVerdict): DocumentVerdict {
    const newer = kept.get(key);
    if (newer !== undefined && newer.number > number) return newer.verdict;
    if (!isLasting(verdict)) return verdict;
    kept.delete(key);
    kept.set(key, { verdict, number, notAfter: endOf(verdict) });
    for (const oldest of kept.keys()) {
      if (kept.size <= limit) break;
      kept.delete(oldest);
    }
    return verdict;
  }

  async function begin(key: Sha256Digest, number: number, verify: () => Promise<DocumentVerdict>) {
    try {
      return keep(key, number, await verify());
    } finally {
      if (asked.get(key)?.number === number) asked.delete(key);
    }
  }

  return {
    ask: async (question, verify, renew = false) => {
      const key = keyOf(question);
      if (!renew) {
        const verdict = recall(key);
        if (verdict !== undefined) return verdict;
        const underWay = asked.get(key);
        if (underWay !== undefined) return underWay.answer;
      }
      last += 1;
      const answer = begin(key, last, verify);
      asked.set(key, { number: last, answer });
      return answer;
    },
    size: () => kept.size,
  };
}
