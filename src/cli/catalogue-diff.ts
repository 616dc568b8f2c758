import { resolve } from 'node:path';
import type { Command } from 'commander';
import { diffCatalogues } from '../catalogue/diff.ts';
import { diffText } from './catalogue-diff-text.ts';
import { readLooseCatalogue } from './loose-catalogue.ts';
import { printableJson, type Terminal } from './terminal.ts';

type Options = { readonly json?: boolean };

const HELP = `
Compares what the documents say, be they reviewed, signed and usable or not: no signature is looked at, and a document that lint refuses
is shown all the same. What went is [-…-], what came {+…+}; characters that nobody sees, and letters of another script within a word,
stand as \\u{HEX}.

Exit codes: 0 where they say the same, 2 where they differ or one cannot be read; with --json, "equal" or "error" tells which.

Examples:
  exequatur catalogue diff tickets.json tickets.new.json
  exequatur catalogue diff --json old.json new.json`;

/** Adds `diff` to `exequatur catalogue`. */
export function addCatalogueDiff(catalogue: Command, terminal: Terminal): void {
  catalogue
    .command('diff')
    .description(
      'Shows what differs between two catalogues: tools that came, went, or changed effect, schema or wording.',
    )
    .argument('<a>', 'a catalogue document, the one before')
    .argument('<b>', 'a catalogue document, the one after')
    .option('--json', 'prints one JSON object: equal, and every difference, or error')
    .addHelpText('after', HELP)
    .action((a: string, b: string, options: Options) => {
      const before = readLooseCatalogue(resolve(terminal.cwd, a));
      const after = readLooseCatalogue(resolve(terminal.cwd, b));
      const diff = diffCatalogues(before.document, after.document);
      const sameBytes = Buffer.compare(before.bytes, after.bytes) === 0;
      terminal.out(
        options.json === true
          ? `${printableJson(JSON.stringify({ ...diff, same_bytes: sameBytes }))}\n`
          : diffText(diff, sameBytes, terminal),
      );
      terminal.setExit(diff.equal ? 0 : 2);
    });
}
