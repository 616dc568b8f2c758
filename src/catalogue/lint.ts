import type { Problem } from '../document/problems.ts';
import { CodedError } from '../errors.ts';
import type { Milliseconds } from '../model/clock.ts';
import { isJsonObject, member } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { createArgumentChecks } from './argument-checks.ts';
import { type ListedTool, readCatalogue } from './document.ts';
import { createFindings } from './findings.ts';
import { listedIn } from './listed.ts';
import type { AllowedMentions } from './mentions/mention-index.ts';

/** What is wrong with a document: with problems it is not to be signed, and would not be loaded. */
export type CatalogueLint = { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

export type LintOptions = {
  readonly now: Milliseconds;
  /** Default: none. */
  readonly allowedMentions?: AllowedMentions;
};

/** A document that expires within 30 days is to be renewed. */
const SOON_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * All that is wrong with a catalogue document by itself, with place and remedy: its form, effects that nobody reviewed, names, texts,
 * schemas (all of them are compiled), and its time. Never throws for what the document holds.
 */
export function lintCatalogue(
  bytes: Uint8Array,
  source: string,
  { now, allowedMentions = new Map() }: LintOptions,
): CatalogueLint {
  let reading: ReturnType<typeof readCatalogue>;
  try {
    reading = readCatalogue(bytes, source);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    return { problems: [{ place: '', problem: thrown.message }], warnings: [] };
  }
  const { header, content } = reading.document;
  const checks = createArgumentChecks({ compiled: Number.POSITIVE_INFINITY });
  const listed = listedIn(content, source);
  const findings = createFindings(allowedMentions, { problems: () => [] })(content, listed);
  const problems = [...reading.problems, ...findings, ...checks.problems(content)].map(withoutCode);
  const warnings = content.servers.flatMap(({ tools }) => tools).flatMap(annotationWarnings);
  if (header.expires !== 0 && header.expires <= now) {
    problems.push({ place: '/expires', problem: 'has passed; set a later time, and a higher version' });
  } else if (header.expires !== 0 && header.expires - now <= SOON_MS) {
    const days = Math.ceil((header.expires - now) / (24 * 60 * 60 * 1000));
    warnings.push({
      place: '/expires',
      problem: `is ${days === 1 ? 'a day' : `${days} days`} ahead; have a new version signed in time`,
    });
  }
  if (header.issued > now) {
    warnings.push({ place: '/issued', problem: 'lies ahead: the document does not count before' });
  }
  return { problems, warnings };
}

function withoutCode({ place, problem }: Problem): Problem {
  return { place, problem };
}

/** Hints are the server's own word (MCP), but where they say that a tool does more than read, one of the two is wrong. */
function annotationWarnings({ id, effect, definition, place }: ListedTool): Problem[] {
  const annotations = member(definition, 'annotations');
  if (effect !== 'read' || !isJsonObject(annotations)) return [];
  const hint =
    member(annotations, 'destructiveHint') === true
      ? 'destructiveHint'
      : member(annotations, 'readOnlyHint') === false
        ? 'readOnlyHint: false'
        : undefined;
  if (hint === undefined) return [];
  const problem = `is "read", but the server's own annotation ${hint} says that ${printable(id, 260)} does more; look at the tool again`;
  return [{ place: `${place}/effect`, problem }];
}
