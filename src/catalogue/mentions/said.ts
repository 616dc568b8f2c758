import type { JsonObject } from '../../model/json.ts';
import { visitTexts } from '../texts.ts';
import { type Say, sayText } from './keys.ts';

/** A definition says so many different words at most; published servers' longest say some 700. */
export const MOST_WORDS = 20_000;

/** Members that MCP and JSON Schema give their names to, and the values that they have by themselves: they mention nothing. */
const KEYWORDS = new Set(
  (
    'name title description inputSchema outputSchema annotations readOnlyHint destructiveHint idempotentHint openWorldHint execution ' +
    'taskSupport icons _meta $schema $id $ref $defs $comment $anchor definitions properties patternProperties additionalProperties ' +
    'propertyNames minProperties maxProperties required dependentRequired dependentSchemas dependencies items prefixItems additionalItems ' +
    'contains minContains maxContains uniqueItems minItems maxItems unevaluatedItems unevaluatedProperties type enum const default examples ' +
    'format pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf allOf anyOf oneOf not if then else ' +
    'deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema'
  ).split(' '),
);
const VALUES = new Set([
  ...'string number integer boolean object array null'.split(' '),
  'http://json-schema.org/draft-07/schema#',
  'https://json-schema.org/draft/2020-12/schema',
]);

/**
 * All that the texts of a definition could mention tools by, each with whether it is strong; undefined where that is more than
 * `MOST_WORDS`. The names of members are texts as well. `own`: the keys of the server's own tools, which it may speak of.
 */
export function saidIn(definition: JsonObject, own: ReadonlySet<string>): Map<string, boolean> | undefined {
  const said = new Map<string, boolean>();
  const seen = new Set<string>();
  const say: Say = (key, strong) => {
    if (said.size > MOST_WORDS || own.has(key)) return;
    if (strong || !said.has(key)) said.set(key, strong);
  };
  visitTexts(definition, (text, what) => {
    if (seen.has(text) || isKeyword(text, what)) return;
    seen.add(text);
    sayText(text, say);
  });
  return said.size > MOST_WORDS ? undefined : said;
}

/** A member's name, or a value, that the protocol gives, so that it says nothing of its own. */
export function isKeyword(text: string, what: 'value' | 'name'): boolean {
  return what === 'name' ? KEYWORDS.has(text) : VALUES.has(text);
}
