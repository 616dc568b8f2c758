import { rfc3339 } from '../model/clock.ts';
import type { VerifiedSignature } from '../model/facts.ts';
import type { FoundAttestation } from './authority/attestations.ts';
import type { VerifiedBundle, VerifiedTime } from './verified-bundle.ts';

/** What a decision is told of a signature that counts: authenticated members of the bundle, and nothing else. */
export function verifiedSignature(
  authority: string,
  { signer, logs, times }: VerifiedBundle,
  attestations: readonly FoundAttestation[],
): VerifiedSignature {
  const entry = logs.find(({ origin }) => origin !== undefined);
  const time = earliest(times);
  return {
    authority,
    mode: signer.mode,
    ...(signer.mode === 'keyed' ? { key: signer.key } : { issuer: signer.issuer, subject: signer.subject }),
    ...sourceOf(signer),
    ...(entry?.origin !== undefined && { log: { origin: entry.origin, index: entry.index } }),
    ...(time !== undefined && { time: rfc3339(time.time), time_source: time.source }),
    ...(attestations.length > 0 && {
      attestations: attestations.map(({ needed, signed }) => ({
        predicate_type: needed.predicateType,
        authority: signed.authority,
      })),
    }),
  };
}

function sourceOf(signer: VerifiedBundle['signer']): Pick<VerifiedSignature, 'source'> {
  if (signer.mode === 'keyed') return {};
  const {
    source_repository_uri: repository,
    source_repository_ref: ref,
    source_repository_digest: digest,
  } = signer.claims;
  const source = {
    ...(repository !== undefined && { repository }),
    ...(ref !== undefined && { ref }),
    ...(digest !== undefined && { digest }),
  };
  return Object.keys(source).length === 0 ? {} : { source };
}

/** Where two tell the same time, a timestamp authority's word: its only business is the time. */
function earliest(times: readonly VerifiedTime[]): VerifiedTime | undefined {
  return times.reduce<VerifiedTime | undefined>((first, next) => {
    if (first === undefined || next.time < first.time) return next;
    return next.time === first.time && next.source === 'tsa' && first.source === 'log' ? next : first;
  }, undefined);
}
