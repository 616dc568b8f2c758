import type { Alterations } from '../lab/alterations.ts';
import { replaced } from '../lab/edit.ts';
import { chained, ENTRY } from './alter.ts';
import { CHAINED, KEYED_DSSE, KEYED_LOGGED, KEYED_MESSAGE, REKOR_V2 } from './defect.ts';

/** What nobody signs, and what makes no difference: it verifies all the same, and proves the same. */
export type Harmless = { readonly name: string; readonly formats: readonly string[]; readonly alter: Alterations };

export const HARMLESS: readonly Harmless[] = [
  {
    name: 'a time beside an entry of Rekor v2',
    formats: REKOR_V2,
    alter: { bundle: (bundle) => replaced(bundle, `${ENTRY}.integratedTime`, '1') },
  },
  {
    name: 'an index beside an entry of Rekor v2',
    formats: REKOR_V2,
    alter: { bundle: (bundle) => replaced(bundle, `${ENTRY}.logIndex`, '99999') },
  },
  {
    name: 'the signature of an unknown witness',
    formats: [...REKOR_V2, 'v0.3 message'],
    alter: { note: (note) => `${note}— witness.unknown.example ${Buffer.alloc(76, 7).toString('base64')}\n` },
  },
  {
    name: 'an unknown key ahead of the log',
    formats: [...REKOR_V2, 'v0.3 message'],
    alter: {
      note: (note) => note.replace('\n\n', `\n\n— other.example ${Buffer.alloc(68, 7).toString('base64')}\n`),
    },
  },
  {
    name: 'a line more in the checkpoint, signed',
    formats: [...REKOR_V2, 'v0.3 message'],
    alter: { checkpoint: (checkpoint) => ({ ...checkpoint, extensions: ['Timestamp: 1772445600000000000'] }) },
  },
  {
    name: 'the intermediate in the chain',
    formats: CHAINED,
    alter: { made: (made) => chained(made, (leaf, authorities) => [leaf, ...authorities.slice(0, 1)]) },
  },
  {
    name: 'another hint to the key',
    formats: [KEYED_MESSAGE, KEYED_DSSE, ...KEYED_LOGGED],
    alter: { bundle: (bundle) => replaced(bundle, 'verificationMaterial.publicKey.hint', '__proto__') },
  },
];
