import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import type { JsonObject } from '../model/json.ts';
import { type ArgumentsCheck, createSchemaCompiler } from '../schema/schema.ts';

/** UTF-16 code units of the RFC 8785 forms of all different schemas of one plan: reading it takes some 2 s at worst, full of bounded repetitions. */
const MAX_SCHEMAS_LENGTH = 32_768;

/** Compiles the schema of a step, or says what is wrong with it. */
export type CompileStepSchema = (
  schema: JsonObject,
) => { readonly check: ArgumentsCheck } | { readonly problem: string };

/** The compiler of one plan's schemas. Keywords that mean nothing are refused: what a planner mistypes would let everything through. */
export function createStepSchemas(): CompileStepSchema {
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
      return { check: compile(schema) };
    } catch (error) {
      if (error instanceof CodedError) return { problem: error.message };
      throw error;
    }
  };
}

/** A compiler takes some 50 ms to make, more than most plans, and keeps whatever it compiled: one serves so many schemas. */
const SCHEMAS_PER_COMPILER = 128;
let compiler: ReturnType<typeof createSchemaCompiler> | undefined;
let compiled = 0;

function compile(schema: JsonObject): ArgumentsCheck {
  if (compiler === undefined || compiled >= SCHEMAS_PER_COMPILER) {
    compiler = createSchemaCompiler({ unknownKeywords: 'refused' });
    compiled = 0;
  }
  compiled += 1;
  return compiler(schema);
}
