import { CodedError } from '../errors.ts';

/**
 * Why a signature does not count: every code that a fact's `signatures.failed` can carry, with what it means and what to do. Stable:
 * policies and tests match on them. As an error the code is `trust.CODE`.
 */
export const FAILURES = {
  // The form of the bundle and of what it holds.
  bundle_malformed: 'the bundle is no JSON of the expected shape; sign again, or fetch the bundle again',
  bundle_too_large: 'the bundle, or what it holds, exceeds the bounds',
  bundle_unsupported: 'the media type or a member is not one that is read here',
  bundle_ambiguous: 'two alternatives of one choice, or two spellings of one member, are both present',
  bundle_too_many_parts: 'more certificates, log entries, timestamps or signatures than are read',
  bundle_holds_authority:
    'the chain in the bundle repeats a certificate authority; only the root configured here counts',
  inclusion_proof_missing: 'a log entry has no inclusion proof with a checkpoint',
  legacy_not_allowed: "cosign's legacy bundle has no inclusion proof; the authority does not allow it",
  statement_malformed: 'the signed payload is no in-toto Statement of the expected shape',
  statement_unsupported: 'the payload type or the Statement type is not one that is read here',
  // Certificates.
  certificate_malformed: 'a certificate cannot be read',
  certificate_extension_repeated: 'a certificate has an extension twice',
  certificate_extension_critical: 'a certificate has a critical extension that is not understood',
  leaf_not_for_code_signing: 'the signing certificate is not issued for code signing alone',
  leaf_is_authority: 'the signing certificate is a certificate authority',
  leaf_cannot_sign: 'the signing certificate has no key usage digitalSignature',
  leaf_several_names: 'the signing certificate has more or less than one subject alternative name',
  leaf_issuers_disagree: 'the extensions that name the OIDC issuer are missing or disagree',
  identity_not_ascii: 'issuer or subject hold characters outside of printable ASCII',
  chain_invalid: 'the signing certificate does not chain to the trusted root at the time of signing',
  chain_excludes_code_signing: 'an intermediate is not meant for code signing',
  sct_missing: 'the signing certificate carries no proof of its publication (SCT)',
  sct_invalid: 'a proof of publication (SCT) of the signing certificate does not verify',
  // Logs.
  log_entry_missing: 'no entry of a transparency log',
  log_entry_unsupported: 'a log entry is of a kind or version that is not read here',
  log_entry_mismatch: 'a log entry is about another signature or artifact',
  log_entry_not_bound: 'a log entry names another certificate or key than the one that signed',
  log_entry_repeated: 'the same log entry stands in the bundle twice',
  log_unknown: 'a log entry is of a log that the trusted root does not name',
  log_key_expired: "the entry lies outside of the validity of the log's key",
  log_promise_invalid: "the log's signed entry timestamp (SET) does not verify",
  log_proof_invalid: "the inclusion proof does not lead to the checkpoint's root",
  log_checkpoint_invalid: "the checkpoint is malformed or not signed by the log's key",
  log_origin_unknown: "the checkpoint's origin or signature names the log otherwise than the trusted root does",
  // Times.
  timestamp_missing: 'nothing verified says when it was signed',
  timestamp_invalid: 'a timestamp does not verify under a trusted timestamp authority',
  timestamp_repeated: 'the same timestamp stands in the bundle twice',
  // The signature itself.
  signature_invalid: 'the signature does not verify',
  digest_mismatch: 'the digest in the bundle is not that of the artifact',
  digest_alone_insufficient: 'this kind of signature cannot be checked by digest; give the artifact itself',
  algorithm_unsupported: 'the key or its algorithm is not one that is verified here',
  algorithm_not_pinned: 'the signature is of another algorithm than the one pinned to the key',
  key_unknown: 'no key of the authority made the signature, or the bundle is of the other mode (keyed, keyless)',
  key_not_yet_valid: 'the key was not yet valid when it signed',
  key_expired: 'the key was no longer valid when it signed, or nothing verified says when that was',
  key_revoked: 'the key had been revoked when it signed, or nothing verified says when that was',
  // Thresholds, which count distinct operators.
  too_few_log_operators: 'entries in logs of too few distinct operators',
  too_few_timestamp_operators: 'timestamps of too few distinct operators',
  too_few_sct_operators: 'SCTs of too few distinct operators',
  // What the authority may vouch for.
  kind_not_vouched: 'the authority may not vouch for this kind of document',
  identity_mismatch: 'the signer is none of the identities of the authority',
  claims_mismatch: "the signer's certificate does not carry the extensions that the authority asks for",
  predicate_does_not_vouch: 'the Statement is of a type that does not vouch for this kind of document',
  subject_mismatch: 'the Statement is about another artifact',
  attestation_missing: 'an attestation that the authority asks for is missing',
  attestation_refused: 'an attestation does not match the schema that the authority asks for',
  outside_scope: 'the document names servers, tools, agents or environments outside of the scope of the authority',
  effect_too_high: 'the document declares a higher effect than the authority may',
  // Rules.
  unsigned: 'the document has no signature',
  no_rule: 'no rule says whose signatures count for this kind of document',
  rule_not_met:
    'too few of the authorities that a rule names have signed; one key or identity that several list is one signer',
  // Roots.
  root_unavailable: 'the trusted root cannot be had',
  root_stale:
    'the trusted root has not been refreshed within max_age_seconds; `exequatur trust refresh` refreshes it now',
  // Freshness.
  split_view: 'a log has shown two different trees of one size',
  log_inconsistent: 'a log has shown a tree that does not extend one it showed before',
  behind_mark: 'the checkpoint is older than one already seen for this document',
  downgraded: 'the document was seen under a stronger set of proofs; `exequatur trust forget` undoes it',
  state_unavailable: 'the store of what was seen before cannot be used',
  // Revocation.
  revoked_key: 'the key is revoked',
  revoked_certificate: 'the certificate, or one that issued it, is revoked',
  revoked_identity: 'the identity is revoked',
  revoked_artifact: 'the artifact is revoked',
  revocations_unavailable: 'a file of revocations is missing or malformed',
  // The process itself.
  document_too_large: 'the document exceeds the bounds',
  timed_out: 'verification took longer than its deadline',
  verifier_failed: 'the verifier broke off; the log of the service says why',
  verdict_expired: 'the verdict no longer holds and has not been renewed yet',
  no_trust_configured: 'no authorities are configured',
} as const;

/** Why a signature does not count. */
export type FailureCode = keyof typeof FAILURES;

/** True for a code of the table. */
export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(FAILURES, text);
}

/** The error of a refused signature: code `trust.CODE`, message with what and where. Nothing secret stands in it. */
export function refusal(code: FailureCode, what: string, cause?: unknown): CodedError {
  return new CodedError(`trust.${code}`, what, cause === undefined ? {} : { cause });
}

/** The failure that anything thrown stands for: any throw is "not verified", and what nobody foresaw is `verifier_failed`. */
export function failureOf(thrown: unknown): FailureCode {
  if (thrown instanceof CodedError && thrown.code.startsWith('trust.')) {
    const code = thrown.code.slice('trust.'.length);
    if (isFailureCode(code)) return code;
  }
  return 'verifier_failed';
}
