import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { CodedError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../model/json.ts';
import type { PolicyFile, PolicyFolder } from './folder.ts';
import { judgeModules } from './judge.ts';
import { type OpaLimits, runOpa } from './opa/child.ts';
import {
  both,
  type Checked,
  checkOperation,
  type Formatted,
  formatOperation,
  type OpaFiles,
  type OpaProblem,
  type Operation,
} from './opa/operations.ts';
import type { PolicyProblem } from './refusal.ts';

/** What a folder of policies was found to be. */
export type PolicyCheck = {
  /** Why it may not be used. Empty: it may. */
  readonly problems: readonly PolicyProblem[];
  /** Files that `opa fmt` would write differently: a matter of taste, `policy.unformatted`, that stops no build. */
  readonly unformatted: readonly PolicyProblem[];
  /** The names of the controls, sorted. */
  readonly controls: readonly string[];
};

/** The folder that policies are in as OPA is told, whatever they were read from: what is built must not depend on where. */
const ROOT = 'policies';

const CAPABILITIES_FILE = new URL('../../wasm/capabilities.json', import.meta.url);

/** What policies may call (wasm/capabilities.json): all of OPA that is a function of its operands and the decision's time. */
export function policyCapabilities(): JsonObject {
  const capabilities: unknown = JSON.parse(readFileSync(CAPABILITIES_FILE, 'utf8'));
  if (isJsonObject(capabilities)) return capabilities;
  throw new CodedError(
    'policy.opa_missing',
    'wasm/capabilities.json is no list of capabilities: install Exequatur again.',
  );
}

/** The files as OPA is given them. */
export function opaFiles(folder: PolicyFolder): OpaFiles {
  const files = Object.fromEntries(folder.files.map(({ path, text }) => [`${ROOT}/${path}`, text]));
  return { root: ROOT, files, capabilities: policyCapabilities() };
}

/** Checking, as one part of a run of OPA: see `checkPolicies`. */
export function checkingOperation(folder: PolicyFolder): Operation<PolicyCheck> {
  const files = opaFiles(folder);
  const operation = both(checkOperation(files, { trace: ['skip'] }), formatOperation(files));
  return { requests: operation.requests, read: (answers) => judge(folder, ...operation.read(answers)) };
}

/**
 * Checks policies as `opa check --strict` does, and for what would let a control hold without evidence: see `judge.ts`.
 *
 * @throws CodedError as `runOpa`. What is wrong with the policies is in the result.
 */
export function checkPolicies(folder: PolicyFolder, limits?: OpaLimits): Promise<PolicyCheck> {
  return runOpa(checkingOperation(folder), limits);
}

function judge(folder: PolicyFolder, checked: Checked, formatted: Formatted): PolicyCheck {
  const sources = new Map(folder.files.map((file) => [`${ROOT}/${file.path}`, file]));
  const unformatted = formatted.files
    .filter(({ changed }) => changed)
    .map(({ file }) => ({
      code: 'policy.unformatted',
      message: 'not as `opa fmt` writes it; run: exequatur policy fmt --write',
      file: sourceOf(sources, file),
    }));
  if (!checked.ok)
    return { problems: checked.problems.map((problem) => translate(sources, problem)), unformatted, controls: [] };
  const { controls, problems } = judgeModules(
    checked.modules.map((module) => ({
      ...module,
      path: module.file.slice(ROOT.length + 1),
      source: sourceOf(sources, module.file),
    })),
    (file) => sourceOf(sources, file),
  );
  return { problems: [...problems, ...compareData(folder, checked.data)], unformatted, controls };
}

/** OPA reads the files itself: should it have read them otherwise than they were checked here, they are not used. */
function compareData(folder: PolicyFolder, data: unknown): PolicyProblem[] {
  if (isDeepStrictEqual(folder.data, data)) return [];
  const file = folder.files.find(({ path }) => !path.endsWith('.rego'))?.source;
  const message = 'OPA reads the data files otherwise than they are meant; write them in plain YAML or JSON';
  return [{ code: 'policy.data_differs', message, ...(file === undefined ? {} : { file }) }];
}

function sourceOf(sources: ReadonlyMap<string, PolicyFile>, file: string): string {
  return sources.get(file)?.source ?? file;
}

/** One of OPA's own problems, with the file as the user knows it. */
function translate(sources: ReadonlyMap<string, PolicyFile>, { code, message, file, row }: OpaProblem): PolicyProblem {
  return {
    code: `opa.${code}`,
    message,
    ...(file === undefined ? {} : { file: sourceOf(sources, file) }),
    ...(row === undefined ? {} : { row }),
  };
}

/** The same for what other operations found. */
export function translateProblems(folder: PolicyFolder, problems: readonly OpaProblem[]): PolicyProblem[] {
  const sources = new Map(folder.files.map((file) => [`${ROOT}/${file.path}`, file]));
  return problems.map((problem) => translate(sources, problem));
}
