// Signs what the demonstration ships, catalogues and plans, with a key that is made for it and forgotten: nobody, us included, can sign
// anything else that the demonstration would take. Run it after one of them has changed; bump the version of what changed before.
// Usage: npm run demonstration:sign
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signerOf, signMessage } from '../src/trust/sign/sign.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = signerOf(privateKey);
for (const folder of ['catalogue', 'plans']) {
  for (const name of readdirSync(join(root, folder))) {
    if (!name.endsWith('.json') || name.endsWith('.sigstore.json')) continue;
    const bundle = join(root, folder, name.replace(/\.json$/, '.sigstore.json'));
    writeFileSync(bundle, signMessage(readFileSync(join(root, folder, name)), signer));
    console.log(`signed ${folder}/${name}`);
  }
}
writeFileSync(join(root, 'trust', 'demonstration.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
console.log('wrote trust/demonstration.pub; the other half of the key is gone');
