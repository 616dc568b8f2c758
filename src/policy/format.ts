import { opaFiles, translateProblems } from './check.ts';
import type { PolicyFolder } from './folder.ts';
import { type OpaLimits, runOpa } from './opa/child.ts';
import { formatOperation } from './opa/operations.ts';
import { refuseAny } from './refusal.ts';

/**
 * The Rego files that `opa fmt` would write differently, each with what it would write.
 *
 * @throws PolicyRefusal where a file is no Rego; CodedError as `runOpa`.
 */
export async function formatPolicies(
  folder: PolicyFolder,
  limits?: OpaLimits,
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const { files, problems } = await runOpa(formatOperation(opaFiles(folder)), limits);
  refuseAny(translateProblems(folder, problems));
  const sources = new Map(folder.files.map(({ path, source }) => [path, source]));
  return files
    .filter(({ changed }) => changed)
    .map(({ file, text }) => ({ file: sources.get(file.slice(file.indexOf('/') + 1)) ?? file, text }));
}
