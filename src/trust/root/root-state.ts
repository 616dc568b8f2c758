import type { Milliseconds } from '../../model/clock.ts';
import type { Sha256Digest } from '../../model/digest.ts';
import type { TrustRoot } from './trust-root.ts';

/** A root as it counts now, or why nothing verifies under it. */
export type RootState =
  | {
      readonly root: TrustRoot;
      /** The file, for whoever parses it anew in another thread. */
      readonly bytes: Uint8Array;
      readonly digest: Sha256Digest;
      /** Of the last successful refresh; absent for files, and for the shipped root before its first. */
      readonly refreshedAt?: Milliseconds;
    }
  | {
      readonly failure: 'root_stale' | 'root_unavailable';
      /** Public: what, where, what to do. */
      readonly message: string;
    };
