import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { compilationWork } from '../schema/compilation-work.ts';
import { refuseForm } from '../schema/form.ts';
import { type ArgumentsCheck, createSchemaCompiler } from '../schema/schema.ts';

/** UTF-16 code units of the RFC 8785 forms of all different schemas of one plan. */
const MAX_SCHEMAS_LENGTH = 32_768;
/** To compile all different schemas of one plan, in steps of some 10 ns, estimated from above: 0.3 s. */
const STEPS_OF_A_PLAN = 30_000_000;
/** A compiler takes some 50 ms to make, more than most plans, and keeps whatever it compiled: one serves so many schemas. */
const SCHEMAS_PER_COMPILER = 128;

/** The schema of a step, as it was written. The same one stands for all of the same text, in whatever plan, while any of them is there. */
export type StepSchema = { readonly schema: JsonObject; readonly form: string };

/** Reads the schema of a step, or says what is wrong with its form. */
export type ReadStepSchema = (schema: JsonObject) => StepSchema | { readonly problem: string };

/**
 * The reader of one plan's schemas. Nothing is compiled, as nobody has vouched for the plan yet: only length, dialect and forbidden keywords
 * are looked at. See `compileStepSchemas`.
 */
export function createStepSchemaReader(): ReadStepSchema {
  const forms = new Set<string>();
  let length = 0;
  return (schema) => {
    const form = canonicalize(schema);
    if (!forms.has(form)) length += form.length;
    forms.add(form);
    if (length > MAX_SCHEMAS_LENGTH) {
      return {
        problem: `makes the schemas of the plan longer than ${MAX_SCHEMAS_LENGTH} characters together; shorten them, or make two plans`,
      };
    }
    try {
      refuseForm(schema, form.length);
    } catch (error) {
      if (error instanceof CodedError) return { problem: error.message };
      throw error;
    }
    return sharedSchema(schema, form);
  };
}

/**
 * Compiles all schemas of one plan; with what is wrong with which. Where they take too much work together, nothing is compiled, and the
 * first that is too much has the problem. Keywords that mean nothing are refused: what a planner mistypes would let everything through.
 */
export function compileStepSchemas(
  schemas: readonly StepSchema[],
): readonly { readonly schema: StepSchema; readonly problem: string }[] {
  const different = new Set(schemas);
  const patterns = new Set<string>();
  let left = STEPS_OF_A_PLAN;
  for (const schema of different) {
    left -= compilationWork(schema.schema, patterns);
    if (left < 0) {
      return [
        {
          schema,
          problem:
            'makes the schemas of the plan take too much work to compile together; make them smaller, write Unicode classes and counted repetitions out of their patterns, or make two plans',
        },
      ];
    }
  }
  return [...different].flatMap((schema) => {
    const { problem } = compiledOf(schema);
    return problem === undefined ? [] : [{ schema, problem }];
  });
}

/** Whether arguments match the schema of a step. Nothing matches one that was not compiled, or that does not compile. */
export function matchesStepSchema(schema: StepSchema, args: Json): boolean {
  return compiled.get(schema)?.check?.matches(args) ?? false;
}

type Compiled = { readonly check?: ArgumentsCheck; readonly problem?: string };

const compiled = new WeakMap<StepSchema, Compiled>();
/** A plan may be read again, of which the shelf knows that it counts already: what was compiled for it then is used on. */
const shared = new Map<string, WeakRef<StepSchema>>();
const gone = new FinalizationRegistry((form: string) => {
  if (shared.get(form)?.deref() === undefined) shared.delete(form);
});
let compiler: ReturnType<typeof createSchemaCompiler> | undefined;
let byThisCompiler = 0;

function sharedSchema(schema: JsonObject, form: string): StepSchema {
  const known = shared.get(form)?.deref();
  if (known !== undefined) return known;
  const made: StepSchema = { schema, form };
  shared.set(form, new WeakRef(made));
  gone.register(made, form);
  return made;
}

function compiledOf(schema: StepSchema): Compiled {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = compile(schema.schema);
  compiled.set(schema, made);
  return made;
}

function compile(schema: JsonObject): Compiled {
  if (compiler === undefined || byThisCompiler >= SCHEMAS_PER_COMPILER) {
    compiler = createSchemaCompiler({ unknownKeywords: 'refused', mostWork: STEPS_OF_A_PLAN });
    byThisCompiler = 0;
  }
  byThisCompiler += 1;
  try {
    return { check: compiler(schema) };
  } catch (error) {
    if (error instanceof CodedError) return { problem: error.message };
    throw error;
  }
}
