import type { Json } from '../../../src/model/json.ts';
import type { CertificateDescription } from './certificate.ts';
import type { Signed } from './entry-body.ts';
import type { LogInstance, TsaAlterations } from './instances.ts';
import type { Made } from './made.ts';
import type { Checkpoint } from './note.ts';
import type { EntryKind } from './scenario.ts';
import type { SctDescription } from './sct.ts';
import type { SigningKey } from './signing-key.ts';
import type { TokenDescription } from './timestamp.ts';

/** What a Rekor v1 log signs as its promise, and what stands in the bundle beside the proof. */
export type PromiseDescription = {
  readonly integratedTime: number;
  readonly logIndex: string;
  readonly log: LogInstance;
  readonly body: Buffer;
  readonly sign: (data: Buffer) => Buffer;
};

/**
 * One thing made otherwise, at the step where it is made: what comes later is made properly from it. A certificate altered before it is
 * issued is signed, has its SCTs and is logged like any other.
 */
export type Alterations = {
  /** Signs in the place of the signer's key; certificate, body and all the rest stay those of the signer's. */
  readonly signWith?: (lab: { readonly key: (label: string) => SigningKey }) => SigningKey;
  readonly root?: (root: CertificateDescription) => CertificateDescription;
  /** `level` counts from the root's child, 0. */
  readonly intermediate?: (intermediate: CertificateDescription, level: number) => CertificateDescription;
  readonly leaf?: (leaf: CertificateDescription) => CertificateDescription;
  readonly sct?: (sct: SctDescription, index: number) => SctDescription;
  readonly scts?: (scts: readonly Buffer[]) => readonly Buffer[];
  readonly statement?: (statement: Json) => Json;
  readonly payload?: (payload: Buffer) => Buffer;
  readonly payloadType?: (type: string) => string;
  readonly signature?: (signature: Buffer) => Buffer;
  /** What the entries are told that was signed. */
  readonly logged?: (signed: Signed, index: number) => Signed;
  readonly kind?: (kind: EntryKind) => EntryKind;
  readonly body?: (body: Json, index: number) => Json;
  readonly bodyBytes?: (body: Buffer, index: number) => Buffer;
  readonly promise?: (promise: PromiseDescription, index: number) => PromiseDescription;
  readonly checkpoint?: (checkpoint: Checkpoint, index: number) => Checkpoint;
  readonly note?: (note: string, index: number) => string;
  readonly token?: (token: TokenDescription, index: number) => TokenDescription;
  readonly tsa?: TsaAlterations;
  readonly timestamp?: (response: Buffer, index: number) => Buffer;
  readonly bundle?: (bundle: Json) => Json;
  readonly bytes?: (bundle: Buffer) => Buffer;
  readonly trustedRoot?: (root: Json) => Json;
  readonly made?: (made: Made) => Made;
};
