import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../src/model/json.ts';
import { type TrustConfig, trustConfig } from '../../src/trust/config.ts';
import { createLab, type Lab, type LabOptions } from './lab/lab.ts';
import type { Made } from './lab/made.ts';
import { scenario } from './lab/scenarios.ts';

/** The laboratory's files in a folder, and a configuration that trusts them. */
export type LabFolder = {
  readonly folder: string;
  readonly lab: Lab;
  /** A bundle over the lab's artifact. */
  readonly made: (name: string, lab?: Lab) => Made;
  readonly write: (name: string, text: string | Uint8Array) => string;
  readonly config: (parts?: { readonly [member: string]: Json }) => TrustConfig;
  readonly remove: () => void;
};

export const KEYED = 'keyed message ecdsa-sha2-256-nistp256';
export const KEYLESS = 'v0.3 message timestamped';

/** Authorities of the lab: `release`, a workflow, and `board`, a key; each vouches for catalogues. */
export function labFolder(options: LabOptions = {}): LabFolder {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-trust-'));
  const lab = createLab(options);
  const made = (name: string, other = lab) => other.make(scenario(name));
  const write = (name: string, text: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const { identity, issuer, trustedRootBytes } = made(KEYLESS);
  write('root.json', trustedRootBytes);
  write('key.pem', made(KEYED).key?.spkiPem ?? '');
  write('revoked.yaml', 'revocations: []\n');
  const scope = { servers: ['*'], tools: ['*'] };
  const usual = {
    roots: { lab: { source: 'file', path: 'root.json' } },
    authorities: {
      release: {
        identities: [{ issuer, subject: identity }],
        root: 'lab',
        vouches_for: { catalogue: {} },
        scope,
      },
      board: { keys: [{ path: 'key.pem' }], vouches_for: { catalogue: {} }, scope },
    },
    rules: [{ name: 'catalogues', kinds: ['catalogue'], authorities: ['release', 'board'] }],
    revocations: { files: ['revoked.yaml'] },
  };
  return {
    folder,
    lab,
    made,
    write,
    config: (parts = {}) => trustConfig.parse({ ...usual, ...parts }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
