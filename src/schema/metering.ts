import { _, type Ajv, type Code, type KeywordCxt } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import { isJsonObject, type Json, member } from '../model/json.ts';
import type { Budget } from './budget.ts';

/** The call itself; what it runs is weighed. */
const COST_OF_A_REFERENCE = 20;
/** To list the members of a large object takes some 100 ns for each, once to count them and once to go through them. */
const COST_OF_A_MEMBER = 20;
/** A code unit of a length in code points takes about a nanosecond. */
const CODE_UNITS_PER_STEP = 8;
/** Keywords that run once for each item, or each member, of the value at hand; and what is never run where it stands. */
const ITEM_LOOPS = ['items', 'additionalItems', 'contains', 'unevaluatedItems'];
const MEMBER_LOOPS = ['additionalProperties', 'patternProperties', 'propertyNames', 'unevaluatedProperties'];
const MEMBER_COUNTS = ['minProperties', 'maxProperties'];
const APART = new Set([...ITEM_LOOPS, ...MEMBER_LOOPS, '$defs', 'definitions', 'enum', 'const', 'default', 'examples']);
/** Their members' names are arguments' names, not keywords. */
const BY_NAME = new Set(['properties', 'dependentSchemas', 'dependentRequired', 'dependencies']);

/**
 * Makes the keywords of a validator pay for what they are about to do. Without references and loops a subschema runs at most once
 * where it stands, and schemas are bounded: it is enough that each loop pays, before it starts, for its rounds times the weight of
 * what it runs, and each reference for the weight of its target. Whatever else reads a value of any size pays for that size.
 */
export function meter(ajv: Ajv | Ajv2020, budget: Budget): void {
  const items = (value: Json, weight: number) => budget.spend(isArray(value) ? value.length * weight : 0);
  const members = (value: Json, weight: number) =>
    budget.spend(isJsonObject(value) ? Object.keys(value).length * (COST_OF_A_MEMBER + weight) : 0);
  const length = (value: Json) => budget.spend(typeof value === 'string' ? 1 + value.length / CODE_UNITS_PER_STEP : 0);
  const once = (_value: Json, weight: number) => budget.spend(weight);

  for (const keyword of ITEM_LOOPS) {
    // A tuple of draft-07 is no loop; it pays here all the same, as it is weighed nowhere else.
    payBefore(ajv, keyword, items, ({ schema }) => 1 + weigh(schema));
  }
  for (const keyword of MEMBER_LOOPS) payBefore(ajv, keyword, members, weighMemberLoop);
  for (const keyword of MEMBER_COUNTS) payBefore(ajv, keyword, members, () => 0);
  for (const keyword of ['minLength', 'maxLength']) payBefore(ajv, keyword, length, () => 0);
  payBefore(ajv, '$ref', once, (context) => COST_OF_A_REFERENCE + weighTarget(context));
}

type Pay = (value: Json, weight: number) => void;

/** In place, as the order of the keywords matters to Ajv: what is unevaluated shows last. */
function payBefore(ajv: Ajv | Ajv2020, keyword: string, pay: Pay, weight: (context: KeywordCxt) => number): void {
  const rule = ajv.RULES.all[keyword];
  // Not every dialect has every keyword.
  if (typeof rule !== 'object' || !('code' in rule.definition)) return;
  const { definition } = rule;
  const original = definition.code;
  if (original === undefined) return;
  definition.code = (context, ruleType) => {
    const paid: Code = context.gen.scopeValue('func', { ref: pay });
    const steps = Math.ceil(weight(context) * slowness(context.it.schemaEnv.root.schema));
    context.gen.code(_`${paid}(${context.data}, ${steps})`);
    original(context, ruleType);
  };
}

/** Large schemas become large functions, which the engine interprets but does not optimise. */
function slowness(root: Json): number {
  return 1 + Math.min(8, weighWhole(root) / 250);
}

/** The values in a schema that one application of it can come by: keywords, names and subschemas, those of loops and targets aside. */
export function weigh(schema: Json): number {
  if (isArray(schema)) return schema.reduce<number>((sum, inner) => sum + weigh(inner), 1);
  // What `false` refuses makes an error like anything else.
  if (!isJsonObject(schema)) return schema === false ? 2 : 1;
  let weight = 1;
  for (const [name, inner] of Object.entries(schema)) {
    if (APART.has(name)) weight += 1;
    else if (BY_NAME.has(name) && isJsonObject(inner)) weight += weighAll(inner);
    else weight += weigh(inner);
  }
  return weight;
}

function weighAll(named: { readonly [name: string]: Json }): number {
  return Object.values(named).reduce<number>((sum, inner) => sum + 1 + weigh(inner), 1);
}

function weighMemberLoop(context: KeywordCxt): number {
  const schema: Json = context.schema;
  switch (context.keyword) {
    case 'patternProperties':
      return isJsonObject(schema) ? weighAll(schema) : 1;
    case 'unevaluatedProperties':
      // Each member is compared with all that were evaluated, in targets of references too.
      return weighWhole(context.it.schemaEnv.root.schema);
    default:
      return 2 + weigh(schema);
  }
}

/** What a reference runs: the subschema that a plain pointer names, and anything at all where it is no plain pointer. */
function weighTarget(context: KeywordCxt): number {
  const root: Json = context.it.schemaEnv.root.schema;
  const pointer: unknown = context.schema;
  if (pointer === '#') return weigh(root);
  if (typeof pointer !== 'string' || !pointer.startsWith('#/') || pointer.includes('%')) return weighWhole(root);
  let target: Json | undefined = root;
  for (const step of pointer.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isArray(target)) target = target[Number(name)];
    else target = isJsonObject(target) ? member(target, name) : undefined;
    if (target === undefined) return weighWhole(root);
  }
  return weigh(target);
}

function weighWhole(value: Json): number {
  if (isArray(value)) return value.reduce<number>((sum, inner) => sum + weighWhole(inner), 1);
  if (!isJsonObject(value)) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + weighWhole(inner), 1);
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
