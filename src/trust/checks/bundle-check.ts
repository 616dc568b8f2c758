import type { Milliseconds } from '../../model/clock.ts';
import type { Artifact } from '../artifact.ts';
import type { PinnedKey, Thresholds } from '../authority/authority.ts';
import type { ParsedBundle } from '../bundle/parsed-bundle.ts';
import type { Certificate } from '../certificate/certificate.ts';
import type { FailureCode } from '../failure.ts';
import type { ProvedEntry } from '../log/log-entry.ts';
import type { SignedContent } from '../signature/signed-content.ts';
import type { ProvedTimestamp } from '../timestamp/timestamp.ts';
import type { VerifiedBundle, VerifiedTime } from '../verified-bundle.ts';

/** What a bundle claims: read, and nothing of it verified. */
export type ClaimedContext = {
  readonly bundle: ParsedBundle;
  readonly artifact: Artifact;
  readonly content: SignedContent;
  readonly now: Milliseconds;
};

/** Whose signature it is, before the library has run: of a key, verified; of a certificate, claimed. */
export type ClaimedSigner =
  | { readonly mode: 'keyed'; readonly key: PinnedKey }
  | { readonly mode: 'keyless'; readonly leaf: Certificate };

/** What the library has verified of it. */
export type ProvedContext = ClaimedContext & {
  readonly signer:
    | { readonly mode: 'keyed'; readonly key: PinnedKey }
    | {
        readonly mode: 'keyless';
        readonly leaf: Certificate;
        /** Those above the leaf through which it can chain to the root, from the lowest upwards. */
        readonly issuers: readonly Certificate[];
        /** Those of them that are no anchors. */
        readonly intermediates: readonly Certificate[];
      };
  readonly entries: readonly ProvedEntry[];
  readonly timestamps: readonly ProvedTimestamp[];
  /** Of timestamps and of logs' SETs. */
  readonly times: readonly VerifiedTime[];
  readonly scts: VerifiedBundle['scts'];
  readonly thresholds: Thresholds;
};

type Check<Stage extends string, Context> = {
  /** A line of `exequatur verify`. */
  readonly name: string;
  readonly code: FailureCode;
  readonly stage: Stage;
  /** The kind of signer that it concerns; absent: both. */
  readonly only?: 'keyed' | 'keyless';
  /** Whether the bundle holds anything that it is about; absent: always. A check of nothing is reported as not run, never as passed. */
  readonly concerns?: (context: Context) => boolean;
  /**
   * Why the bundle is refused; undefined: this check has nothing against it. May throw, and that refuses as well, with the code of what is
   * thrown.
   */
  readonly refuse: (context: Context) => string | undefined;
};

/** One thing that is asked of a bundle beyond what the library asks: before it runs, or of what it has verified. */
export type BundleCheck = Check<'claimed', ClaimedContext> | Check<'proved', ProvedContext>;
