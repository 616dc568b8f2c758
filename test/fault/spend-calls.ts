import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Agent, request as send } from 'node:http';
import { join } from 'node:path';
import type { JsonObject } from '../../src/model/json.ts';
import { digestOfDefinition, PLANNED, toolDefinition } from '../e2e/deployment.ts';

/** What a decision says, as far as these runs read it. */
export type Answer = {
  readonly decision: boolean;
  readonly context: { readonly evaluation_id: string; readonly reasons: readonly { readonly code: string }[] };
};

/** The step that is called, and under which name. */
export type Called = { readonly plan: string; readonly step: string; readonly call: string };

const DIGEST = digestOfDefinition(toolDefinition('resources_delete'));

/** Asks whether the release bot may take the step of `planOf`. */
export function askFor(agent: Agent | false, decisions: string, { plan, step, call }: Called): Promise<Answer> {
  return post(agent, decisions, {
    subject: { type: 'agent', id: 'release-bot' },
    action: { name: 'tools/call', properties: { arguments: PLANNED } },
    resource: { type: 'tool', id: 'kubernetes/resources_delete', properties: { digest: DIGEST } },
    context: { plan: { hash: plan, step }, call, session: 's' },
  });
}

/** Asks whether a reader may look at a repository: permitted without a plan. */
export function askToRead(agent: Agent | false, decisions: string): Promise<Answer> {
  const digest = digestOfDefinition(toolDefinition('git_status'));
  return post(agent, decisions, {
    subject: { type: 'agent', id: 'reader-bot' },
    action: { name: 'tools/call', properties: { arguments: {} } },
    resource: { type: 'tool', id: 'git/git_status', properties: { digest } },
  });
}

function post(agent: Agent | false, decisions: string, request: JsonObject): Promise<Answer> {
  const body = JSON.stringify(request);
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = send(`${decisions}/access/v1/evaluation`, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200 && response.complete) resolve(JSON.parse(text));
        else reject(new Error(`status ${response.statusCode}: ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Whether this is among the reasons. */
export function says({ context }: Answer, code: string): boolean {
  return context.reasons.some((reason) => reason.code === code);
}

/** A permit's record, as far as these runs read it. */
export type PermitRecord = { readonly id: string; readonly call?: string; readonly refers_to?: string };

/** The records of permits in a log's folder. */
export function permitsIn(folder: string): readonly PermitRecord[] {
  const found: PermitRecord[] = [];
  if (!existsSync(folder)) return found;
  for (const name of readdirSync(folder).filter((file) => /^\d{20}\.jsonl$/.test(file))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const { record } = JSON.parse(line);
      if (record.kind === 'decision' && record.verdict.permit) found.push(record);
    }
  }
  return found;
}
