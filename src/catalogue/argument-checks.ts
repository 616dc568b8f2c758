import { below, type Problem } from '../document/problems.ts';
import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { JsonObject } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { createBudget } from '../schema/budget.ts';
import { compilationWork, refuseWork } from '../schema/compilation-work.ts';
import { createFormCheck } from '../schema/form.ts';
import { type ArgumentsCheck, type CompileSchema, createSchemaCompiler } from '../schema/schema.ts';
import type { CatalogueContent, ListedTool } from './document.ts';

/** The checks of tools' arguments, compiled when they are needed. */
export type ArgumentChecks = {
  /** The check of a tool's arguments; compiles its schema where that is not kept. What does not compile matches nothing. Never throws. */
  readonly of: (tool: ListedTool) => ArgumentsCheck;
  /**
   * What is wrong with the schemas of a document: each is compiled as long as that is quick, and its form is looked at after. It depends on
   * the document alone, not on what was looked at before.
   */
  readonly problems: (content: CatalogueContent) => readonly Problem[];
};

export type ArgumentChecksOptions = {
  /**
   * What `problems` compiles of one document, in steps of some 10 ns, as `compilationWork` estimates them from above. Default 100,000,000:
   * a second. Of the rest the form is looked at (see `createFormCheck`), and they are compiled at their first use.
   */
  readonly compiled?: number;
  /** Compiled schemas that are kept at least; up to twice as many are. Default 5,000. */
  readonly kept?: number;
};

/** In one schema: it may be compiled while a decision waits. Some 100 ms at worst, half of that as a rule. */
const STEPS_OF_ONE = 10_000_000;
/** To compile the patterns of those whose form is looked at, of one document. */
const STEPS_OF_PATTERNS = 20_000_000;

type Kept = { readonly check: ArgumentsCheck; readonly problem?: CodedError };
type Generation = { readonly compile: CompileSchema; readonly kept: Map<Sha256Digest, Kept> };

/**
 * Keeps compiled schemas in two generations: when the younger is full it becomes the older, and what only the older had is compiled again
 * when it is needed. A compiler forgets nothing that it has compiled, so that it has to go as a whole.
 */
export function createArgumentChecks({
  compiled = 100_000_000,
  kept = 5_000,
}: ArgumentChecksOptions = {}): ArgumentChecks {
  const refuseForm = createFormCheck();
  /** Digests of canonical forms: the same schema of another document, or of the same one read again, is the same. */
  const keys = new WeakMap<JsonObject, Sha256Digest>();
  let young = createGeneration();
  let old: Generation | undefined;

  function keyOf(schema: JsonObject): Sha256Digest {
    const known = keys.get(schema);
    if (known !== undefined) return known;
    const key = sha256(canonicalize(schema));
    keys.set(schema, key);
    return key;
  }

  function keptOf(schema: JsonObject): Kept {
    const key = keyOf(schema);
    const known = young.kept.get(key) ?? old?.kept.get(key);
    if (known !== undefined) return known;
    if (young.kept.size >= kept) {
      old = young;
      young = createGeneration();
    }
    const made = make(young.compile, schema);
    young.kept.set(key, made);
    return made;
  }

  return {
    of: ({ inputSchema }) => keptOf(inputSchema).check,
    problems: (content) => {
      const problems: Problem[] = [];
      const looked = new Set<Sha256Digest>();
      const patterns = new Set<string>();
      const forPatterns = createBudget(STEPS_OF_PATTERNS);
      let left = compiled;
      for (const { id, inputSchema, place } of content.servers.flatMap(({ tools }) => tools)) {
        const key = keyOf(inputSchema);
        if (looked.has(key)) continue;
        looked.add(key);
        // Also of what is kept: which of them are compiled must not depend on what came before.
        left -= compilationWork(inputSchema, patterns);
        const problem =
          left >= 0
            ? keptOf(inputSchema).problem
            : codedErrorOf(() => {
                refuseForm(inputSchema, forPatterns);
                refuseWork(inputSchema, STEPS_OF_ONE);
              });
        if (problem === undefined) continue;
        const schema = below(below(place, 'definition'), 'inputSchema');
        problems.push({ place: schema, problem: `${printable(id, 260)} ${problem.message}` });
      }
      return problems;
    },
  };
}

const UNUSABLE: ArgumentsCheck = { matches: () => false, explain: () => "the tool's schema cannot be used" };

function make(compile: CompileSchema, schema: JsonObject): Kept {
  let check = UNUSABLE;
  const problem = codedErrorOf(() => {
    check = compile(schema);
  });
  return { check, ...(problem !== undefined && { problem }) };
}

/** @throws whatever is no CodedError */
function codedErrorOf(run: () => void): CodedError | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown;
    throw thrown;
  }
}

function createGeneration(): Generation {
  return { compile: createSchemaCompiler({ mostWork: STEPS_OF_ONE }), kept: new Map() };
}
