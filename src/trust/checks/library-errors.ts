import type { TransparencyLogEntry } from '@sigstore/bundle';
import { PolicyError, VerificationError } from '@sigstore/verify';
import { CodedError, describeThrown } from '../../errors.ts';
import { isValidAt } from '../certificate/path.ts';
import { type FailureCode, failureOf } from '../failure.ts';
import { promisedTime } from '../log/log-entry.ts';
import type { TrustRoot } from '../root/trust-root.ts';
import type { LibraryStage } from './library.ts';

/** A failed run of the library in our words. */
export type LibraryFailure = { readonly stage: LibraryStage; readonly code: FailureCode; readonly message: string };

type Meaning = { readonly message: RegExp; readonly stage: LibraryStage; readonly code: FailureCode };

/** By code and message of `@sigstore/verify` 4.1.3, whose version is pinned; the first that matches. */
const MEANINGS: Readonly<Record<string, readonly Meaning[]>> = {
  TIMESTAMP_ERROR: [
    { message: /^duplicate/, stage: 'timestamps', code: 'timestamp_repeated' },
    { message: /^expected \d+ timestamps, got 0$/, stage: 'timestamps', code: 'timestamp_missing' },
    { message: /^expected /, stage: 'timestamps', code: 'too_few_timestamp_operators' },
    { message: /(?:)/, stage: 'timestamps', code: 'timestamp_invalid' },
  ],
  CERTIFICATE_ERROR: [
    { message: /^expected \d+ SCTs, got 0$/, stage: 'SCTs', code: 'sct_missing' },
    { message: /^expected /, stage: 'SCTs', code: 'too_few_sct_operators' },
    { message: /SCT/, stage: 'SCTs', code: 'sct_invalid' },
    { message: /(?:)/, stage: 'chain', code: 'chain_invalid' },
  ],
  PUBLIC_KEY_ERROR: [{ message: /(?:)/, stage: 'chain', code: 'key_unknown' }],
  TLOG_ERROR: [
    { message: /^duplicate/, stage: 'log inclusion', code: 'log_entry_repeated' },
    { message: /^expected \d+ tlog entries, got 0$/, stage: 'log inclusion', code: 'log_entry_missing' },
    { message: /(?:)/, stage: 'log inclusion', code: 'too_few_log_operators' },
  ],
  TLOG_INCLUSION_PROMISE_ERROR: [{ message: /(?:)/, stage: 'log inclusion', code: 'log_promise_invalid' }],
  TLOG_INCLUSION_PROOF_ERROR: [
    {
      message:
        /checkpoint signature|checkpoint separator|signatures found in checkpoint|checkpoint header|checkpoint log size/,
      stage: 'log inclusion',
      code: 'log_checkpoint_invalid',
    },
    { message: /(?:)/, stage: 'log inclusion', code: 'log_proof_invalid' },
  ],
  TLOG_MISSING_INCLUSION_ERROR: [{ message: /(?:)/, stage: 'log inclusion', code: 'inclusion_proof_missing' }],
  TLOG_BODY_ERROR: [
    { message: /^unsupported/, stage: 'log entries', code: 'log_entry_unsupported' },
    { message: /(?:)/, stage: 'log entries', code: 'log_entry_mismatch' },
  ],
  SIGNATURE_ERROR: [{ message: /(?:)/, stage: 'signature', code: 'signature_invalid' }],
};

/** What a throw that the library did not mean stands for: it choked on what the stage reads. */
const CHOKED: Readonly<Record<LibraryStage, FailureCode>> = {
  timestamps: 'timestamp_invalid',
  chain: 'chain_invalid',
  SCTs: 'sct_invalid',
  'log inclusion': 'log_entry_unsupported',
  'log entries': 'log_entry_unsupported',
  signature: 'signature_invalid',
};

/**
 * What a throw of the library means. Any throw is "not verified"; what is thrown decides only by which code.
 *
 * @param entered the stage that was entered last
 */
export function libraryFailure(
  thrown: unknown,
  entered: LibraryStage,
  entries: readonly TransparencyLogEntry[],
  root: TrustRoot | undefined,
): LibraryFailure {
  // Ours, thrown by what the library called.
  if (thrown instanceof CodedError) return { stage: entered, code: failureOf(thrown), message: thrown.message };
  if (thrown instanceof VerificationError || thrown instanceof PolicyError) {
    const meaning = meaningOf(thrown);
    if (meaning === undefined) return { stage: entered, code: 'verifier_failed', message: 'the verifier broke off' };
    const code = refined(meaning.code, entries, root);
    return { stage: meaning.stage, code, message: `not verified: ${excerpt(thrown.message)}` };
  }
  // The leaf's DER has been read before: what ends too early in this stage is the list of SCTs, which is none.
  const isSct = entered === 'chain' && /^SCT|^request past end of buffer$/.test(describeThrown(thrown));
  // Inclusion is computed from bytes and guarded numbers; what can break off there is the reading of a body.
  const stage = isSct ? 'SCTs' : entered === 'log inclusion' ? 'log entries' : entered;
  return { stage, code: CHOKED[stage], message: `not verified: ${stage} cannot be read` };
}

/** Some messages repeat what the bundle says, at any length. */
function excerpt(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function meaningOf(error: { readonly code: string; readonly message: string }): Meaning | undefined {
  const meanings = Object.hasOwn(MEANINGS, error.code) ? MEANINGS[error.code] : undefined;
  return meanings?.find(({ message }) => message.test(error.message));
}

/** The library says of an unknown or outdated log only that nothing verified. */
function refined(
  code: FailureCode,
  entries: readonly TransparencyLogEntry[],
  root: TrustRoot | undefined,
): FailureCode {
  if (code !== 'log_promise_invalid' && code !== 'log_checkpoint_invalid') return code;
  const logsOf = (entry: TransparencyLogEntry) =>
    (root?.logs ?? []).filter((log) => log.id === entry.logId.keyId.toString('hex'));
  if (entries.some((entry) => logsOf(entry).length === 0)) return 'log_unknown';
  const outside = entries.some((entry) => {
    const time = promisedTime(entry);
    return time !== undefined && !logsOf(entry).some((log) => isValidAt(log, time));
  });
  return code === 'log_promise_invalid' && outside ? 'log_key_expired' : code;
}
