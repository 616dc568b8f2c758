import type { KeyObject } from 'node:crypto';
import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import type { RFC3161Timestamp } from '@sigstore/core';
import { X509Certificate } from '@sigstore/core';
import { type KeyFinderFunc, type SignedEntity, type TrustMaterial, Verifier } from '@sigstore/verify';
import type { HashName } from '../algorithm.ts';
import type { Thresholds } from '../authority/authority.ts';
import type { TrustRoot } from '../root/trust-root.ts';
import { hashesTo, type SignedContent } from '../signature/signed-content.ts';

/** The library's steps, in its order, as lines of `exequatur verify`. */
export const LIBRARY_STAGES = ['timestamps', 'chain', 'SCTs', 'log inclusion', 'log entries', 'signature'] as const;

export type LibraryStage = (typeof LIBRARY_STAGES)[number];

/** What the library is run over. */
export type LibraryInput = {
  readonly bundle: Bundle;
  readonly content: SignedContent;
  /** Whether the key made the signature. */
  readonly verifySignature: (key: KeyObject) => boolean;
  readonly signer:
    | { readonly mode: 'keyed'; readonly key: KeyObject }
    | { readonly mode: 'keyless'; readonly leaf: Uint8Array };
  readonly timestamps: readonly RFC3161Timestamp[];
  /** Absent: entries and timestamps are not looked at. */
  readonly root?: TrustRoot;
  readonly thresholds: Thresholds;
};

/** The digest's length tells which hash is meant; that the name beside it agrees is a check of ours. */
const HASH_BY_LENGTH: ReadonlyMap<number, HashName> = new Map([
  [32, 'sha256'],
  [48, 'sha384'],
  [64, 'sha512'],
]);

/**
 * Runs `@sigstore/verify` over a bundle. It returns if all of its stages passed.
 *
 * @param enter is told which stage begins; the one told last is the one that threw
 * @throws whatever the library throws: it means "not verified"
 */
export function runLibrary(input: LibraryInput, enter: (stage: LibraryStage) => void): void {
  const { root, thresholds, signer } = input;
  const verifier = new Verifier(materialOf(root, signer), {
    tlogThreshold: root === undefined ? 0 : thresholds.logs,
    // A certificate of ten minutes means nothing without a time.
    timestampThreshold: root === undefined ? 0 : Math.max(thresholds.timestamps, signer.mode === 'keyless' ? 1 : 0),
    ctlogThreshold: thresholds.scts,
  });
  verifier.verify(entityOf(input, enter));
}

function materialOf(root: TrustRoot | undefined, signer: LibraryInput['signer']): TrustMaterial {
  const publicKey: KeyFinderFunc = () => {
    if (signer.mode === 'keyless') throw new TypeError('the bundle asks for a key where a certificate signed');
    // When it was valid is a check of ours: the library has no word for "now".
    return { publicKey: signer.key, validFor: () => true };
  };
  const none = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
  return { ...(root?.material ?? none), publicKey };
}

/** The library reads each of these members as it enters the stage that is about it. */
function entityOf(input: LibraryInput, enter: (stage: LibraryStage) => void): SignedEntity {
  const { bundle, content, root, signer } = input;
  const entries: TransparencyLogEntry[] = root === undefined ? [] : bundle.verificationMaterial.tlogEntries;
  const signature: SignedEntity['signature'] = {
    signature: content.signature,
    compareSignature: (other) => {
      enter('log entries');
      return content.signature.equals(other);
    },
    compareDigest: (digest) => content.payload !== undefined && hashesTo({ bytes: content.payload }, 'sha256', digest),
    compareSignedDigest: (digest) => {
      const name = HASH_BY_LENGTH.get(digest.length);
      return name !== undefined && hashesTo(content.message, name, digest);
    },
    verifySignature: (key) => {
      enter('signature');
      return input.verifySignature(key);
    },
  };
  return {
    signature,
    get timestamps() {
      enter('timestamps');
      return [
        ...entries
          .filter((entry) => entry.inclusionPromise !== undefined)
          .map((tlogEntry) => ({ $case: 'transparency-log' as const, tlogEntry })),
        ...(root === undefined ? [] : input.timestamps).map((timestamp) => ({
          $case: 'timestamp-authority' as const,
          timestamp,
        })),
      ];
    },
    get key() {
      enter('chain');
      if (signer.mode === 'keyed') return { $case: 'public-key' as const, hint: '' };
      return { $case: 'certificate' as const, certificate: X509Certificate.parse(Buffer.from(signer.leaf)) };
    },
    get tlogEntries() {
      enter('log inclusion');
      return entries;
    },
  };
}
