// Makes test/vectors/trust/cosign anew: keys, messages and attestations by cosign, for tests where there is no cosign.
// `npm run vectors:cosign`. Every run makes other keys; their password stands in test/conformance/cosign-lab.ts.
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CosignLab, KEY_KINDS } from '../test/conformance/cosign-lab.ts';
import { findCosign } from './install-cosign.ts';

const vectors = fileURLToPath(new URL('../test/vectors/trust/cosign/', import.meta.url));
const cosign = findCosign();
if (cosign === undefined) {
  console.error('cosign is not found; node scripts/run.js scripts/install-cosign.ts builds it where Go is');
  process.exitCode = 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-cosign-'));
  try {
    const lab = new CosignLab(cosign, folder);
    const files = ['artifact', 'predicate.json'];
    for (const kind of KEY_KINDS) {
      lab.makeKey(kind);
      files.push(`${kind}.key`, `${kind}.pub`, lab.sign(kind), lab.attest(kind));
    }
    for (const name of readdirSync(vectors)) if (name !== 'README.md') rmSync(join(vectors, name));
    for (const file of files) copyFileSync(lab.path(file), join(vectors, file));
    console.log(`${files.length} files in ${vectors}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
