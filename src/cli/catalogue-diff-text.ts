import type { CatalogueDiff, LoneServer, LoneTool, ServerChange, ToolChange, ValueChange } from '../catalogue/diff.ts';
import { statedEffect } from '../catalogue/diff.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { paint, type Terminal } from './terminal.ts';
import { visibleText } from './visible-text.ts';
import { come, gone, wordDiff } from './word-diff.ts';

/** Characters of a value that is shown whole; of the rest it is told how much it is. */
const MOST_SHOWN = 2000;
/** Two texts with blanks are compared word by word from this length on; shorter ones stand beside one another. */
const PROSE = 24;

/** The difference as a person reads it: the document, then each server and its tools. */
export function diffText(diff: CatalogueDiff, sameBytes: boolean, terminal: Terminal): string {
  if (diff.equal) {
    return sameBytes
      ? 'The documents are the same, byte by byte.\n'
      : 'The documents say the same; their bytes differ, so a signature over one is none over the other.\n';
  }
  return [
    ...(diff.document.length === 0
      ? []
      : [heading('document', terminal), ...valueLines(diff.document, '  ', terminal)]),
    ...diff.went.flatMap((server) => loneServer(server, '-', terminal)),
    ...diff.came.flatMap((server) => loneServer(server, '+', terminal)),
    ...diff.servers.flatMap((server) => serverLines(server, terminal)),
    '',
    summary(diff),
    '',
  ].join('\n');
}

function heading(text: string, terminal: Terminal): string {
  return paint(terminal, 'bold', text);
}

type Sign = '+' | '-';
const COLOURS = { '+': 'green', '-': 'red' } as const;

function loneServer({ server, members, tools }: LoneServer, sign: Sign, terminal: Terminal): string[] {
  return [
    `${paint(terminal, COLOURS[sign], sign)} ${heading(`server ${visibleText(server)}`, terminal)}`,
    ...Object.entries(members).map(([name, value]) => `  ${visibleText(name)}  ${shown(value)}`),
    ...tools.flatMap((tool) => loneTool(tool, sign, terminal)),
  ];
}

function serverLines({ server, changes, came, went, changed, reordered }: ServerChange, terminal: Terminal): string[] {
  return [
    heading(`server ${visibleText(server)}`, terminal),
    ...valueLines(changes, '  ', terminal),
    ...(reordered ? ['  the tools stand in another order'] : []),
    ...went.flatMap((tool) => loneTool(tool, '-', terminal)),
    ...came.flatMap((tool) => loneTool(tool, '+', terminal)),
    ...changed.flatMap((tool) => toolLines(tool, terminal)),
  ];
}

/** Of a tool that came, everything is new: its texts are shown, its schemas stand in the document. */
function loneTool({ id, entry }: LoneTool, sign: Sign, terminal: Terminal): string[] {
  const head = `  ${paint(terminal, COLOURS[sign], `${sign} ${visibleText(id)}`)}`;
  if (!isJsonObject(entry)) return [`${head}  ${shown(entry)}`];
  const version = member(entry, 'version');
  const definition = member(entry, 'definition');
  const texts = sign === '-' || !isJsonObject(definition) ? [] : ['title', 'description'];
  return [
    `${head}  ${effectText(statedEffect(entry))}${typeof version === 'string' ? `, version ${visibleText(version)}` : ''}`,
    ...texts.flatMap((name) => {
      const text = isJsonObject(definition) ? member(definition, name) : undefined;
      return text === undefined ? [] : [`      ${name.padEnd(12)}${shown(text)}`];
    }),
  ];
}

function toolLines({ id, effect, changes }: ToolChange, terminal: Terminal): string[] {
  return [
    `  ${paint(terminal, 'yellow', `~ ${visibleText(id)}`)}`,
    ...(effect === undefined
      ? []
      : [`      effect  ${gone(effectText(effect.from), terminal)} ${come(effectText(effect.to), terminal)}`]),
    ...valueLines(changes, '      ', terminal),
  ];
}

/** A proposal is no effect, and that has to be seen. */
function effectText(stated: JsonObject): string {
  const [effect, proposed] = [member(stated, 'effect'), member(stated, 'proposed_effect')];
  const parts = [
    ...(effect === undefined ? [] : [typeof effect === 'string' ? visibleText(effect) : shown(effect)]),
    ...(proposed === undefined ? [] : [`unreviewed: ${proposalText(proposed)}`]),
  ];
  return parts.length === 0 ? 'no effect' : parts.join(', ');
}

function proposalText(proposed: Json): string {
  const effect = isJsonObject(proposed) ? member(proposed, 'effect') : undefined;
  const because = isJsonObject(proposed) ? member(proposed, 'because') : undefined;
  if (typeof effect !== 'string' || typeof because !== 'string') return shown(proposed);
  return `${visibleText(effect)} by ${visibleText(because.slice(0, MOST_SHOWN).toWellFormed())}`;
}

function valueLines(changes: readonly ValueChange[], indent: string, terminal: Terminal): string[] {
  return changes.map(({ pointer, from, to }) => {
    const place =
      pointer === '' ? 'all of it' : visibleText(pointer.replace(/^\/definition\/(title|description)$/, '$1'));
    return `${indent}${place}  ${valueText(from, to, `${indent}    `, terminal)}`;
  });
}

function valueText(from: Json | undefined, to: Json | undefined, indent: string, terminal: Terminal): string {
  if (typeof from === 'string' && typeof to === 'string' && isProse(from) && isProse(to))
    return wordDiff(from, to, indent, terminal);
  return [
    ...(from === undefined ? [] : [gone(shown(from), terminal)]),
    ...(to === undefined ? [] : [come(shown(to), terminal)]),
  ].join(' ');
}

function isProse(text: string): boolean {
  return text.length >= PROSE && /\s/.test(text);
}

/** A value as JSON on one line, cut where it is very long. */
function shown(value: Json): string {
  const json = JSON.stringify(value);
  const cut =
    json.length > MOST_SHOWN ? `${json.slice(0, MOST_SHOWN).toWellFormed()} … (${json.length} characters)` : json;
  return visibleText(cut);
}

function summary({ came, went, servers }: CatalogueDiff): string {
  const alone = (list: readonly LoneServer[]) => list.reduce((sum, { tools }) => sum + tools.length, 0);
  const all = (of: (server: ServerChange) => readonly unknown[]) =>
    servers.reduce((sum, one) => sum + of(one).length, 0);
  const effects = servers.flatMap(({ changed }) => changed).filter(({ effect }) => effect !== undefined).length;
  const counts = [
    `${alone(came) + all((one) => one.came)} came`,
    `${alone(went) + all((one) => one.went)} went`,
    `${all((one) => one.changed)} changed, ${effects} in effect`,
  ];
  return `tools: ${counts.join(', ')}`;
}
