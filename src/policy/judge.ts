import { CONTROL_NAME, ENTRYPOINT } from './contract.ts';
import type { ModuleFacts, RuleRead } from './opa/operations.ts';
import type { PolicyProblem } from './refusal.ts';

/** A module as OPA compiled it, its path below the folder of policies, and where that came from. */
export type Module = ModuleFacts & { readonly path: string; readonly source: string };

const CONTROLS = ['exequatur', 'controls'] as const;
const CONTROL_FILE = /^controls\/([^/]+)\.rego$/;
// The engine names itself in reasons where it denied by itself.
const RESERVED_CONTROLS: ReadonlySet<string> = new Set(['engine']);

/**
 * Judges what OPA says of the modules by the rules that keep controls fail-closed: a control is one file whose package is its name, says what it is, has `pass`,
 * no `default pass` and no `default skip`; its `skip` reads verified facts and data alone, directly and through whatever it calls; nothing else puts rules
 * among the controls, tests least of all.
 *
 * @param sourceOf names a file as the user knows it.
 */
export function judgeModules(
  modules: readonly Module[],
  sourceOf: (file: string) => string,
): { readonly controls: readonly string[]; readonly problems: readonly PolicyProblem[] } {
  const problems: PolicyProblem[] = [];
  const controls: string[] = [];
  for (const module of modules) {
    const add: Add = (row, code, message, file = module.source) => problems.push({ code, message, file, row });
    const name = isTest(module.path) ? undefined : CONTROL_FILE.exec(module.path)?.[1];
    if (name !== undefined && CONTROL_NAME.test(name) && !RESERVED_CONTROLS.has(name)) {
      controls.push(name);
      judgeControl(module, name, sourceOf, add);
    } else {
      judgeOther(module, add);
    }
  }
  if (!modules.some(({ rules }) => rules.some(({ path }) => path.join('/') === ENTRYPOINT))) {
    const message =
      'no rule exequatur.decision, which answers for all controls; lay this folder over one that has exequatur.rego';
    problems.push({ code: 'policy.no_decision', message });
  }
  return { controls: controls.sort(), problems };
}

type Add = (row: number, code: string, message: string, file?: string) => void;

function isTest(path: string): boolean {
  return path.endsWith('_test.rego');
}

function judgeControl(module: Module, name: string, sourceOf: (file: string) => string, add: Add): void {
  const place = [...CONTROLS, name];
  if (!equal(module.package, place)) {
    add(module.row, 'policy.control_package', `the package must be ${place.join('.')}, as the file is called`);
    return;
  }
  if (module.title.trim() === '' || module.description.trim() === '') {
    add(module.row, 'policy.control_metadata', 'the package needs METADATA annotations with a title and a description');
  }
  let passes = false;
  for (const rule of module.rules) {
    const [own = '', ...below] = rule.path.slice(place.length);
    if (own.startsWith('test_') || own.startsWith('todo_test_')) {
      add(
        rule.row,
        'policy.test_in_controls',
        `the test ${own} stands in a control; move it to ${name}_test.rego and a package of its own`,
      );
    }
    if (own !== 'pass' && own !== 'skip') continue;
    if (rule.default)
      add(rule.row, 'policy.default_refused', `default ${own} would hold without evidence; leave it undefined`);
    if (below.length > 0 || !rule.ground)
      add(rule.row, 'policy.control_shape', `${own} is true or undefined; give what is below it another name`);
    if (own === 'pass' && !rule.default) passes = true;
    for (const read of rule.reads) judgeRead(read, sourceOf, add);
  }
  if (!passes)
    add(module.row, 'policy.control_without_pass', 'the control has no rule pass and could never permit anything');
}

/** `skip` is for what no control is concerned with, so it rests on what was verified: never on what the caller says, never on the clock. */
function judgeRead(read: RuleRead, sourceOf: (file: string) => string, add: Add): void {
  if (read.kind === 'input' && read.path[0] === 'facts') return;
  const what = read.kind === 'builtin' ? `calls ${read.text}` : `reads ${read.text}`;
  add(read.row, 'policy.skip_reads', `skip ${what}; it may read input.facts and data alone`, sourceOf(read.file));
}

function judgeOther(module: Module, add: Add): void {
  if (isWithin(module.package)) {
    if (isTest(module.path)) {
      add(
        module.row,
        'policy.test_in_controls',
        'a test among the controls would count as one; give it another package, such as NAME_test',
      );
    } else {
      add(
        module.row,
        'policy.control_package',
        'only controls/NAME.rego, NAME of at most 64 lower-case letters, digits and _ (and not engine), may be in this package, one file each',
      );
    }
    return;
  }
  if (module.path.startsWith('controls/') && !isTest(module.path)) {
    add(
      module.row,
      'policy.control_package',
      'a file under controls/ is a control: controls/NAME.rego, package exequatur.controls.NAME; keep others under lib/',
    );
  }
  for (const { path, ground, row } of module.rules) {
    if (isWithin(path) || (!ground && equal(path, CONTROLS.slice(0, path.length)))) {
      add(row, 'policy.control_package', 'this rule stands among the controls; only the files under controls/ may');
    }
  }
}

function isWithin(path: readonly string[]): boolean {
  return equal(path.slice(0, CONTROLS.length), CONTROLS);
}

function equal(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.every((name, index) => name === second[index]);
}
