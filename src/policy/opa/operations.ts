import { z } from 'zod';
import { CodedError } from '../../errors.ts';
import type { Json, JsonObject } from '../../model/json.ts';

/** Files in memory, by path below and with `root`: `policies/controls/window.rego`. A folder below the root is a level of data. */
export type OpaFiles = {
  readonly root: string;
  readonly files: Readonly<Record<string, string>>;
  /** What policies may call, as OPA's `--capabilities` has it. Default: everything that this OPA can. */
  readonly capabilities?: JsonObject;
};

const PROBLEM = z.object({
  code: z.string(),
  message: z.string(),
  file: z.string().optional(),
  row: z.number().optional(),
  col: z.number().optional(),
});

/** What OPA found wrong: `rego_parse_error`, `rego_type_error` …, with its place where OPA knows it. */
export type OpaProblem = z.infer<typeof PROBLEM>;

/** Some requests to OPA and how their answers are read. */
export type Operation<Result> = {
  readonly requests: readonly JsonObject[];
  readonly read: (answers: readonly unknown[]) => Result;
};

/** Two operations in one run: starting OPA costs more than most of what it does. */
export function both<A, B>(first: Operation<A>, second: Operation<B>): Operation<readonly [A, B]> {
  const count = first.requests.length;
  return {
    requests: [...first.requests, ...second.requests],
    read: (answers) => [first.read(answers.slice(0, count)), second.read(answers.slice(count))],
  };
}

const FAILED = z.object({ problems: z.array(PROBLEM).nonempty() });

function operation<Result>(request: JsonObject, schema: z.ZodType<Result>): Operation<Result> {
  return {
    requests: [request],
    read: ([answer]) => {
      const parsed = schema.safeParse(answer);
      if (parsed.success) return parsed.data;
      throw new CodedError('policy.compile_crashed', 'OPA answered in another shape than expected', {
        cause: parsed.error,
      });
    },
  };
}

function request(name: string, files: OpaFiles, more: Readonly<Record<string, Json | undefined>> = {}): JsonObject {
  const members: [string, Json][] = [
    ['operation', name],
    ['root', files.root],
    ['files', files.files],
  ];
  for (const [key, value] of Object.entries({ capabilities: files.capabilities, ...more })) {
    if (value !== undefined) members.push([key, value]);
  }
  return Object.fromEntries(members);
}

const BUILT = z.union([
  FAILED.transform(({ problems }) => ({ ok: false, problems }) as const),
  z
    .object({ bundle: z.base64() })
    .transform(({ bundle }) => ({ ok: true, bundle: Buffer.from(bundle, 'base64') }) as const),
]);

/** A bundle (gzipped tar), or why there is none. */
export type Built = z.infer<typeof BUILT>;

/** `opa build -t wasm`: the policy.wasm inside is the same to the byte. `ignore` are OPA's patterns, `*_test.rego`. */
export function buildOperation(
  files: OpaFiles,
  options: {
    readonly entrypoints: readonly string[];
    readonly revision: string;
    readonly ignore?: readonly string[];
    /** Put into the manifest as `metadata`. */
    readonly metadata?: JsonObject;
  },
): Operation<Built> {
  return operation(request('build', files, options), BUILT);
}

const READ = z.object({
  kind: z.enum(['input', 'builtin', 'with']),
  text: z.string(),
  path: z.array(z.string()),
  file: z.string(),
  row: z.number(),
});

const MODULE = z.object({
  file: z.string(),
  package: z.array(z.string()),
  row: z.number(),
  title: z.string(),
  description: z.string(),
  rules: z.array(
    z.object({
      path: z.array(z.string()),
      ground: z.boolean(),
      default: z.boolean(),
      row: z.number(),
      reads: z.array(READ),
    }),
  ),
});

/** What a module says about itself once compiled; see wasm/opa/check.go. */
export type ModuleFacts = z.infer<typeof MODULE>;
/** One thing that a rule's answer can depend on, besides base data; see wasm/opa/reads.go. */
export type RuleRead = z.infer<typeof READ>;

const CHECKED = z.union([
  FAILED.transform(({ problems }) => ({ ok: false, problems }) as const),
  z
    .object({ modules: z.array(MODULE), data: z.unknown() })
    .transform(({ modules, data }) => ({ ok: true, modules, data }) as const),
]);

/** The modules and the data as OPA read it, or what is wrong with them. */
export type Checked = z.infer<typeof CHECKED>;

/** `opa check --strict --bundle`. `trace` names the rules whose reads are wanted. */
export function checkOperation(
  files: OpaFiles,
  options: { readonly trace?: readonly string[] } = {},
): Operation<Checked> {
  return operation(request('check', files, { trace: options.trace }), CHECKED);
}

const TESTED = z.union([
  FAILED.transform(({ problems }) => ({ ok: false, problems }) as const),
  z
    .object({
      tests: z.array(
        z.object({
          package: z.string(),
          name: z.string(),
          outcome: z.enum(['pass', 'fail', 'error', 'skip']),
          file: z.string(),
          row: z.number(),
          micros: z.number(),
          failed: PROBLEM.optional(),
          output: z.string().optional(),
          cases: z.array(z.string()).optional(),
        }),
      ),
      coverage: z
        .array(
          z.object({ file: z.string(), covered: z.number(), not_covered: z.number(), missing: z.array(z.number()) }),
        )
        .optional(),
    })
    .transform(({ tests, coverage }) => ({ ok: true, tests, coverage: coverage ?? [] }) as const),
]);

/** Every test's outcome and the lines covered per file that is no test, or why no test ran. */
export type Tested = z.infer<typeof TESTED>;

/** `opa test`. `run` is a regular expression (RE2) over the test's full name; `coverage` slows it. */
export function testOperation(
  files: OpaFiles,
  options: { readonly run?: string; readonly coverage?: boolean } = {},
): Operation<Tested> {
  return operation(request('test', files, options), TESTED);
}

const FORMATTED = z.object({
  files: z.array(z.object({ file: z.string(), text: z.string(), changed: z.boolean() })),
  problems: z.array(PROBLEM),
});

/** The Rego files as `opa fmt` writes them, and those that it cannot read. */
export type Formatted = z.infer<typeof FORMATTED>;

/** `opa fmt`. */
export function formatOperation(files: OpaFiles): Operation<Formatted> {
  return operation(request('format', files), FORMATTED);
}

const EVALUATED = z.union([
  FAILED.transform(({ problems }) => ({ ok: false, problems }) as const),
  z
    .object({
      evaluations: z.array(
        z.object({
          results: z.array(z.object({ values: z.array(z.json()), bindings: z.record(z.string(), z.json()) })),
          problems: z.array(PROBLEM).default([]),
        }),
      ),
    })
    .transform(({ evaluations }) => ({ ok: true, evaluations }) as const),
]);

/** Per case what the interpreter answered: no results where undefined, problems where it erred. Sets come as arrays. */
export type Evaluated = z.infer<typeof EVALUATED>;

/** One evaluation of a query: its input (none where absent) and its time. */
export type EvaluationCase = {
  readonly input?: Json;
  /** What `time.now_ns` answers. Default: the wall clock. */
  readonly timeNs?: bigint;
};

/** `opa eval` of one query over many inputs, by OPA's interpreter: the oracle that the compiled policy is compared with. */
export function evaluateOperation(
  files: OpaFiles,
  options: {
    readonly query: string;
    readonly cases: readonly EvaluationCase[];
    /** A builtin that errs ends the evaluation instead of being undefined. Default false, as OPA's. */
    readonly strictBuiltinErrors?: boolean;
  },
): Operation<Evaluated> {
  const cases = options.cases.map(({ input, timeNs }) =>
    Object.fromEntries<Json>([
      ...(input === undefined ? [] : [['input', input] as const]),
      // As a string: JSON's numbers lose nanoseconds on this side.
      ...(timeNs === undefined ? [] : [['time_ns', timeNs.toString()] as const]),
    ]),
  );
  const strict = options.strictBuiltinErrors ?? false;
  return operation(
    request('evaluate', files, { query: options.query, cases, strict_builtin_errors: strict }),
    EVALUATED,
  );
}

const ABOUT = z.object({
  opa: z.string(),
  capabilities: z.record(z.string(), z.json()),
  withheld: z.array(z.string()),
});

/** OPA's version, what it can, and the builtins that decisions may not call. */
export const aboutOperation: Operation<z.infer<typeof ABOUT>> = operation({ operation: 'about' }, ABOUT);
