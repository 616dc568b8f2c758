// Runs sigstore-conformance's bundle-verify cases against this product's own command line, by path and by digest.
// Without FOLDER it takes the suite in its place beside the repository, which must be the pinned one, whole and unchanged; a FOLDER that is
// named may hold another. Usage: node scripts/conformance-sigstore.ts [FOLDER]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../src/cli/main.ts';
import { differences } from '../test/conformance/sigstore/pinned.ts';
import { type Case, casesIn, SUITE } from '../test/conformance/sigstore/suite.ts';

/** Cases that are run as users run them as well, in a process of their own. */
const AS_PROCESS: ReadonlySet<string> = new Set([
  'happy-path-v0.3',
  'rekor2-dsse-happy-path',
  'managed-key-happy-path',
  'signature-mismatch_fail',
  'bundle-malformed-json_fail',
]);

const REFUSED = /^error (?:trust|root|verify_bundle)\./m;

type Ended = { readonly verified: boolean; readonly said: string };

const root = fileURLToPath(new URL('../', import.meta.url));
const named = process.argv[2];
const folder = resolve(named ?? join(root, '../shared/conformance/sigstore'));

if (!existsSync(join(folder, 'bundle-verify'))) {
  const inCi = process.env.CI === 'true';
  console.log(`${inCi ? 'FAIL' : 'skipped'}: there is no suite in ${folder}.`);
  console.log(
    `Take ${SUITE.folder} of ${SUITE.repository} at ${SUITE.commit}, and name it: npm run conformance:sigstore -- FOLDER`,
  );
  console.log(inCi ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped');
  process.exit(inCi ? 1 : 0);
}

const different = named === undefined ? differences(folder) : [];
for (const line of different) console.log(`FAIL  the suite in ${folder}: ${line}`);

let passed = 0;
let failed = different.length;
for (const one of casesIn(folder)) {
  note(one, '', await inThisProcess(one));
  if (AS_PROCESS.has(one.name)) note(one, ', as a process', asProcess(one));
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function note({ name, by, mustVerify }: Case, how: string, { verified, said }: Ended): void {
  // A refusal for another reason, such as a file that cannot be read, is none.
  const agrees = mustVerify ? verified : !verified && REFUSED.test(said);
  if (agrees) passed++;
  else failed++;
  console.log(`${agrees ? 'pass' : 'FAIL'}  ${name} (by ${by}${how}): ${said.trim().split('\n')[0] ?? ''}`);
}

async function inThisProcess({ words }: Case): Promise<Ended> {
  let said = '';
  let exit: number | undefined;
  const say = (text: string): void => {
    said += text;
  };
  await runCommandLine(words, {
    out: say,
    err: say,
    colour: false,
    cwd: root,
    interrupted: new AbortController().signal,
    setExit: (code) => {
      exit = code;
    },
  });
  return { verified: exit === 0, said };
}

function asProcess({ words }: Case): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/exequatur.js'), ...words], {
    encoding: 'utf8',
  });
  return { verified: status === 0, said: stdout + stderr };
}
