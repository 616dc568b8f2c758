// Finds cosign 3, or builds it with Go into a folder for caches outside of the repository: `node scripts/run.js scripts/install-cosign.ts`.
// Prints where it is. Without Go it says so and ends well: the checks that need cosign are then skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What is built; of others that are found, any version 3 will do. */
const VERSION = '3.1.3';

const suffix = process.platform === 'win32' ? '.exe' : '';
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'exequatur', `cosign-${VERSION}`);
const cached = join(cache, `cosign${suffix}`);

/** The path of a cosign 3: the one that COSIGN names, one on the PATH, or the one built before. */
export function findCosign(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, `cosign${suffix}`));
  const named = process.env.COSIGN;
  return [...(named === undefined ? onPath : [named]), cached].find((path) => existsSync(path) && isCosign3(path));
}

/** Whether Go is there to build one with. */
export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

function isCosign3(path: string): boolean {
  const { status, stdout } = spawnSync(path, ['version', '--json'], { encoding: 'utf8' });
  return status === 0 && /"gitVersion":\s*"v3\./.test(stdout);
}

function build(): boolean {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'build-'));
  try {
    const target = `github.com/sigstore/cosign/v3/cmd/cosign@v${VERSION}`;
    const { status } = spawnSync('go', ['install', target], {
      stdio: 'inherit',
      env: { ...process.env, GOBIN: folder, GOFLAGS: '' },
    });
    if (status !== 0) return false;
    renameSync(join(folder, `cosign${suffix}`), cached);
    return isCosign3(cached);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const found = findCosign();
  if (found !== undefined) console.log(found);
  else if (!hasGo()) {
    console.log('cosign is not found and there is no Go to build it with: what needs it is skipped');
    console.log('0 passed, 0 failed, 1 skipped');
  } else {
    console.log(`building cosign ${VERSION} into ${cache}: some minutes, once`);
    if (build()) console.log(cached);
    else {
      console.error(`cosign could not be built; the output of go above says why. Or install cosign 3 on the PATH.`);
      process.exitCode = 1;
    }
  }
}
