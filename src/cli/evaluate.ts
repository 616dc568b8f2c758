import { resolve } from 'node:path';
import type { Command } from 'commander';
import { activatePolicy, loadOffline, overridePolicy } from '../compose.ts';
import { type Config, demonstrationFile, readConfig } from '../config.ts';
import { gatherFacts } from '../decision/facts.ts';
import { ASSERTED_ISSUER } from '../identity/identify.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { mergePatch } from '../model/merge-patch.ts';
import type { Verdict } from '../model/verdict.ts';
import { type RequestFile, readRequestFile, readTime } from './request-file.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';

type Options = {
  readonly config?: string;
  readonly policies?: readonly string[];
  readonly bundle?: string;
  readonly time?: string;
  readonly issuer: string;
  readonly role?: readonly string[];
  readonly dangerouslyTrustFile?: boolean;
  readonly json?: boolean;
};

/** Adds `exequatur evaluate`. */
export function addEvaluateCommand(program: Command, terminal: Terminal): void {
  program
    .command('evaluate')
    .description('Decides one request from a file, offline: prints each control and why it failed. Records nothing.')
    .argument('<file>', 'an AuthZEN evaluation request, or one of examples/; - reads standard input')
    .option(
      '-c, --config <file>',
      'the configuration whose policy, catalogue and environments count (default: the demonstration)',
    )
    .option(
      '-p, --policies <folder>',
      'a folder of Rego and data laid over the shipped one; again for one over that',
      collect,
    )
    .option('-b, --bundle <file>', 'a compiled bundle instead')
    .option('-t, --time <time>', 'the time of the decision, RFC 3339 (default: the example’s, else now)')
    .option('--issuer <issuer>', 'the issuer that vouches for the subject', ASSERTED_ISSUER)
    .option('--role <role>', 'a role that the subject’s credential carries; again for another', collect)
    .option(
      '--dangerously-trust-file',
      'takes time and facts from the file too, as examples/ have them; never for a request of somebody else',
    )
    .option('--json', 'prints one JSON object: decision and facts, or error')
    .addHelpText(
      'after',
      '\nExamples:\n  exequatur evaluate request.json\n  exequatur evaluate request.json --policies my-policies --time 2026-11-23T10:00:00Z\n  exequatur evaluate --dangerously-trust-file examples/27-deploy-in-the-window.json\n\nExit codes: 0 for a permit, 2 for a denial or an error; with --json, an error has the member "error".',
    )
    .action(async (file: string, options: Options) => {
      const config = overridePolicy(readConfig(resolve(terminal.cwd, options.config ?? demonstrationFile())), {
        ...(options.policies !== undefined && { paths: options.policies.map((path) => resolve(terminal.cwd, path)) }),
        ...(options.bundle !== undefined && { bundle: resolve(terminal.cwd, options.bundle) }),
      });
      const requested = await readRequestFile(file, terminal.cwd, options.dangerouslyTrustFile === true);
      const { facts, verdict, policy } = await evaluateFile(config, requested, options, terminal.interrupted);
      if (options.json === true) {
        terminal.out(`${printableJson(JSON.stringify({ decision: verdict.permit, ...verdict, policy, facts }))}\n`);
      } else {
        terminal.out(describeVerdict(verdict, facts, `${policy.revision} ${policy.digest}`, terminal));
      }
      terminal.setExit(verdict.permit ? 0 : 2);
    });
}

/** An option that may be given again. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function evaluateFile(config: Config, file: RequestFile, options: Options, signal: AbortSignal) {
  const { request } = file;
  const policy = await activatePolicy(config, undefined, signal);
  await using sources = await loadOffline(config);
  const identity = { issuer: options.issuer, id: request.subject.id };
  const time = options.time === undefined ? (file.time ?? Date.now()) : readTime(options.time);
  const { facts: gathered } = await gatherFacts(
    request,
    {
      caller: { ...identity, method: 'asserted' },
      principal: { ...identity, authenticated: true, roles: options.role ?? [] },
      actors: [],
    },
    time,
    sources,
  );
  const facts = file.facts === undefined ? gathered : patched(gathered, file.facts);
  const { subject, action, resource, context } = request;
  return { facts, ...policy.evaluate({ subject, action, resource, context, facts }) };
}

/** What an example lays over the facts can be anything; the policy must bear it. */
function patched(gathered: JsonObject, patch: Json): JsonObject {
  const facts = mergePatch(gathered, patch);
  return isJsonObject(facts) ? facts : {};
}

const MARKS = { pass: 'green', fail: 'red', not_applicable: 'gray' } as const;

function describeVerdict(verdict: Verdict, facts: JsonObject, policy: string, terminal: Terminal): string {
  const say = (...path: string[]) => printable(textAt(facts, path));
  const named =
    say('tool', 'server') === '?'
      ? `a tool that is not known here (${say('tool', 'code')})`
      : `${say('tool', 'server')}/${say('tool', 'name')} (${say('tool', 'effect')})`;
  const lines = [
    `${paint(terminal, ['bold', verdict.permit ? 'green' : 'red'], verdict.permit ? 'PERMIT' : 'DENY')}  ${named}`,
    `  for ${say('principal', 'id')} of ${say('principal', 'issuer')}, in ${say('environment')}, at ${say('time')}`,
    '',
  ];
  const width = Math.max(...Object.keys(verdict.controls).map((name) => name.length), 6);
  for (const [name, state] of Object.entries(verdict.controls).sort(([a], [b]) => a.localeCompare(b))) {
    lines.push(`  ${printable(name).padEnd(width)}  ${paint(terminal, MARKS[state], state.replace('_', ' '))}`);
  }
  if (verdict.reasons.length > 0) lines.push('');
  for (const reason of verdict.reasons) lines.push(`  ${printable(reason.code)}: ${printable(reason.message)}`);
  for (const obligation of verdict.obligations) {
    lines.push(`  obligation ${printable(obligation.type)} ${printable(JSON.stringify(obligation.properties))}`);
  }
  return `${[...lines, '', `  policy ${policy}`].join('\n')}\n`;
}

/** A text somewhere in the facts; `?` where there is none. */
function textAt(facts: JsonObject, path: readonly string[]): string {
  let value: Json | undefined = facts;
  for (const step of path) value = value !== undefined && isJsonObject(value) ? member(value, step) : undefined;
  return typeof value === 'string' ? value : '?';
}
