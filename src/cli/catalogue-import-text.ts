import type { ServerIdentity } from '../catalogue/identity.ts';
import type { Problem } from '../document/problems.ts';
import type { Effect } from '../model/facts.ts';
import type { ImportedCatalogue } from './mcp-catalogue.ts';
import type { McpTools } from './mcp-tools.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** An import as the command tells it. */
export type ImportReport = {
  /** As typed, or SERVER.json. */
  readonly output: string;
  readonly server: string;
  readonly listed: McpTools;
  readonly made: ImportedCatalogue;
  /** What the entries name as their version. */
  readonly version: string;
  readonly tools: number;
  readonly identity: ServerIdentity | undefined;
  /** Tools that no catalogue can list. */
  readonly skipped: readonly Problem[];
  readonly warnings: readonly string[];
};

/** The report as one JSON object. */
export function importJson({
  output,
  server,
  listed,
  made,
  version,
  tools,
  identity,
  skipped,
  warnings,
}: ImportReport) {
  return {
    imported: {
      catalogue: output,
      server,
      tools,
      version,
      proposed: made.proposed,
      kept: made.kept,
      gone: made.gone,
      protocol: listed.protocol,
      server_info: {
        ...(listed.name !== undefined && { name: listed.name }),
        ...(listed.version !== undefined && { version: listed.version }),
      },
      identity: identity ?? null,
      skipped,
      warnings,
    },
  };
}

const STYLES = { read: 'green', write: 'yellow', destructive: 'red' } as const;
const MOST_GONE = 20;

/** The report as a person reads it: what was written, what was proposed, and what is to be done now. */
export function importText(report: ImportReport, terminal: Terminal): string {
  const { output, server, listed, made, version, tools, identity } = report;
  const name = listed.name === undefined ? 'a server without a name' : `${listed.name} ${listed.version ?? ''}`.trim();
  const unreviewed = Object.values(made.proposed).reduce((sum, count) => sum + count, 0);
  const lines: [string, string][] = [
    ['server', `${server}: ${tools} ${tools === 1 ? 'tool' : 'tools'}, listed as version ${version}`],
    ['calls itself', `${name} (protocol ${listed.protocol})`],
    ['identity', identity === undefined ? 'none' : Object.values(identity).map(String).join('  ')],
  ];
  return [
    `${paint(terminal, 'green', 'written')} ${printable(output)}\n`,
    ...lines.map(([what, text]) => `  ${what.padEnd(14)}${printable(text)}\n`),
    `  ${'proposed'.padEnd(14)}${proposals(made.proposed, terminal)}\n`,
    ...(made.kept === 0 ? [] : [`  ${'kept'.padEnd(14)}${made.kept} reviewed, whose definition is what it was\n`]),
    ...(made.gone.length === 0 ? [] : [`  ${'gone'.padEnd(14)}${printable(goneText(made.gone))}\n`]),
    `\n${paint(terminal, 'bold', 'next')}\n`,
    ...nextSteps(output, unreviewed).map((step, place) => `  ${place + 1}. ${step}\n`),
  ].join('');
}

function proposals(proposed: Readonly<Record<Effect, number>>, terminal: Terminal): string {
  const effects: readonly Effect[] = ['read', 'write', 'destructive'];
  return effects.map((effect) => `${proposed[effect]} ${paint(terminal, STYLES[effect], effect)}`).join(', ');
}

function goneText(gone: readonly string[]): string {
  const more = gone.length > MOST_GONE ? ` and ${gone.length - MOST_GONE} more` : '';
  return `${gone.slice(0, MOST_GONE).join(', ')}${more}`;
}

function nextSteps(output: string, unreviewed: number): readonly string[] {
  const file = printable(output);
  const review =
    unreviewed === 0
      ? 'look at what changed: exequatur catalogue diff OLD NEW'
      : `review ${unreviewed === 1 ? 'the one tool' : `the ${unreviewed} tools`} with a "proposed_effect": read the definition, and put "effect": "…" in its place`;
  return [review, `exequatur catalogue lint ${file}`, `exequatur catalogue sign --key KEY ${file}`];
}
