import { canonicalize } from '../../model/canonical.ts';
import { contentProblem } from '../authority/content.ts';
import type { TrustEvent } from '../event.ts';
import { type FailureCode, failureOf, refusal } from '../failure.ts';
import type { DocumentVerdict } from '../verdict.ts';
import type { VerificationJob } from '../verify-document.ts';
import { readVerdict } from './answer.ts';
import type { VerificationConfig } from './config.ts';
import { createPool } from './pool.ts';

/** Verifies documents off the way of decisions. */
export type Verifier = {
  /** Never throws: what cannot be verified, in time or at all, has a verdict that says so and matches nothing. */
  readonly verify: (job: VerificationJob) => Promise<DocumentVerdict>;
  /** Documents that wait or are being verified. */
  readonly pending: () => number;
  readonly close: () => Promise<void>;
};

export type VerifierOptions = {
  readonly limits: VerificationConfig;
  /** Told of each document that could not be verified for a reason that lies here; `cause` is for the log alone. */
  readonly onEvent?: (event: TrustEvent) => void;
  /** The program of the threads; another one in tests. */
  readonly entry?: URL;
};

const ENTRY = new URL('./thread.ts', import.meta.url);

/** Threads that verify, within the configured bounds. They start with the first document. */
export function createVerifier({ limits, onEvent = () => undefined, entry = ENTRY }: VerifierOptions): Verifier {
  const pool = createPool(entry, {
    threads: limits.threads,
    deadlineMs: limits.deadline_ms,
    megabytes: limits.thread_megabytes,
    queue: limits.queue,
  });

  async function verify(job: VerificationJob): Promise<DocumentVerdict> {
    const beyond = beyondBounds(job, limits);
    if (beyond !== undefined) return notVerified(job, beyond.code, beyond.message);
    try {
      return answerTo(job, await pool.run(job));
    } catch (error) {
      const code = failureOf(error);
      const message = code === 'timed_out' ? timedOut(limits) : 'the verifier broke off';
      onEvent({
        code: `trust.${code}`,
        severity: 'warning',
        message: `the ${job.kind} ${job.artifact.digest} was not verified: ${message}`,
        cause: error,
      });
      return notVerified(job, code, message);
    }
  }

  return { verify, pending: pool.pending, close: pool.close };
}

/** A verdict that matches nothing, over a reason that concerns the document as a whole. */
export function notVerified(job: VerificationJob, code: FailureCode, message: string): DocumentVerdict {
  return {
    document: job.artifact.digest,
    kind: job.kind,
    by: [],
    failed: [{ code, message }],
    rules: rulesOf(job),
    checks: [],
  };
}

/** Before anything is copied to a thread. */
function beyondBounds(
  { artifact, bundles, content }: VerificationJob,
  limits: VerificationConfig,
): { readonly code: FailureCode; readonly message: string } | undefined {
  const size = artifact.bytes?.byteLength ?? 0;
  if (size > limits.max_document_bytes) {
    return {
      code: 'document_too_large',
      message: `the document has ${size} bytes; at most ${limits.max_document_bytes} are verified`,
    };
  }
  if (bundles.length > limits.max_bundles) {
    return {
      code: 'bundle_too_many_parts',
      message: `${bundles.length} bundles came with the document; at most ${limits.max_bundles} are read`,
    };
  }
  const large = bundles.find((bundle) => bundle.byteLength > limits.max_bundle_bytes);
  if (large !== undefined) {
    return {
      code: 'bundle_too_large',
      message: `a bundle has ${large.byteLength} bytes; at most ${limits.max_bundle_bytes} are read`,
    };
  }
  const problem = contentProblem(content);
  return problem === undefined ? undefined : { code: 'document_too_large', message: problem };
}

/**
 * The answer, where it is one to this job: about this document and kind, under these rules, by authorities that were asked.
 *
 * @throws CodedError `trust.verifier_failed`
 */
function answerTo(job: VerificationJob, answer: unknown): DocumentVerdict {
  const verdict = formOf(answer);
  const known = new Set(job.authorities.map(({ name }) => name));
  const asked =
    verdict.document === job.artifact.digest &&
    verdict.kind === job.kind &&
    canonicalize(verdict.rules) === canonicalize(rulesOf(job)) &&
    verdict.by.every(({ authority, fact }) => known.has(authority) && fact.authority === authority) &&
    verdict.by.every(({ fact }) => (fact.attestations ?? []).every((one) => known.has(one.authority)));
  if (!asked) throw refusal('verifier_failed', 'the verifier answered another question');
  return verdict;
}

function formOf(answer: unknown): DocumentVerdict {
  try {
    return readVerdict(answer);
  } catch (cause) {
    throw refusal('verifier_failed', 'the verifier answered in another form', cause);
  }
}

function rulesOf({ rules, kind }: VerificationJob): VerificationJob['rules'] {
  return rules.filter(({ kinds }) => kinds.includes(kind));
}

function timedOut({ deadline_ms }: VerificationConfig): string {
  return `verification took longer than ${deadline_ms} ms`;
}
