import type { TransparencyLogEntry } from '@sigstore/bundle';
import type { RFC3161Timestamp } from '@sigstore/core';
import type { Milliseconds } from '../../model/clock.ts';
import type { Thresholds } from '../authority/authority.ts';
import { claimsOf, issuersOf, namesOf } from '../certificate/fulcio.ts';
import { isAnchor, issuersInPath } from '../certificate/path.ts';
import { provedScts } from '../certificate/scts.ts';
import { refusal } from '../failure.ts';
import { promisedTime, provedEntry } from '../log/log-entry.ts';
import type { TrustRoot } from '../root/trust-root.ts';
import { provedTimestamp } from '../timestamp/timestamp.ts';
import type { VerifiedBundle, VerifiedSigner, VerifiedTime } from '../verified-bundle.ts';
import type { ClaimedContext, ClaimedSigner, ProvedContext } from './bundle-check.ts';

/**
 * What the library's success means, piece by piece: which log, authority and operator each part is of. Called only after it.
 *
 * @throws CodedError `trust.*`: a piece that the library accepted cannot be told whose it is
 */
export function provedContext(
  claimed: ClaimedContext,
  signer: ClaimedSigner,
  parsed: readonly RFC3161Timestamp[],
  root: TrustRoot | undefined,
  thresholds: Thresholds,
): ProvedContext {
  if (root === undefined) return { ...claimed, signer: keyedOnly(signer), ...NOTHING, thresholds };
  const tlogEntries: readonly TransparencyLogEntry[] = claimed.bundle.bundle.verificationMaterial.tlogEntries;
  const timestamps = parsed.map((timestamp) => {
    const found = provedTimestamp(timestamp, claimed.content.signature, root);
    return found ?? missing('timestamp_invalid', 'a timestamp is of no authority of the trusted root');
  });
  const promised = tlogEntries.flatMap((entry) => promisedTime(entry) ?? []);
  const vouched = [...timestamps.map(({ time }) => time), ...promised];
  const moments = vouched.length === 0 ? [claimed.now] : vouched;
  const entries = tlogEntries.map((entry) => {
    const found = provedEntry(entry, root.logs, moments);
    return found ?? missing('log_unknown', 'a log entry is of no log of the trusted root');
  });
  const times: VerifiedTime[] = [
    ...timestamps.map(({ operator, time }) => ({ operator, source: 'tsa' as const, time })),
    ...entries.flatMap(({ log, promised: time }) =>
      time === undefined ? [] : [{ operator: log.operator, source: 'log' as const, time }],
    ),
  ];
  const scts = signer.mode === 'keyed' ? [] : provedScts(signer.leaf, root.certificateLogs);
  return { ...claimed, signer: withIssuers(signer, root, vouched), entries, timestamps, times, scts, thresholds };
}

function withIssuers(signer: ClaimedSigner, root: TrustRoot, times: readonly Milliseconds[]): ProvedContext['signer'] {
  if (signer.mode === 'keyed') return signer;
  const issuers = issuersInPath(signer.leaf, root, times);
  return { ...signer, issuers, intermediates: issuers.filter((issuer) => !isAnchor(issuer)) };
}

const NOTHING = { entries: [], timestamps: [], times: [], scts: [] } as const;

function keyedOnly(signer: ClaimedSigner): ProvedContext['signer'] {
  return signer.mode === 'keyed'
    ? signer
    : missing('root_unavailable', 'a certificate is verified under a trusted root');
}

function missing(code: Parameters<typeof refusal>[0], message: string): never {
  throw refusal(code, message);
}

/** What stands in the facts: authenticated fields alone. @throws CodedError `trust.certificate_malformed`, `trust.leaf_*` */
export function provedFacts(context: ProvedContext): VerifiedBundle {
  const { bundle, entries, times, scts } = context;
  const notAfter = endOf(context);
  return {
    bundle: bundle.digest,
    signer: signerFact(context.signer),
    ...(bundle.statement !== undefined && { statement: bundle.statement }),
    logs: entries.map(({ fact }) => fact),
    times,
    scts,
    ...(notAfter !== undefined && { notAfter }),
  };
}

function signerFact(signer: ProvedContext['signer']): VerifiedSigner {
  if (signer.mode === 'keyed') return { mode: 'keyed', key: signer.key.digest };
  const { leaf, issuers } = signer;
  const { raw, der } = issuersOf(leaf);
  return {
    mode: 'keyless',
    issuer: der ?? raw ?? missing('leaf_issuers_disagree', 'the signing certificate names no OIDC issuer'),
    subject:
      namesOf(leaf)[0]?.text ?? missing('leaf_several_names', 'the signing certificate has no name that is read'),
    key: leaf.keyDigest,
    certificates: [leaf, ...issuers].flatMap(({ digests }) => digests),
    claims: claimsOf(leaf),
  };
}

/** Where nothing verified says when it was signed, the bundle holds as long as what it rests on is good at the present time. */
function endOf({ signer, times, entries }: ProvedContext): Milliseconds | undefined {
  if (times.length > 0) return undefined;
  const ends = [
    ...(signer.mode === 'keyed' ? [signer.key.validTo, signer.key.revokedAt] : []),
    ...entries.map(({ log }) => log.validTo),
  ].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
