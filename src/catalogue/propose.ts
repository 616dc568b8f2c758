import type { Effect } from '../model/facts.ts';
import { isJsonObject, type JsonObject, member } from '../model/json.ts';

/** An effect that nobody has confirmed, and in one line what it rests on. */
export type ProposedEffect = { readonly effect: Effect; readonly because: string };

const RANK: Readonly<Record<Effect, number>> = { read: 0, write: 1, destructive: 2 };

/** Words of names that take something away for good, or may. */
const DESTRUCTIVE = wordSet(
  'delete remove drop destroy kill terminate purge reset force erase wipe truncate uninstall revoke unlink rm rmdir',
  'shutdown prune discard overwrite flush evict expire nuke clean cleanup clear',
);
/** Words of names that change something. */
const WRITING = wordSet(
  'create update set write add insert put post patch push send edit modify move rename copy merge commit apply run exec',
  'execute call invoke install start stop restart enable disable upload import schedule publish deploy approve assign',
  'upsert replace save store submit trigger checkout grant register scale type click navigate fill eval evaluate toggle',
);
/** Those of them that name things as well: `list_merge_requests` merges nothing. */
const THINGS = wordSet(
  'merge push post patch call run commit schedule deploy type scale trigger store start stop import checkout move set',
);
/** Words of names that only look. Where they open or end a name, and nothing says otherwise, the tool reads. */
const READING = wordSet(
  'get list read search describe show find fetch view query lookup count diff log status inspect explain echo convert',
  'suggest check snapshot',
);
/** A sentence that opens so says that something is changed. Descriptions are in anybody's words, so this raises only what rests on a name. */
const OPENS_WRITING =
  /(?:^|[.;:!?\n]\s*)(?:creat|updat|writ|add|insert|modif|edit|send|post|push|mov|renam|execut|run|appl|replac|upload|publish|install|chang|set)(?:e?s|ies|y|ing|e)?\b/iu;
/** Something is taken away, said anywhere, unless it is said that it is not. */
const DESTROYS =
  /\b(?:delet(?:e[sd]?|ing)|destroy(?:s|ed|ing)?|eras(?:e[sd]?|ing)|wip(?:e[sd]?|ing)|purg(?:e[sd]?|ing)|truncat(?:e[sd]?|ing)|irreversibl[ey]|permanently|cannot be undone|terminates?)\b/giu;
const NOT = /\b(?:not|never|no|without|cannot|don't|doesn't|won't|nothing|un)\W+(?:\w+\W+){0,2}$/iu;
/** How much of a description is looked at: what it does stands at its beginning. */
const MOST_DESCRIPTION = 4096;

/**
 * Proposes an effect for a tool that nobody has reviewed. All that it can go by comes from the server: hints in the annotations
 * (MCP: untrusted), the words of the name, and, weakest and only upward, the words of the description. Where they contradict one another
 * the highest counts; where nothing says anything, it is `write`. A proposal is no effect: a reviewer has to put one in its place.
 */
export function proposeEffect(definition: JsonObject): ProposedEffect {
  const grounds = [byAnnotations(definition), byName(definition)].filter((one) => one !== undefined);
  const firm = grounds.filter(({ unlessAnnotated }) => unlessAnnotated !== true || !isAnnotated(grounds));
  const before = highest(firm);
  const raised = byDescription(definition, before?.effect ?? 'write', isAnnotated(firm));
  const chosen = highest([...firm, ...(raised === undefined ? [] : [raised])]);
  if (chosen === undefined) {
    return {
      effect: 'write',
      because: 'nothing says what it does: neither annotations, nor its name, nor its description',
    };
  }
  const lower = firm.filter(({ effect }) => RANK[effect] < RANK[chosen.effect]).map(({ because }) => because);
  return { effect: chosen.effect, because: [chosen.because, ...lower.map((one) => `against ${one}`)].join('; ') };
}

type Ground = ProposedEffect & {
  readonly annotated?: true;
  /** Says nothing where annotations do. */
  readonly unlessAnnotated?: true;
};

function isAnnotated(grounds: readonly Ground[]): boolean {
  return grounds.some(({ annotated }) => annotated === true);
}

function highest(grounds: readonly Ground[]): Ground | undefined {
  return grounds.reduce<Ground | undefined>(
    (best, one) => (best === undefined || RANK[one.effect] > RANK[best.effect] ? one : best),
    undefined,
  );
}

function byAnnotations(definition: JsonObject): Ground | undefined {
  const annotations = member(definition, 'annotations');
  if (!isJsonObject(annotations)) return undefined;
  const [reads, destroys] = [member(annotations, 'readOnlyHint'), member(annotations, 'destructiveHint')];
  const said = (effect: Effect, because: string): Ground => ({ effect, because, annotated: true });
  if (destroys === true) {
    return said('destructive', `the annotation destructiveHint${reads === true ? ', though readOnlyHint too' : ''}`);
  }
  if (reads === true) return said('read', 'the annotation readOnlyHint');
  if (reads === false) return said('write', 'the annotation readOnlyHint: false');
  return destroys === false ? said('write', 'the annotation destructiveHint: false') : undefined;
}

function byName(definition: JsonObject): Ground | undefined {
  const name = member(definition, 'name');
  if (typeof name !== 'string') return undefined;
  const words = wordsOf(name);
  const destructive = words.find((word) => DESTRUCTIVE.has(word));
  if (destructive !== undefined) return { effect: 'destructive', because: `"${destructive}" in its name` };
  const opens = READING.has(words[0] ?? '') || (READING.has(words[1] ?? '') && !WRITING.has(words[0] ?? ''));
  const writing = words.find((word) => WRITING.has(word) && !(opens && THINGS.has(word)));
  if (writing !== undefined) return { effect: 'write', because: `"${writing}" in its name` };
  // `get_pod` and `pods_get`, also where the first word is the server's own, as in `slack_list_channels`.
  const reading = [words[0], words.at(-1), words[1]].find((word) => word !== undefined && READING.has(word));
  if (reading === undefined) return undefined;
  return { effect: 'read', because: `"${reading}" in its name`, unlessAnnotated: true };
}

function byDescription(definition: JsonObject, before: Effect, annotated: boolean): Ground | undefined {
  const description = member(definition, 'description');
  if (typeof description !== 'string' || before === 'destructive') return undefined;
  const text = description.slice(0, MOST_DESCRIPTION);
  for (const found of text.matchAll(DESTROYS)) {
    if (NOT.test(text.slice(Math.max(0, found.index - 60), found.index))) continue;
    return { effect: 'destructive', because: `"${found[0].toLowerCase()}" in its description` };
  }
  if (before === 'read' && !annotated && OPENS_WRITING.test(text)) {
    return { effect: 'write', because: 'its description, which speaks of changing something' };
  }
  return undefined;
}

/** `deleteAll`, `delete-all`, `delete_all` and `DELETE.all` are the same two words. At most the first 32 count. */
function wordsOf(name: string): readonly string[] {
  return name
    .slice(0, 256)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .slice(0, 32);
}

function wordSet(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')));
}
