// Writes the laboratory's cases, good and `_fail`, as sigstore-conformance has its own, for any client to try.
// Usage: node scripts/lab-cases.ts FOLDER [SEED]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { caseFolders } from '../test/trust/lab/cases.ts';
import { createLab } from '../test/trust/lab/lab.ts';

const [folder, seed = '1'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('name the folder to write to: npm run lab:cases -- FOLDER [SEED]');
  process.exit(2);
}

const assets = join(resolve(folder), 'bundle-verify');
let good = 0;
let bad = 0;
for (const { name, files } of caseFolders(createLab({ seed }))) {
  mkdirSync(join(assets, name), { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(assets, name, file), content);
  if (name.endsWith('_fail')) bad += 1;
  else good += 1;
}
console.log(`${good} cases that verify and ${bad} that must not, in ${assets}`);
