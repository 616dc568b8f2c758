// Writes wasm/capabilities.json: what policies may call, from OPA's own list. `node scripts/opa-capabilities.ts`; a test compares.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allowedCapabilities } from '../src/policy/opa/capabilities.ts';

const text = `${JSON.stringify(await allowedCapabilities(), null, 2)}\n`;
writeFileSync(fileURLToPath(new URL('../wasm/capabilities.json', import.meta.url)), text);
