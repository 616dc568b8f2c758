import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { runCommandLine } from '../../src/cli/main.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';

/** What a command said, and how it ended. */
export type Ran = { readonly out: string; readonly err: string; readonly exit: number | undefined };

/** Runs a command line in a folder. */
export async function run(cwd: string, ...words: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  let exit: number | undefined;
  await runCommandLine(words, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour: false,
    cwd,
    interrupted: new AbortController().signal,
    setExit: (code) => {
      exit = code;
    },
  });
  return { out, err, exit };
}

/** The JSON object that a run with --json printed. */
export function printed({ out }: Ran): JsonObject {
  const json: Json = JSON.parse(out);
  assert.ok(isJsonObject(json));
  return json;
}

/** The code that a run with --json ended with, having said so; undefined where it ended well. */
export function codeOf(ran: Ran): Json | undefined {
  const { error } = printed(ran);
  assert.equal(ran.exit, error === undefined ? 0 : 2);
  return isJsonObject(error) ? error.code : error;
}

/** The places of the findings of one file. */
export function placesOf(ran: Ran, index = 0): readonly [problems: readonly Json[], warnings: readonly Json[]] {
  const { files } = printed(ran);
  const file = Array.isArray(files) ? files[index] : undefined;
  assert.ok(isJsonObject(file));
  const places = (found: Json | undefined) => {
    assert.ok(Array.isArray(found));
    return found.map(({ place }) => place);
  };
  return [places(file.problems), places(file.warnings)];
}

/** A key pair as files: what signs, and what a configuration trusts. */
export function keyFiles(name: string): Readonly<Record<string, string>> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    [`${name}.key`]: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    [`${name}.pub`]: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** A configuration with these authorities, and a rule that one of them is enough for these kinds. */
export function configWith(authorities: Readonly<Record<string, string>>, kinds: string): string {
  return `authentication: { dangerously_trust_asserted_subjects: true }
policy: { bundle: none.tar.gz }
catalogue: { folders: [.] }
trust:
  authorities:
${Object.entries(authorities)
  .map(([name, members]) => `    ${name}: { keys: [{ path: ${name}.pub }], ${members} }\n`)
  .join('')}  rules: [{ name: any, kinds: [${kinds}], authorities: [${Object.keys(authorities).join(', ')}] }]
`;
}
