import { resolve } from 'node:path';
import { configPath, readConfig } from '../config.ts';
import { CodedError } from '../errors.ts';
import type { TrustConfig } from '../trust/config.ts';
import type { CurrentVerdict } from '../trust/current.ts';
import type { TrustEvent } from '../trust/event.ts';
import { type DocumentToJudge, jobOf, openMaterial, type TrustMaterial } from '../trust/material.ts';
import type { DocumentVerdict } from '../trust/verdict.ts';
import { createVerifier } from '../trust/worker/verifier.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** Whose trust counts: a configuration's, read from a file. */
export type ConfiguredTrust = {
  readonly trust: TrustConfig;
  /** The configuration's file, for messages. */
  readonly file: string;
  readonly resolvePath: (path: string) => string;
};

/**
 * The trust of the configuration that a command line names.
 *
 * @param otherwise what else could be given, for the message where the configuration says nothing of trust
 * @throws CodedError `verify.no_trust`, `config.*`
 */
export function configuredTrust(name: string, cwd: string, otherwise = ''): ConfiguredTrust {
  const file = resolve(cwd, name);
  const config = readConfig(file);
  if (config.trust === undefined) {
    throw new CodedError('verify.no_trust', `${file} says nothing of trust; name another with --config${otherwise}`);
  }
  return { trust: config.trust, file, resolvePath: (path) => configPath(config, path) };
}

/** What is verified, and by what. */
export type Verification = {
  readonly trust: TrustConfig;
  readonly resolvePath: (path: string) => string;
  readonly document: DocumentToJudge;
  /** Which of the rules and authorities are asked; default all. */
  readonly pick?: (material: TrustMaterial) => Pick<TrustMaterial, 'rules' | 'authorities'>;
};

/**
 * Verifies a document as the service would, now, with roots as they were last kept: nothing is fetched. What an operator can act on is
 * told on standard error.
 *
 * @throws CodedError `trust.*`, and whatever `pick` throws
 */
export async function verifyUnder(
  { trust, resolvePath, document, pick = (material) => material }: Verification,
  terminal: Terminal,
): Promise<CurrentVerdict & { readonly verdict: DocumentVerdict }> {
  const onEvent = (event: TrustEvent) => tell(event, terminal);
  const material = await openMaterial({
    config: trust,
    resolvePath,
    now: Date.now,
    fetch,
    onEvent,
    refreshAtStart: false,
  });
  const verifier = createVerifier({ limits: trust.verification, onEvent });
  try {
    const now = Date.now();
    const verdict = await verifier.verify(jobOf({ ...material, ...pick(material) }, document, now));
    return { verdict, ...material.stand(verdict, now) };
  } finally {
    await Promise.all([verifier.close(), material.close()]);
  }
}

/** Only what an operator can act on: that revocations were read is no news here. */
function tell({ code, severity, message }: TrustEvent, terminal: Terminal): void {
  if (severity === 'info') return;
  terminal.err(`${paint(terminal, 'yellow', 'warning')} ${printable(code)}: ${printable(message)}\n`);
}
