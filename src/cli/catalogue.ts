import type { Command } from 'commander';
import { MAX_DOCUMENT_BYTES } from '../catalogue/document.ts';
import { addCatalogueDiff } from './catalogue-diff.ts';
import { addCatalogueImport } from './catalogue-import.ts';
import { lintCatalogues, lintConfigured } from './catalogue-lint.ts';
import { SHOWN_CATALOGUE } from './catalogue-text.ts';
import { collect } from './content-options.ts';
import { reportFindings } from './document-findings.ts';
import { type ShowOptions, showDocument } from './document-show.ts';
import { addDocumentSign } from './document-sign.ts';
import type { Terminal } from './terminal.ts';

const LINT_HELP = `
Each file is looked at as it would be loaded: its form, effects that nobody reviewed, schemas, names that look alike, mentions of other
servers' tools, text that nobody sees. Files without a problem of their own are then compared with one another.

Exit codes: 0 where there is no problem, warnings or not; 2 otherwise.

Examples:
  exequatur catalogue lint catalogue.json
  exequatur catalogue lint --config config.yaml --json a.json b.json`;

const SHOW_HELP = `
With --config, the bundles are verified as the service would verify them: it counts where the configuration's rules for its kind are met
and it is neither expired nor still to come. Whether a higher version was accepted before, the service knows.

Exit codes: 0 shown and, with --config, found to count; 2 otherwise.

Examples:
  exequatur catalogue show catalogue.json
  exequatur catalogue show --config config.yaml catalogue.json
  exequatur catalogue show --json catalogue.json`;

const CONFIGURED = 'the configuration whose allowed mentions (catalogue.allowed_mentions) count';

type LintOptions = { readonly config?: string; readonly json?: boolean };

/** Adds `exequatur catalogue lint | sign | show | diff | import`. */
export function addCatalogueCommands(program: Command, terminal: Terminal): void {
  const catalogue = program
    .command('catalogue')
    .description(
      'Imports catalogues of tools from servers, looks for mistakes in them, signs, shows and compares them.',
    );
  addCatalogueImport(catalogue, terminal);
  catalogue
    .command('lint')
    .description('Looks for mistakes in catalogues, and in documents of one tool: tells each with its place.')
    .argument('<file...>', 'catalogues')
    .option('-c, --config <file>', CONFIGURED)
    .option('--json', 'prints one JSON object: ok and the findings of each file, or error')
    .addHelpText('after', LINT_HELP)
    .action((files: readonly string[], { config, json }: LintOptions) => {
      const context = { now: Date.now(), cwd: terminal.cwd, ...(config !== undefined && { config }) };
      reportFindings(lintCatalogues(files, context), json === true, terminal);
    });
  addDocumentSign(
    catalogue,
    { area: 'catalogue', mostBytes: MAX_DOCUMENT_BYTES, configured: CONFIGURED, lint: lintConfigured },
    terminal,
  );
  catalogue
    .command('show')
    .description(
      'Shows a catalogue: servers with their identities, tools with their effects, who signed it, whether it counts.',
    )
    .argument('<file>', 'the catalogue, or the document of one tool')
    .option('-c, --config <file>', 'the configuration whose trust counts')
    .option('-b, --bundle <file>', 'a bundle that came with it; again for another (default: those beside it)', collect)
    .option('--json', 'prints one JSON object')
    .addHelpText('after', SHOW_HELP)
    .action((file: string, options: ShowOptions) => showDocument(file, options, SHOWN_CATALOGUE, terminal));
  addCatalogueDiff(catalogue, terminal);
}
