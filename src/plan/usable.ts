import { invalidDocument, type Problem } from '../document/problems.ts';
import type { ParsedDocument } from '../document/shelved.ts';
import type { Plan } from './document.ts';
import { compileStepSchemas } from './step-schema.ts';

/**
 * Why a plan may not count although it could be read and is signed: for the shelf's `conflict`. Undefined where it may. Its schemas are compiled
 * here, once, for `stepMatches`: some 0.3 s at worst.
 */
export function planConflict(
  candidate: ParsedDocument<Plan> & { readonly source: string },
): { readonly code: 'document_invalid'; readonly message: string } | undefined {
  const problems = schemaProblems(candidate.content);
  if (problems.length === 0) return undefined;
  return { code: 'document_invalid', message: invalidDocument('plan', candidate.source, problems).message };
}

/** Compiles the schemas of a plan's steps; what is wrong with them has the place of the step that has it first. */
export function schemaProblems({ steps }: Pick<Plan, 'steps'>): readonly Problem[] {
  const allowed = steps.flatMap((step) => (step.arguments.kind === 'schema' ? step.arguments : []));
  const places = new Map(allowed.map(({ schema, place }) => [schema, place] as const).reverse());
  return compileStepSchemas(allowed.map(({ schema }) => schema)).map(({ schema, problem }) => ({
    place: places.get(schema) ?? '/steps',
    problem,
  }));
}
