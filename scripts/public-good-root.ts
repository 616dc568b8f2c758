// Writes trust/public-good.*.json: the public-good instance's trusted root, and the TUF root.json to begin with, as the pinned
// @sigstore/tuf carries them. After raising that package: `npm run root:build -- --released TIME`, the time
// being that of the package's release (`npm view @sigstore/tuf time`). `--check` compares and writes nothing; a test does so, too.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseTrustRoot } from '../src/trust/root/parse-trust-root.ts';
import { publicGoodFiles } from './public-good-files.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, released: { type: 'string' } } });
const folder = new URL('../trust/', import.meta.url);
let different = 0;
for (const [name, bytes] of publicGoodFiles(values.released)) {
  const file = new URL(name, folder);
  if (!values.check) writeFileSync(file, bytes);
  else if (!bytes.equals(readFileSync(file))) {
    console.log(`trust/${name} is not what the pinned package carries; npm run root:build`);
    different++;
  }
}
const root = parseTrustRoot(readFileSync(new URL('public-good.trusted_root.json', folder)));
console.log(
  `the public-good root ${root.digest} names ${root.logs.length} logs and ${root.certificateAuthorities.length} authorities`,
);
process.exitCode = different === 0 ? 0 : 1;
