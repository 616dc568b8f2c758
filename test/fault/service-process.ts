import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entry = join(root, 'src/cli/entry.ts');

/** One of `trust.authorities`: whose signature under the shipped catalogue counts, as `demonstration.yaml` has it. */
export const DEMONSTRATION_AUTHORITY = `demonstration:
      keys: [{ path: ${JSON.stringify(join(root, 'trust/demonstration.pub'))} }]
      vouches_for: { catalogue: {} }
      scope: { servers: ["*"], tools: ["*"] }
      highest_effect: destructive`;

const trust = `trust:
  authorities:
    ${DEMONSTRATION_AUTHORITY}
  rules:
    - { name: what-is-shipped, kinds: [catalogue], authorities: [demonstration] }
`;

/** The configuration has a trust of its own, in place of the demonstration's. */
const OWN_TRUST = /^trust:/m;

/**
 * A folder of its own with the demonstration's configuration on free ports, its audit log beside it. `extra` is more YAML; its `trust`
 * counts in place of the demonstration's.
 */
export function demonstrationFolder(extra = ''): { folder: string; config: string; audit: string } {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-'));
  const config = join(folder, 'config.yaml');
  const audit = join(folder, 'audit');
  writeFileSync(
    config,
    `listen: { port: 0 }
operations: { port: 0 }
authentication: { dangerously_trust_asserted_subjects: true }
policy: { bundle: ${JSON.stringify(join(root, 'wasm/exequatur.tar.gz'))} }
catalogue: { folders: [${JSON.stringify(join(root, 'catalogue'))}] }
environments:
  names: [development, shared, staging, production]
  rules:
    - { environment: development, servers: [filesystem, git] }
    - { environment: shared, servers: [github, slack] }
    - { environment: production, servers: [kubernetes, postgres] }
audit: { folder: ${JSON.stringify(audit)} }
log: { level: error }
${OWN_TRUST.test(extra) ? '' : trust}${extra}`,
  );
  return { folder, config, audit };
}

/** A service in a process of its own. */
export type ServiceProcess = {
  readonly decisions: string;
  readonly operations: string;
  readonly child: ChildProcess;
  /** What it wrote on standard error so far. */
  readonly stderr: () => string;
  /** Ends it by a signal; resolves with its exit code once it is gone. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

/** Starts `exequatur serve` and resolves once it listens; rejects with what it said when it ends before. */
export function startService(config: string, nodeOptions: readonly string[] = []): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...nodeOptions, entry, 'serve', '--config', config, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-100_000);
  });
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return gone;
  };
  return new Promise((resolve, reject) => {
    void gone.then((code) => reject(new Error(`the service ended with ${code}: ${stderr}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { listening } = JSON.parse(line);
      if (listening !== undefined) resolve({ ...listening, child, stderr: () => stderr, end });
    });
  });
}
