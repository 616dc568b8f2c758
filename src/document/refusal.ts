import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { DocumentFailure, Signatures } from '../model/facts.ts';
import { printable } from '../model/printable.ts';
import { FAILURES, isFailureCode } from '../trust/failure.ts';
import type { DocumentHeader } from './header.ts';
import { DOCUMENT_FAILURES, type DocumentFailureCode } from './shelved.ts';
import type { VersionProblem } from './versions.ts';

/** Why a document does not count, and what would have to change: its bytes, the time, what signatures come to, another document, the log. */
export type Refusal = {
  readonly cause: 'form' | 'time' | 'signatures' | 'version' | 'rival' | 'conflict' | 'record' | 'removed';
  readonly failed: readonly DocumentFailure[];
  /** What, where, and what to do. */
  readonly message: string;
  readonly signatures?: Signatures;
};

/** A document that is issued later than now may have been signed by a clock that is ahead by so much. */
export const CLOCK_SKEW_MS = 300_000;
/** Failures that a message spells out. */
const SPELLED_OUT = 8;
/** Characters of a message. */
const MAX_MESSAGE = 8_192;

/** A refusal by one of our codes. */
export function refusalFor(cause: Refusal['cause'], code: DocumentFailureCode, message: string): Refusal {
  return { cause, failed: [{ code }], message: oneLine(message) };
}

/** Messages of a parser name one problem a line. */
function oneLine(message: string): string {
  return printable(message.replaceAll(/\s*\n\s*/g, ' '), MAX_MESSAGE);
}

/** Whether a document is valid at a time; undefined where it is. */
export function validityRefusal(
  { issued, expires }: DocumentHeader,
  source: string,
  time: Milliseconds,
): Refusal | undefined {
  const name = printable(source, 4096);
  if (time >= expires) {
    return refusalFor(
      'time',
      'document_expired',
      `${name} has expired at ${rfc3339(expires)}; have a new version signed`,
    );
  }
  if (issued - time <= CLOCK_SKEW_MS) return undefined;
  return refusalFor(
    'time',
    'document_not_yet_valid',
    `${name} is issued at ${rfc3339(issued)}, which is yet to come; check the clock, or wait`,
  );
}

/** That signatures do not count; undefined where they do. */
export function signatureRefusal(signatures: Signatures, source: string): Refusal | undefined {
  if (signatures.verified) return undefined;
  const failed = signatures.failed.length === 0 ? [{ code: 'rule_not_met' }] : signatures.failed;
  const told = failed.slice(0, SPELLED_OUT).map(({ code, authority }) => {
    const who = authority === undefined ? '' : ` (${printable(authority, 64)})`;
    return `${code}${who}${isFailureCode(code) ? `: ${FAILURES[code]}` : ''}`;
  });
  const more = failed.length > SPELLED_OUT ? [`and ${failed.length - SPELLED_OUT} more`] : [];
  return {
    cause: 'signatures',
    failed,
    message: oneLine(`the signatures of ${printable(source, 4096)} do not count: ${[...told, ...more].join('; ')}`),
    signatures,
  };
}

/** That another version was accepted before, or one by others. */
export function versionRefusal({ code, message }: VersionProblem, source: string): Refusal {
  return refusalFor('version', code, `${printable(source, 4096)}: ${message}`);
}

/** Failures of trust that say how things stand at the moment, not that anything is wrong with the document. */
const PASSING: ReadonlySet<string> = new Set([
  'root_unavailable',
  'root_stale',
  'state_unavailable',
  'revocations_unavailable',
  'timed_out',
  'verifier_failed',
  'verdict_expired',
  'key_not_yet_valid',
]);
/** Failures of trust behind which nobody need be at work. */
const QUIET: ReadonlySet<string> = new Set([
  ...PASSING,
  'unsigned',
  'no_rule',
  'rule_not_met',
  'no_trust_configured',
  'document_too_large',
]);
/** Of ours, those behind which somebody may be. */
const LOUD: ReadonlySet<string> = new Set<DocumentFailureCode>([
  'version_rolled_back',
  'version_reused',
  'another_signer',
  'collision',
  'look_alike',
  'mentions_other_server',
  'hidden_text',
]);

/** True where the failure may pass without anybody telling, nobody knows when: it is tried again by and by. */
export function passesWithTime({ cause, failed }: Refusal): boolean {
  if (cause === 'signatures') return failed.some(({ code }) => PASSING.has(code));
  return cause === 'version' || cause === 'record';
}

/** True where it may pass once another document is gone. */
export function passesWithDeparture({ cause }: Refusal): boolean {
  return cause === 'rival' || cause === 'conflict';
}

/** True where somebody may be at work: a version put back, a signature that does not verify, a key that was revoked. */
export function isAlarm(failed: readonly DocumentFailure[]): boolean {
  return failed.some(({ code }) => (Object.hasOwn(DOCUMENT_FAILURES, code) ? LOUD.has(code) : !QUIET.has(code)));
}
