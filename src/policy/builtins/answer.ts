/** What a builtin answered. `text` is a term as `opa_value_parse` reads it. `undefined` is Rego's: no error, no value. */
export type BuiltinAnswer =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'error'; readonly message: string };

export type BuiltinContext = {
  /** The decision's time, nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** When to give up, on the clock of `performance.now()`, milliseconds. */
  readonly deadlineMs: number;
};

/** Whoever answers for builtins. Operands are terms as `opa_value_dump` prints them. Never throws. */
export type Builtins = {
  readonly names: ReadonlySet<string>;
  readonly call: (name: string, operands: readonly string[], context: BuiltinContext) => BuiltinAnswer;
};
