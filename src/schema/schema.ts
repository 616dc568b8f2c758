import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { canonicalize } from '../model/canonical.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { type Budget, createBudget, WorkTooLarge } from './budget.ts';
import { refuseWork } from './compilation-work.ts';
import { refuseForm, unusable } from './form.ts';
import { meter } from './metering.ts';
import { createPatternCompiler } from './pattern.ts';

/** Checks a value, such as a tool's arguments, against a JSON Schema. */
export type ArgumentsCheck = {
  /** True only for arguments that match. Whatever breaks (recursion without end, too much work) is no match. */
  readonly matches: (args: Json) => boolean;
  /** What is wrong, in one line that names the argument; undefined when nothing is. For people, never for decisions. */
  readonly explain: (args: Json) => string | undefined;
};

/**
 * Compiles schemas, and keeps what it compiled.
 *
 * @throws CodedError `schema.unusable`
 */
export type CompileSchema = (schema: JsonObject) => ArgumentsCheck;

type SchemaOptions = {
  /**
   * What becomes of a schema with keywords that its dialect does not have, or that have no effect where they stand. `refused` is for
   * schemas of whoever configures the service: what he mistypes would otherwise let everything through. Default `passed_over`, as
   * 2020-12 section 4.3.1 has it.
   */
  readonly unknownKeywords?: 'passed_over' | 'refused';
  /** What the compilation of one schema may take, in steps of some 10 ns, as `compilationWork` estimates it. Default 200,000,000: 2 s. */
  readonly mostWork?: number;
};

const MOST_WORK = 200_000_000;
/** To check a schema against its dialect's own. */
const STEPS_OF_FORM = 80_000_000;
const COST_OF_A_COMPARISON = 2;
const COST_OF_A_FORM = 10;
/** Strings are hashed once and compared by the word. */
const CHARACTERS_PER_STEP = 32;

/**
 * A compiler of JSON Schemas: draft 2020-12, which MCP takes for granted, and draft-07 where `$schema` names it, as the official
 * SDK's servers do. Formats are not asserted (2020-12 section 7.2.1), unknown keywords mean nothing unless they are to be refused,
 * defaults are not filled in.
 *
 * The schemas are somebody else's and so are the arguments, hence: no reference leaves the schema; patterns run in RE2, which never
 * backtracks; `uniqueItems` and `enum` do not compare each with each; loops, references, comparisons and patterns draw on a budget
 * per check, some 20 ms of work, so that no schema makes a check take long: what costs more is no match; what would take long to compile
 * is refused before it is begun; only own members count.
 */
export function createSchemaCompiler({
  unknownKeywords = 'passed_over',
  mostWork = MOST_WORK,
}: SchemaOptions = {}): CompileSchema {
  const budget = createBudget();
  const strictSchema = unknownKeywords === 'refused';
  const draft2020 = new Ajv2020(options(budget, strictSchema));
  const draft07 = new Ajv(options(budget, strictSchema));
  for (const ajv of [draft2020, draft07]) prepare(ajv, budget);
  // Servers repeat themselves: tools without arguments alone are a tenth of all.
  const compiled = new Map<string, ArgumentsCheck>();
  return (schema) => {
    const form = canonicalize(schema);
    const known = compiled.get(form);
    if (known !== undefined) return known;
    const dialect = refuseForm(schema, form.length);
    refuseWork(schema, mostWork);
    const check = compile(dialect === '2020-12' ? draft2020 : draft07, schema, budget);
    compiled.set(form, check);
    return check;
  };
}

function options(budget: Budget, strictSchema: boolean): ConstructorParameters<typeof Ajv>[0] {
  return {
    strict: false,
    strictSchema,
    allowMatchingProperties: true,
    allErrors: false,
    validateFormats: false,
    // Members inherited from Object.prototype, such as `constructor`, satisfy no `required`.
    ownProperties: true,
    // Inlining would multiply the code of a subschema by the references to it.
    inlineRefs: false,
    logger: false,
    code: { regExp: createPatternCompiler(budget) },
  };
}

function prepare(ajv: Ajv | Ajv2020, budget: Budget): void {
  for (const keyword of ['uniqueItems', 'enum', 'const']) ajv.removeKeyword(keyword);
  // Equal values have equal RFC 8785 forms (2020-12 section 4.2.2); comparing each with each would be quadratic.
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (unique: boolean, items: readonly Json[]) =>
      !unique || new Set(items.map((item) => formOf(item, budget))).size === items.length,
    error: { message: 'must NOT have duplicate items' },
  });
  ajv.addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    compile: (values: readonly Json[]) => oneOfThese(values, budget),
    error: { message: 'must be equal to one of the allowed values' },
  });
  ajv.addKeyword({
    keyword: 'const',
    compile: (value: Json) => oneOfThese([value], budget),
    error: { message: 'must be equal to constant' },
  });
  meter(ajv, budget);
}

/** Scalars are equal as they are; only where an array or object could be meant is the value brought into its canonical form. */
function oneOfThese(values: readonly Json[], budget: Budget): (value: Json) => boolean {
  const scalars = new Set(values.filter(isScalar));
  const forms = new Set(values.filter((value) => !isScalar(value)).map((value) => canonicalize(value)));
  return (value) => {
    budget.spend(COST_OF_A_COMPARISON + (typeof value === 'string' ? value.length / CHARACTERS_PER_STEP : 0));
    if (isScalar(value)) return scalars.has(value);
    return forms.size > 0 && forms.has(formOf(value, budget));
  };
}

/** Pays after the work: once is bounded by the arguments' size, over and over is not. */
function formOf(value: Json, budget: Budget): string {
  const form = canonicalize(value);
  budget.spend(COST_OF_A_FORM + form.length);
  return form;
}

function isScalar(value: Json): boolean {
  return typeof value !== 'object' || value === null;
}

function compile(ajv: Ajv | Ajv2020, schema: JsonObject, budget: Budget): ArgumentsCheck {
  // Two schemas may have the same $id, and neither may be the target of the other's references; nothing in it refers to it.
  const { $id: _id, $schema: _schema, ...rest } = schema;
  const target: JsonObject = rest;
  let validate: ReturnType<typeof ajv.compile>;
  // Compiling checks the schema against its dialect's own, references, patterns and all.
  budget.renew(STEPS_OF_FORM);
  try {
    validate = ajv.compile(target);
  } catch (cause) {
    throw unusable(
      `does not compile: ${cause instanceof Error ? printable(cause.message, 300) : 'unknown cause'}`,
      cause,
    );
  } finally {
    ajv.removeSchema(target);
  }
  const matches = (args: Json): boolean => {
    budget.renew();
    try {
      return validate(args) === true;
    } catch {
      // A RangeError for a recursion too deep, or the budget is spent.
      return false;
    }
  };
  const explain = (args: Json): string | undefined => {
    budget.renew();
    try {
      if (validate(args) === true) return undefined;
    } catch (cause) {
      return cause instanceof WorkTooLarge
        ? 'the arguments are too large to be checked against this schema: the check takes too much work'
        : 'the check did not come to an end: the schema, or the arguments, nest too deep';
    }
    const error = validate.errors?.[0];
    if (error === undefined) return 'the arguments do not match';
    const extra = 'additionalProperty' in error.params ? ` (${String(error.params.additionalProperty)})` : '';
    const place = error.instancePath === '' ? 'the arguments' : error.instancePath;
    return printable(`${place}: ${error.message ?? 'does not match'}${extra}`, 300);
  };
  return { matches, explain };
}
