import { sha256Of } from '../model/digest.ts';
import { checkingOperation, opaFiles, translateProblems } from './check.ts';
import { ENTRYPOINT } from './contract.ts';
import type { PolicyFolder } from './folder.ts';
import { type OpaLimits, runOpa } from './opa/child.ts';
import { both, buildOperation, type Operation } from './opa/operations.ts';
import { refuseAny } from './refusal.ts';

/** A compiled policy. */
export type BuiltPolicy = {
  /** The bundle: a gzipped tar with policy.wasm, data.json, the sources and the manifest. The same bytes for the same files, anywhere. */
  readonly bundle: Buffer;
  /** What the manifest calls it: 12 hexadecimal digits that follow from the files alone, tests not counted. */
  readonly revision: string;
  /** The controls that the manifest lists as `metadata.exequatur.controls`, sorted. */
  readonly controls: readonly string[];
};

const TESTS = '*_test.rego';

/**
 * Compiles policies to WebAssembly, after they passed every check. Its policy.wasm is that of
 * `opa build -t wasm -e exequatur/decision -r REVISION --capabilities wasm/capabilities.json --ignore '*_test.rego' policies`.
 *
 * @throws PolicyRefusal with what is wrong with the policies; CodedError as `runOpa`.
 */
export function buildPolicy(folder: PolicyFolder, limits?: OpaLimits): Promise<BuiltPolicy> {
  return runOpa(buildingOperation(folder), limits);
}

/** Building, as one part of a run of OPA: reading its answers throws the refusal. */
export function buildingOperation(folder: PolicyFolder): Operation<BuiltPolicy> {
  const controls = controlsOf(folder);
  const revision = revisionOf(folder);
  const build = buildOperation(opaFiles(folder), {
    entrypoints: [ENTRYPOINT],
    revision,
    ignore: [TESTS],
    metadata: { exequatur: { controls } },
  });
  const { requests, read } = both(checkingOperation(folder), build);
  return {
    requests,
    read: (answers) => {
      const [checked, built] = read(answers);
      refuseAny(checked.problems);
      if (built.ok) return { bundle: built.bundle, revision, controls };
      refuseAny(translateProblems(folder, built.problems));
      throw new TypeError('OPA built nothing and found no problem');
    },
  };
}

/** The controls by their files: what is checked is that each of these is one, and that there are no others. */
function controlsOf(folder: PolicyFolder): string[] {
  return folder.files
    .map(({ path }) => /^controls\/([^/]+)\.rego$/.exec(path)?.[1])
    .filter((name) => name !== undefined && !name.endsWith('_test'))
    .filter((name) => name !== undefined)
    .sort();
}

/** Each file by its path and content, with lengths, so that no two folders run together. */
function revisionOf(folder: PolicyFolder): string {
  const pieces = folder.files
    .filter(({ path }) => !path.endsWith('_test.rego'))
    .flatMap(({ path, text }) => [`${Buffer.byteLength(path)}:${path}${Buffer.byteLength(text)}:`, text]);
  return sha256Of(...pieces).slice('sha256:'.length, 'sha256:'.length + 12);
}
