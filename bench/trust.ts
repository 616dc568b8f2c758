// What verifying a signed document costs, by format, off the way of decisions; and the look-up that a decision makes instead.
// Usage: node bench/trust.ts [--quick]
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { memoryState } from '../src/state/memory.ts';
import { NO_CONTENT } from '../src/trust/authority/content.ts';
import { VERIFIERS } from '../src/trust/examine.ts';
import { parseTrustRoot } from '../src/trust/root/parse-trust-root.ts';
import type { TrustRoot } from '../src/trust/root/trust-root.ts';
import { openTrust, type Trust } from '../src/trust/trust.ts';
import { type VerificationJob, verifyDocument } from '../src/trust/verify-document.ts';
import { verificationConfig } from '../src/trust/worker/config.ts';
import { createVerifier } from '../src/trust/worker/verifier.ts';
import { jobOfMade } from '../test/trust/jobs.ts';
import { createLab } from '../test/trust/lab/lab.ts';
import { scenario } from '../test/trust/lab/scenarios.ts';
import { KEYED, KEYLESS, labFolder } from '../test/trust/lab-folder.ts';

/** What the laboratory signs, and what it is called here. */
const FORMATS: readonly (readonly [string, string])[] = [
  ['keyed message ecdsa-sha2-256-nistp256', 'key, message, P-256'],
  ['keyed message ed25519', 'key, message, Ed25519'],
  ['keyed dsse ecdsa-sha2-256-nistp256', 'key, Statement in DSSE, P-256'],
  ['v0.1 message', 'keyless, v0.1, message, Rekor v1'],
  ['v0.3 message', 'keyless, v0.3, message, Rekor v1'],
  ['v0.3 DSSE dsse', 'keyless, v0.3, Statement in DSSE, Rekor v1'],
  ['v0.3 message Rekor v2', 'keyless, v0.3, message, Rekor v2 and TSA'],
  ['v0.3 DSSE Rekor v2', 'keyless, v0.3, Statement in DSSE, Rekor v2 and TSA'],
  ['legacy message', "keyless, cosign's legacy bundle"],
];
const quick = process.argv.includes('--quick');
const RUNS = quick ? 60 : 400;
const WARM_UP = quick ? 20 : 100;
const LOOK_UPS = quick ? 200_000 : 2_000_000;

console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}; ${RUNS} runs each, after ${WARM_UP}`,
);
console.log(
  '\nA verdict is reached, milliseconds: in this thread, and through a pool of one thread, one document at a time; and how many',
);
console.log('the pool reaches in a second when documents wait for it.');
console.log('    p50    p99  |    p50    p99  | per second | bundle bytes  format');
const lab = createLab();
const verifier = createVerifier({ limits: verificationConfig.parse({ queue: RUNS }) });
const roots = new Map<Uint8Array, TrustRoot>();
const begun = performance.now();
await verifier.verify(jobOfMade(lab.make(scenario(KEYED))));
const first = performance.now() - begun;
for (const [name, title] of FORMATS) {
  const job = jobOfMade(lab.make(scenario(name)));
  const here = await measured(async () => verifyHere(job));
  const pooled = await measured(() => verifier.verify(job));
  const from = performance.now();
  await Promise.all(Array.from({ length: RUNS }, () => verifier.verify(job)));
  const perSecond = (RUNS * 1000) / (performance.now() - from);
  const bytes = `${job.bundles[0]?.length ?? 0}`;
  console.log(
    `${milliseconds(here)}  |${milliseconds(pooled)}  | ${perSecond.toFixed(0).padStart(10)} | ${bytes.padStart(12)}  ${title}`,
  );
}
await verifier.close();
console.log(`The first document of a pool waits for its thread besides: ${first.toFixed(0)} ms in all.`);

console.log('\nThe look-up that a decision makes, nanoseconds: median of batches');
const files = labFolder();
const trust = await openTrust({
  config: files.config(),
  resolvePath: (path) => resolve(files.folder, path),
  state: memoryState({ max_entries: 1000, max_bytes: 1_000_000 }),
  now: Date.now,
  fetch: () => Promise.reject(new Error('there is no network')),
  onEvent: () => undefined,
});
for (const [name, title] of [
  [KEYED, 'key'],
  [KEYLESS, 'keyless'],
] as const) {
  await lookUps(trust, name, title);
}
await trust.close();
files.remove();

/** As a thread does it: a root is parsed once. */
function verifyHere(job: VerificationJob) {
  const verdict = verifyDocument(job, {
    ...VERIFIERS,
    parseTrustRoot: (bytes) => {
      const root = roots.get(bytes) ?? parseTrustRoot(bytes);
      roots.set(bytes, root);
      return root;
    },
  });
  if (verdict.by.length !== 1) throw new Error(`not verified: ${JSON.stringify(verdict.failed)}`);
  return verdict;
}

async function measured(run: () => Promise<unknown>): Promise<readonly number[]> {
  for (let count = 0; count < WARM_UP; count++) await run();
  const times: number[] = [];
  for (let count = 0; count < RUNS; count++) {
    const from = performance.now();
    await run();
    times.push(performance.now() - from);
  }
  return times.sort((a, b) => a - b);
}

function milliseconds(sorted: readonly number[]): string {
  return [0.5, 0.99]
    .map((part) => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(2).padStart(7))
    .join('');
}

async function lookUps(held: Trust, name: string, title: string): Promise<void> {
  const { artifact, bundleBytes } = files.made(name);
  const handle = await held.verify({
    kind: 'catalogue',
    name,
    bytes: artifact,
    bundles: [bundleBytes],
    contentOf: () => NO_CONTENT,
  });
  const now = Date.now();
  if (!held.signatures(handle, now).verified) throw new Error('not verified');
  console.log(`${nanoseconds(() => held.signatures(handle, now))}  ${title}: nothing changed since the last decision`);
  // Each a second and more after the one before: whether a root has become stale is asked anew.
  let time = now;
  console.log(
    `${nanoseconds(() => {
      time += 2000;
      return held.signatures(handle, time);
    })}  ${title}: revocations and the root's age are looked at again`,
  );
}

function nanoseconds(run: () => { readonly verified: boolean }): string {
  const BATCH = 1000;
  const times: number[] = [];
  let verified = 0;
  for (let count = 0; count < LOOK_UPS / BATCH; count++) {
    const from = performance.now();
    for (let one = 0; one < BATCH; one++) if (run().verified) verified += 1;
    times.push(((performance.now() - from) * 1_000_000) / BATCH);
  }
  if (verified === 0) throw new Error('nothing was verified');
  times.sort((a, b) => a - b);
  return (times[Math.floor(times.length / 2)] ?? Number.NaN).toFixed(0).padStart(6);
}
