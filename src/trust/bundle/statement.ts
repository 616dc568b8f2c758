import type { JsonObject } from '../../model/json.ts';

/** An in-toto Statement, v0.1 or v1. What signed it is another question. */
export type Statement = {
  readonly version: 'v0.1' | 'v1';
  /** At least one; digests by algorithm in lower-case hex. */
  readonly subjects: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
  readonly predicateType: string;
  readonly predicate: JsonObject;
};
