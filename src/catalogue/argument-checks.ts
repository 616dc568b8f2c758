import { below, type Problem } from '../document/problems.ts';
import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import type { JsonObject } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { createFormCheck } from '../schema/form.ts';
import { type ArgumentsCheck, type CompileSchema, createSchemaCompiler } from '../schema/schema.ts';
import type { CatalogueContent, ListedTool } from './document.ts';

/** The checks of tools' arguments, compiled when they are needed. */
export type ArgumentChecks = {
  /** The check of a tool's arguments; compiles its schema where that is not kept. What does not compile matches nothing. Never throws. */
  readonly of: (tool: ListedTool) => ArgumentsCheck;
  /** What is wrong with the schemas of a document: each is compiled while there are few, and looked at as far as that is quick after. */
  readonly problems: (content: CatalogueContent) => readonly Problem[];
};

export type ArgumentChecksOptions = {
  /**
   * Different schemas that `problems` compiles, of all documents together. Default 1,000: a second or two. Of the rest the form is looked at
   * (see `createFormCheck`), and they are compiled at their first use.
   */
  readonly compiled?: number;
  /** Compiled schemas that are kept at least; up to twice as many are. Default 5,000. */
  readonly kept?: number;
};

type Generation = { readonly compile: CompileSchema; readonly checks: Map<JsonObject, ArgumentsCheck> };

/**
 * Keeps compiled schemas in two generations: when the younger is full it becomes the older, and what only the older had is compiled again
 * when it is needed. A compiler forgets nothing that it has compiled, so that it has to go as a whole.
 */
export function createArgumentChecks({ compiled = 1_000, kept = 5_000 }: ArgumentChecksOptions = {}): ArgumentChecks {
  const refuseForm = createFormCheck();
  let left = compiled;
  let young = createGeneration();
  let old: Generation | undefined;

  function keep(schema: JsonObject, compile: (generation: Generation) => ArgumentsCheck): ArgumentsCheck {
    if (young.checks.size >= kept) {
      old = young;
      young = createGeneration();
    }
    const check = compile(young);
    young.checks.set(schema, check);
    return check;
  }

  return {
    of: ({ inputSchema }) => {
      const known = young.checks.get(inputSchema) ?? old?.checks.get(inputSchema);
      if (known !== undefined) return known;
      return keep(inputSchema, ({ compile }) => {
        try {
          return compile(inputSchema);
        } catch {
          return UNUSABLE;
        }
      });
    },
    problems: (content) => {
      const problems: Problem[] = [];
      const forms = new Set<string>();
      for (const { id, inputSchema, place } of content.servers.flatMap(({ tools }) => tools)) {
        const form = canonicalize(inputSchema);
        if (forms.has(form)) continue;
        forms.add(form);
        try {
          if (left <= 0) {
            refuseForm(inputSchema);
          } else {
            left -= 1;
            keep(inputSchema, ({ compile }) => compile(inputSchema));
          }
        } catch (thrown) {
          if (!(thrown instanceof CodedError)) throw thrown;
          const schema = below(below(place, 'definition'), 'inputSchema');
          problems.push({ place: schema, problem: `${printable(id, 260)} ${thrown.message}` });
        }
      }
      return problems;
    },
  };
}

const UNUSABLE: ArgumentsCheck = { matches: () => false, explain: () => "the tool's schema cannot be used" };

function createGeneration(): Generation {
  return { compile: createSchemaCompiler(), checks: new Map() };
}
