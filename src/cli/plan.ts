import { resolve } from 'node:path';
import type { Command } from 'commander';
import { PLAN_LIMITS } from '../plan/document.ts';
import { lintPlan } from '../plan/lint.ts';
import { readBoundedFile } from './bounded-file.ts';
import { collect } from './content-options.ts';
import { reportFindings } from './document-findings.ts';
import { type ShowOptions, showDocument } from './document-show.ts';
import { addDocumentSign } from './document-sign.ts';
import { SHOWN_PLAN } from './plan-text.ts';
import { compareWithTools, toolsOf } from './plan-tools.ts';
import type { Terminal } from './terminal.ts';

type LintOptions = { readonly catalogue?: readonly string[]; readonly json?: boolean };

const LINT_HELP = `
With --catalogue, each step is compared with the tools listed there as well: whether one of them is meant, whether its effect is no higher
than the step's, and whether exact arguments suit its schema. Whether catalogues and plans are signed is not looked at.

Exit codes: 0 where there is no problem, warnings or not; 2 otherwise.

Examples:
  exequatur plan lint plan.json
  exequatur plan lint --catalogue catalogue/exequatur.json --json plans/*.json`;

const SHOW_HELP = `
With --config, the bundles are verified as the service would verify them: it counts where the configuration's rules for plans are met and
it is neither expired nor still to come. Whether a higher version was accepted before, and what has been spent of it, the service knows.

Exit codes: 0 shown and, with --config, found to count; 2 otherwise.

Examples:
  exequatur plan show plan.json
  exequatur plan show --config config.yaml plan.json
  exequatur plan show --json plan.json`;

/** Adds `exequatur plan lint | sign | show`. */
export function addPlanCommands(program: Command, terminal: Terminal): void {
  const plan = program.command('plan').description('Looks for mistakes in plans, signs them and shows them.');
  plan
    .command('lint')
    .description('Looks for mistakes in plans: tells each with its place.')
    .argument('<file...>', 'plans')
    .option('--catalogue <file>', 'compares each step with the tools of a catalogue; again for another', collect)
    .option('--json', 'prints one JSON object: ok and the findings of each file, or error')
    .addHelpText('after', LINT_HELP)
    .action((files: readonly string[], options: LintOptions) => lint(files, options, terminal));
  addDocumentSign(plan, { area: 'plan', mostBytes: PLAN_LIMITS.maxBytes, lint: lintPlan }, terminal);
  plan
    .command('show')
    .description('Shows a plan: its hash, whose it is, its steps, who signed it and whether it counts.')
    .argument('<file>', 'the plan')
    .option('-c, --config <file>', 'the configuration whose trust counts')
    .option('-b, --bundle <file>', 'a bundle that came with it; again for another (default: those beside it)', collect)
    .option('--json', 'prints one JSON object')
    .addHelpText('after', SHOW_HELP)
    .action((file: string, options: ShowOptions) => showDocument(file, options, SHOWN_PLAN, terminal));
}

function lint(files: readonly string[], options: LintOptions, terminal: Terminal): void {
  const tools = toolsOf(options.catalogue ?? [], terminal.cwd);
  const now = Date.now();
  const found = files.map((file) => {
    const bytes = readBoundedFile(resolve(terminal.cwd, file), PLAN_LIMITS.maxBytes, 'the plan');
    const { problems, warnings, plan } = lintPlan(bytes, file, { now });
    if (plan === undefined || options.catalogue === undefined) return { file, problems, warnings };
    const compared = compareWithTools(plan.content, tools);
    return {
      file,
      problems: [...problems, ...compared.problems],
      warnings: [...warnings, ...compared.warnings],
    };
  });
  reportFindings(found, options.json === true, terminal);
}
