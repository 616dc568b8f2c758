import { resolve } from 'node:path';
import { MAX_DOCUMENT_BYTES, parseCatalogue } from '../catalogue/document.ts';
import type { Problem } from '../document/problems.ts';
import { CodedError } from '../errors.ts';
import type { Effect } from '../model/facts.ts';
import type { JsonObject } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { parseStrictJsonText } from '../model/strict-json.ts';
import { PLAN_LIMITS, type Plan } from '../plan/document.ts';
import type { PlanStep } from '../plan/step.ts';
import { createSchemaCompiler } from '../schema/schema.ts';
import { readBoundedFile } from './bounded-file.ts';
import type { Findings } from './document-findings.ts';

/** A tool as far as a plan is compared with it. */
type PlannedTool = { readonly effect: Effect; readonly inputSchema: JsonObject };

/** Tools of catalogues, by `SERVER/TOOL`. */
export type PlannedTools = ReadonlyMap<string, PlannedTool>;

/**
 * The tools that catalogues list.
 *
 * @throws CodedError `file.*`, `catalogue.*`
 */
export function toolsOf(files: readonly string[], cwd: string): PlannedTools {
  const tools = new Map<string, PlannedTool>();
  for (const file of files) {
    const bytes = readBoundedFile(resolve(cwd, file), MAX_DOCUMENT_BYTES, 'the catalogue');
    for (const server of parseCatalogue(bytes, file).content.servers) {
      for (const tool of server.tools) tools.set(tool.id, tool);
    }
  }
  return tools;
}

/** Compares each step with the tool that it means: whether there is one, its effect and, where the arguments are exact, its schema. */
export function compareWithTools({ steps }: Plan, tools: PlannedTools): Findings {
  const compile = createSchemaCompiler();
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const [index, step] of steps.entries()) {
    const place = `/steps/${index}`;
    const id = printable(step.toolId, 260);
    const tool = tools.get(step.toolId);
    if (tool === undefined) {
      problems.push({
        place: `${place}/tool`,
        problem: `no catalogue that was given lists ${id}; a call of it is denied`,
      });
      continue;
    }
    const found = compareEffects(step.effect, tool.effect);
    if (found === 'lower') {
      problems.push({
        place: `${place}/effect`,
        problem: `is ${step.effect}, and ${id} is ${tool.effect}: no call of it is of this step; raise it, if that is meant`,
      });
    }
    if (found === 'higher') {
      warnings.push({ place: `${place}/effect`, problem: `is ${step.effect}, and ${id} is only ${tool.effect}` });
    }
    const unfit = unfitArguments(step, tool, compile);
    if (unfit !== undefined) problems.push({ place: `${place}/arguments/exact`, problem: unfit });
  }
  return { problems, warnings };
}

const RANK: Readonly<Record<Effect, number>> = { read: 0, write: 1, destructive: 2 };

function compareEffects(planned: Effect, listed: Effect): 'lower' | 'equal' | 'higher' {
  if (RANK[planned] === RANK[listed]) return 'equal';
  return RANK[planned] < RANK[listed] ? 'lower' : 'higher';
}

/** Why exact arguments cannot be those of a valid call; undefined where they can, or are not exact. */
function unfitArguments(
  { arguments: allowed, toolId }: PlanStep,
  { inputSchema }: PlannedTool,
  compile: ReturnType<typeof createSchemaCompiler>,
): string | undefined {
  if (allowed.kind !== 'exact') return undefined;
  try {
    const why = compile(inputSchema).explain(parseStrictJsonText(allowed.canonical, PLAN_LIMITS));
    return why === undefined ? undefined : `does not suit the schema of ${printable(toolId, 260)}: ${why}`;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return `cannot be compared with the schema of ${printable(toolId, 260)}: ${error.message}`;
  }
}
