/**
 * What a builtin answered. `text` is a Rego term as `opa_value_parse` reads it: JSON, and sets, and keys that are no strings.
 * `undefined` is Rego's: no error, no value. `message` is for the operators' log.
 */
export type BuiltinAnswer =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'error'; readonly message: string };

/** What a call depends on besides its operands. */
export type BuiltinContext = {
  /** The decision's time, nanoseconds since 1970; fits 64 bits with sign. */
  readonly timeNs: bigint;
  /** When to give up, on the clock of `performance.now()`, milliseconds. Held by those of OPA's builtins that ask (expansions, replacements). */
  readonly deadlineMs: number;
};

/** Whoever answers for builtins: those that `names` lists. Operands are Rego terms as `opa_value_dump` prints them. A call never throws. */
export type Builtins = {
  readonly names: ReadonlySet<string>;
  readonly call: (name: string, operands: readonly string[], context: BuiltinContext) => BuiltinAnswer;
};
