import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CodedError, codeOf } from '../errors.ts';
import { sha256 } from '../model/digest.ts';
import { buildPolicy } from '../policy/build.ts';
import { checkPolicies, type PolicyCheck } from '../policy/check.ts';
import { type PolicyFolder, readPolicyFolders } from '../policy/folder.ts';
import { formatPolicies } from '../policy/format.ts';
import type { OpaLimits } from '../policy/opa/child.ts';
import { describeProblem, type PolicyProblem, PolicyRefusal } from '../policy/refusal.ts';
import { type PolicyTests, testPolicies } from '../policy/test.ts';
import { describeTests, summarise } from './policy-report.ts';
import { paint, printable, type Terminal } from './terminal.ts';

const DEFAULT_FOLDERS = ['policies'];
const DEFAULT_OUTPUT = 'wasm/exequatur.tar.gz';
/** Tests may be many; nobody waits longer. */
const TEST_TIMEOUT_MS = 600_000;

type Json = { readonly json?: boolean };

/** Adds `exequatur policy build | check | test | fmt`. */
export function addPolicyCommands(program: Command, terminal: Terminal): void {
  const policy = program
    .command('policy')
    .description('Builds, checks, tests and formats folders of policies. Needs no opa binary.');
  addBuild(policy, terminal);
  addCheck(policy, terminal);
  addTest(policy, terminal);
  addFormat(policy, terminal);
}

function addSub(policy: Command, name: string, description: string, examples: readonly string[]): Command {
  return policy
    .command(name)
    .description(description)
    .argument(
      '[folders...]',
      `folders of Rego and data; a file in a later one replaces that of the same path (default: ${DEFAULT_FOLDERS})`,
    )
    .option('--json', 'prints one JSON object')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  exequatur policy ${example}`).join('\n')}`);
}

function addBuild(policy: Command, terminal: Terminal): void {
  addSub(policy, 'build', 'Checks policies and compiles them into a bundle: the same bytes for the same files.', [
    'build',
    'build policies /etc/exequatur/policies --output site.tar.gz',
    'build --check',
  ])
    .option('-o, --output <file>', 'the bundle', DEFAULT_OUTPUT)
    .option('--check', 'writes nothing: succeeds only if the bundle is what the policies build')
    .action(async (folders: readonly string[], options: Json & { output: string; check?: boolean }) => {
      const built = await work(terminal, 'building', async (limits) =>
        buildPolicy(await read(terminal, folders), limits),
      );
      const output = resolve(terminal.cwd, options.output);
      if (options.check === true) compareBundle(output, options.output, built.bundle);
      else writeWhole(output, built.bundle);
      const { revision, controls, bundle } = built;
      const told = { bundle: options.output, revision, digest: sha256(bundle), bytes: bundle.length, controls };
      if (options.json === true) terminal.out(`${JSON.stringify(told)}\n`);
      else {
        const done = options.check === true ? 'is what the policies build' : 'written';
        terminal.out(
          `${options.output} ${done}: revision ${revision}, ${bundle.length} bytes, controls ${controls.join(', ')}\n`,
        );
      }
      terminal.setExit(0);
    });
}

function addCheck(policy: Command, terminal: Terminal): void {
  addSub(
    policy,
    'check',
    'Checks policies: strict Rego, format, data, and that no control can hold without evidence.',
    ['check', 'check policies /etc/exequatur/policies'],
  ).action(async (folders: readonly string[], options: Json) => {
    const { problems, unformatted, controls } = await work(terminal, 'checking', (limits) =>
      check(terminal, folders, limits),
    );
    const all = [...problems, ...unformatted].map((problem) => shown(terminal, problem));
    if (options.json === true) terminal.out(`${JSON.stringify({ problems: all, controls })}\n`);
    else if (all.length > 0)
      terminal.out(`${all.map((problem) => printableLines(describeProblem(problem))).join('\n')}\n`);
    else terminal.out(`no problems; controls ${controls.join(', ')}\n`);
    terminal.setExit(all.length === 0 ? 0 : 2);
  });
}

function addTest(policy: Command, terminal: Terminal): void {
  addSub(policy, 'test', 'Runs the tests of policies (rules named test_… in *_test.rego).', [
    'test',
    'test --run window --coverage',
    'test --threshold 95',
  ])
    .option('--run <regex>', 'only tests whose full name this matches (RE2), such as data.window_test.test_freeze')
    .option(
      '--coverage',
      'tells which lines no test reaches; tests themselves are not counted, a file never reached counts as 0 %',
    )
    .option('--threshold <percent>', 'fails where less of the lines is covered; implies --coverage', percent)
    .action(
      async (folders: readonly string[], options: Json & { run?: string; coverage?: boolean; threshold?: number }) => {
        const coverage = options.coverage === true || options.threshold !== undefined;
        const tested = await work(terminal, 'testing', async (limits) =>
          testPolicies(
            await read(terminal, folders),
            { coverage, ...(options.run !== undefined && { run: options.run }) },
            { ...limits, timeoutMs: TEST_TIMEOUT_MS, long: true },
          ),
        );
        report(terminal, tested, options, coverage);
      },
    );
}

function report(
  terminal: Terminal,
  tested: PolicyTests,
  options: Json & { threshold?: number },
  coverage: boolean,
): void {
  const tests: PolicyTests = {
    tests: tested.tests.map((test) => ({ ...test, file: nameOf(terminal, test.file) })),
    coverage: tested.coverage.map((file) => ({ ...file, file: nameOf(terminal, file.file) })),
  };
  const summary = summarise(tests);
  const enough = options.threshold === undefined || summary.percent >= options.threshold;
  if (options.json === true) {
    terminal.out(`${JSON.stringify({ ...summary, ...(coverage ? tests : { tests: tests.tests }) })}\n`);
  } else {
    terminal.out(describeTests(tests, summary, coverage, terminal));
    if (!enough)
      terminal.err(
        `${paint(terminal, 'red', 'too little')}: ${summary.percent.toFixed(2)} % of the lines are covered, ${options.threshold} % are wanted\n`,
      );
  }
  terminal.setExit(enough && summary.total > 0 && summary.passed === summary.total ? 0 : 2);
}

function addFormat(policy: Command, terminal: Terminal): void {
  addSub(policy, 'fmt', 'Tells which Rego files are not as `opa fmt` writes them, or rewrites them.', [
    'fmt',
    'fmt --write policies',
  ])
    .addOption(
      new Option('--check', 'writes nothing: succeeds only if no file would change (the default)').conflicts('write'),
    )
    .option('--write', 'rewrites the files')
    .action(async (folders: readonly string[], options: Json & { write?: boolean }) => {
      const changed: { file: string; text: string }[] = [];
      // Each by itself: a file that another lies over has its format too.
      for (const folder of folders.length === 0 ? DEFAULT_FOLDERS : folders) {
        changed.push(
          ...(await work(terminal, 'formatting', async (limits) =>
            formatPolicies(await read(terminal, [folder]), limits),
          )),
        );
      }
      if (options.write === true) for (const { file, text } of changed) rewrite(file, text);
      const names = changed.map(({ file }) => nameOf(terminal, file));
      if (options.json === true)
        terminal.out(`${JSON.stringify({ changed: names, written: options.write === true })}\n`);
      else if (names.length > 0) terminal.out(`${names.map(printable).join('\n')}\n`);
      terminal.setExit(options.write === true || names.length === 0 ? 0 : 2);
    });
}

/** A folder that cannot even be read has problems like one that does not compile. */
async function check(terminal: Terminal, folders: readonly string[], limits: OpaLimits): Promise<PolicyCheck> {
  try {
    return await checkPolicies(await read(terminal, folders), limits);
  } catch (error) {
    if (error instanceof PolicyRefusal) return { problems: error.problems, unformatted: [], controls: [] };
    throw error;
  }
}

async function read(terminal: Terminal, folders: readonly string[]): Promise<PolicyFolder> {
  const named = folders.length === 0 ? DEFAULT_FOLDERS : folders;
  return readPolicyFolders(named.map((folder) => resolve(terminal.cwd, folder)));
}

/** Runs what takes seconds. Interrupted, it takes OPA's process with it, which would go on computing for nobody. */
async function work<Result>(
  terminal: Terminal,
  doing: string,
  task: (limits: OpaLimits) => Promise<Result>,
): Promise<Result> {
  terminal.progress?.(`${doing} policies …`);
  try {
    return await task({ signal: terminal.interrupted });
  } catch (error) {
    if (terminal.interrupted.aborted) {
      throw new CodedError('policy.interrupted', `${doing} was interrupted; nothing was written`, { cause: error });
    }
    if (!(error instanceof PolicyRefusal)) throw error;
    const [first, ...rest] = error.problems;
    throw new PolicyRefusal([shown(terminal, first), ...rest.map((problem) => shown(terminal, problem))], {
      cause: error,
    });
  } finally {
    terminal.progress?.('');
  }
}

/** The problem with its file as somebody in this folder would call it. */
function shown(terminal: Terminal, problem: PolicyProblem): PolicyProblem {
  return problem.file === undefined ? problem : { ...problem, file: nameOf(terminal, problem.file) };
}

function nameOf(terminal: Terminal, file: string): string {
  const below = relative(terminal.cwd, file);
  return below === '' || below.startsWith('..') ? file : below;
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function compareBundle(file: string, name: string, bundle: Buffer): void {
  let present: Buffer | undefined;
  try {
    present = readFileSync(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  if (present?.equals(bundle)) return;
  throw new CodedError('policy.bundle_stale', `${name} is not what the policies build; run: exequatur policy build`);
}

function rewrite(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new CodedError('policy.file_unwritable', `cannot write ${file} (${codeOf(cause) ?? 'unknown error'})`, {
      cause,
    });
  }
}

/** Whole or not at all: a service may be starting from it. */
function writeWhole(file: string, bundle: Buffer): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, bundle, { flush: true });
    renameSync(temporary, file);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new CodedError('policy.bundle_unwritable', `cannot write ${file} (${codeOf(cause) ?? 'unknown error'})`, {
      cause,
    });
  }
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('a number from 0 to 100 is wanted.');
  return value;
}
