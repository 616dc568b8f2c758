import { readFileSync } from 'node:fs';

/**
 * The skeleton of UTS #39 (section 4, revision of Unicode 18): two texts that people cannot tell apart have the same one. What is not seen
 * falls away, and whatever looks like something else becomes that. `0` and `O`, `1`, `I` and `l`, `m` and `rn` are among it.
 */
export function skeleton(text: string): string {
  const { prototypes, plain, ascii } = table();
  if (plain.test(text)) return text;
  let mapped = '';
  if (ASCII.test(text)) {
    for (let place = 0; place < text.length; place += 1) mapped += ascii[text.charCodeAt(place)];
    return mapped;
  }
  for (const character of text.normalize('NFD').replace(UNSEEN, '')) mapped += prototypes.get(character) ?? character;
  return mapped.normalize('NFD');
}

/**
 * What a name is compared by: names with one of these in common look alike. Once as it is written, and once in lower case, as `I` looks
 * like `l` and means `i`. Compatibility forms count as what they stand for (NFKC).
 */
export function looksOf(name: string): Looks {
  const normal = ASCII.test(name) ? name : name.normalize('NFKC');
  const written = skeleton(normal).toLowerCase();
  const lower = skeleton(normal.toLowerCase()).toLowerCase();
  return [lower, written];
}

/** In lower case, and as written; often the same. */
export type Looks = readonly [string, string];

const ASCII = /^\p{ASCII}*$/u;
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;

type Table = {
  readonly prototypes: ReadonlyMap<string, string>;
  /** The same of ASCII alone, by code. */
  readonly ascii: readonly string[];
  /** Texts that are their own skeletons: ASCII that looks like nothing else. */
  readonly plain: RegExp;
};
let read: Table | undefined;

/** Made by `scripts/confusables.ts`. Read when it is needed first: most commands compare no names. */
function table(): Table {
  if (read !== undefined) return read;
  const prototypes = new Map<string, string>();
  for (const line of readFileSync(new URL('confusables.txt', import.meta.url), 'utf8').split('\n')) {
    const [prototype, sources] = line.split(';');
    if (line.startsWith('#') || prototype === undefined || sources === undefined) continue;
    for (const source of sources.split(' ')) prototypes.set(characters(source), characters(prototype));
  }
  const codes = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code));
  const same = codes.filter((character) => !prototypes.has(character)).map((character) => `\\x${hex(character)}`);
  const ascii = codes.map((character) => prototypes.get(character) ?? character);
  read = { prototypes, ascii, plain: new RegExp(`^[${same.join('')}]*$`) };
  return read;
}

function characters(points: string): string {
  return String.fromCodePoint(...points.split(' ').map((point) => Number.parseInt(point, 16)));
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}
