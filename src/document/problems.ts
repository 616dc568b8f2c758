import { CodedError } from '../errors.ts';
import { printable } from '../model/printable.ts';

/** Something wrong in a document: where (RFC 6901 pointer into it) and what, with its remedy. */
export type Problem = { readonly place: string; readonly problem: string };

/** What a document is called in messages, and the area of its errors' codes. */
export type DocumentArea = 'catalogue' | 'plan';

/** How many problems a message spells out; the rest is counted. */
const SPELLED_OUT = 20;

/** A pointer one step further. Names come from whoever wrote the document: bounded, escaped, and stripped of what a terminal would act on. */
export function below(place: string, step: string | number): string {
  return `${place}/${printable(String(step).replaceAll('~', '~0').replaceAll('/', '~1'), 140)}`;
}

/** One error for all problems of a document: `catalogue.invalid` or `plan.invalid`. */
export function invalidDocument(area: DocumentArea, source: string, problems: readonly Problem[]): CodedError {
  const listed = problems
    .slice(0, SPELLED_OUT)
    .map(({ place, problem }) => `${place === '' ? 'the document' : place}: ${problem}`);
  const more = problems.length > SPELLED_OUT ? [`and ${problems.length - SPELLED_OUT} more`] : [];
  return new CodedError(
    `${area}.invalid`,
    `${printable(source, 4096)} is not a usable ${area}:\n  ${[...listed, ...more].join('\n  ')}`,
    {
      detail: { source, problems: problems.length, place: problems[0]?.place ?? '' },
    },
  );
}
