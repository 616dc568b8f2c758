import { activatePolicy, loadOffline } from '../compose.ts';
import { type Config, configPath, readConfig } from '../config.ts';
import type { CronSchedule } from '../durable/cron.ts';
import { CodedError, describeThrown } from '../errors.ts';
import { loadAuthorities } from '../trust/authority/load.ts';
import type { TrustConfig } from '../trust/config.ts';
import type { TrustEvent } from '../trust/event.ts';
import { liveLogProblems } from '../trust/freshness/live-source.ts';
import { openRevocations } from '../trust/revocation/open.ts';
import { openRoots } from '../trust/root/roots.ts';
import type { TrustRoot } from '../trust/root/trust-root.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';

type Problem = { readonly code: string; readonly message: string };
type Report = (problem: Problem) => void;

/** What a start would find. */
type Found = {
  readonly problems: readonly Problem[];
  /** What would not end a start, and is to be looked at all the same. */
  readonly warnings: readonly Problem[];
};

/** Nothing runs by the clock in a command that ends. */
const noSchedule: CronSchedule = () => async () => undefined;

/**
 * Reads the configuration and all that it names (policy, catalogue, keys, roots, revocations), and tells every problem. Nothing is
 * listened on, fetched or recorded; the folder of the audit log and the store of state are left alone.
 */
export async function checkConfiguration(file: string, signal: AbortSignal): Promise<Found> {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  await attempt(report, async () => {
    const config = readConfig(file);
    const ofTrust: Problem[] = [];
    if (config.trust !== undefined) {
      await checkTrust(
        config,
        config.trust,
        (problem) => void ofTrust.push(problem),
        (warning) => void warnings.push(warning),
      );
    }
    // Where signatures cannot be verified, there is more to be said of documents than that.
    const verifiable = ofTrust.length === 0 ? config : { ...config, trust: undefined };
    await attempt(report, () => checkDocuments(verifiable, report, (warning) => void warnings.push(warning)));
    await attempt(report, () => activatePolicy(config, undefined, signal));
    problems.push(...ofTrust);
  });
  return { problems, warnings };
}

/** Documents that would not count: what a start would refuse, save what the store of state alone knows. */
async function checkDocuments(config: Config, report: Report, warn: Report): Promise<void> {
  await using documents = await loadOffline(config);
  for (const { message, failed, state } of [...documents.catalogue.idle(), ...(documents.plans?.shelf.idle() ?? [])]) {
    // A later version beside an earlier one is how things are done.
    const tell = state === 'superseded' ? warn : report;
    tell({ code: `document.${failed[0]?.code ?? 'refused'}`, message });
  }
  if (documents.catalogue.active().length === 0) {
    warn({ code: 'catalogue.empty', message: 'no catalogue counts, so every tool is unknown and every call denied' });
  }
  if (config.trust === undefined) {
    warn({
      code: 'catalogue.untrusted',
      message: 'no trust is configured, so no signature is verified; the shipped policies deny all calls of such tools',
    });
  }
}

/** Each part by itself, so that one problem does not hide another. */
async function checkTrust(config: Config, trust: TrustConfig, report: Report, warn: Report): Promise<void> {
  const resolve = (path: string) => configPath(config, path);
  await attempt(report, () => loadAuthorities(trust, resolve));
  const known = new Map<string, TrustRoot>();
  for (const [name, root] of Object.entries(trust.roots)) {
    await attempt(report, async () => {
      const roots = await openRoots(
        { [name]: root },
        { resolve, now: Date.now, onEvent: telling(warn), cron: noSchedule, refreshAtStart: false },
      );
      const state = roots.current()[name];
      if (state !== undefined && 'root' in state) known.set(name, state.root);
      await roots.close();
    });
  }
  const revocations = await openRevocations(trust.revocations.files.map(resolve), {});
  const state = revocations.current();
  if (state.state === 'unavailable') report({ code: 'revocations.unavailable', message: state.message });
  await revocations.close();
  const { live } = trust.freshness;
  for (const problem of live === undefined ? [] : liveLogProblems(live, (name) => known.get(name))) {
    report({ code: 'config.invalid', message: `trust.freshness.live.logs: ${problem}` });
  }
}

function telling(warn: Report): (event: TrustEvent) => void {
  return ({ code, severity, message }) => {
    if (severity !== 'info') warn({ code, message });
  };
}

async function attempt(report: Report, act: () => unknown): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    report({ code: error.code, message: describeThrown(error) });
  }
}

/** What was found, as a person or a program reads it. */
export function foundText(file: string, { problems, warnings }: Found, asJson: boolean, terminal: Terminal): string {
  const ok = problems.length === 0;
  if (asJson) return `${printableJson(JSON.stringify({ ok, config: file, problems, warnings }))}\n`;
  const lines = [
    ...problems.map((one) => `${paint(terminal, 'red', 'problem')} ${text(one)}`),
    ...warnings.map((one) => `${paint(terminal, 'yellow', 'warning')} ${text(one)}`),
    `${ok ? paint(terminal, 'green', 'ok') : paint(terminal, 'red', 'not ok')}  ${printable(file)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function text({ code, message }: Problem): string {
  return `${printable(code)}: ${message.split('\n').map(printable).join('\n')}`;
}
