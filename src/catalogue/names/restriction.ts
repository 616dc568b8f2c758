/**
 * Why a name may not be given to a server or tool, whatever other names there are; undefined where it may. Names are in the normal form
 * NFKC, hold nothing that is not seen, and are highly restrictive as UTS #39 section 5.2 has it: of one script in everyday use (UAX #31,
 * table 5), or Latin with what is written beside it in Japanese, Korean or Chinese. Signs and digits that all scripts share go with any.
 */
export function nameProblem(name: string): string | undefined {
  if (/^[\x21-\x7e]*$/.test(name)) return undefined;
  const unseen = /\p{Default_Ignorable_Code_Point}/u.exec(name)?.[0];
  if (unseen !== undefined) return `holds ${codePoint(unseen)}, which people do not see`;
  const normal = name.normalize('NFKC');
  if (normal !== name) return 'holds characters that stand for others; write it in the normal form NFKC';
  return scriptProblem(name);
}

/** `U+200B`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

const SHARED = /[\p{Script_Extensions=Common}\p{Script_Extensions=Inherited}]/u;
/** Scripts that are written together. UTS #39 section 5.1 calls them Jpan, Hanb and Kore. */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  Han: ['Japanese', 'Chinese', 'Korean'],
  Hiragana: ['Japanese'],
  Katakana: ['Japanese'],
  Bopomofo: ['Chinese'],
  Hangul: ['Korean'],
};
const WITH_LATIN = ['Japanese', 'Chinese', 'Korean'];
const RECOMMENDED: readonly (readonly [string, RegExp])[] = (
  'Latin Greek Cyrillic Arabic Armenian Bengali Bopomofo Devanagari Ethiopic Georgian Gujarati Gurmukhi Han Hangul Hebrew Hiragana ' +
  'Kannada Katakana Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan'
)
  .split(' ')
  .map((script) => [script, new RegExp(`\\p{Script_Extensions=${script}}`, 'u')]);

function scriptProblem(name: string): string | undefined {
  const found = new Set<string>();
  let all: readonly string[] | undefined;
  let besidesLatin: readonly string[] = WITH_LATIN;
  for (const character of name) {
    if (SHARED.test(character)) continue;
    const scripts = RECOMMENDED.filter(([, form]) => form.test(character)).map(([script]) => script);
    const [first] = scripts;
    if (first === undefined) return `holds ${codePoint(character)} of a script that is not in everyday use`;
    found.add(first);
    const systems = scripts.flatMap((script) => [script, ...(TOGETHER[script] ?? [])]);
    all = all === undefined ? systems : all.filter((system) => systems.includes(system));
    if (!scripts.includes('Latin')) besidesLatin = besidesLatin.filter((system) => systems.includes(system));
  }
  if (all === undefined || all.length > 0 || (found.has('Latin') && besidesLatin.length > 0)) return undefined;
  return `mixes scripts: ${[...found].join(', ')}`;
}
