import { parseDocumentJson } from '../document/reader.ts';
import type { Identity } from '../model/facts.ts';
import type { JsonObject } from '../model/json.ts';
import { within } from '../model/json.ts';
import { PLAN_LIMITS, type Plan, parsePlan } from '../plan/document.ts';
import type { PlanStep } from '../plan/step.ts';
import type { Field, ShownKind } from './document-show.ts';
import { paintEffect } from './effect-text.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** How `exequatur plan show` shows a plan. */
export const SHOWN_PLAN: ShownKind<Plan> = {
  what: 'the plan',
  mostBytes: PLAN_LIMITS.maxBytes,
  parse: parsePlan,
  digestName: 'hash',
  fields,
  body,
  json: (_content, bytes): JsonObject => ({ document: documentOf(bytes) }),
};

/** Characters of the arguments of a step that are shown. */
const ARGUMENTS_SHOWN = 200;
const ORDERS = { strict: 'strict: one step after another', any: 'any' } as const;

/** It was parsed before. */
function documentOf(bytes: Uint8Array) {
  return parseDocumentJson('plan', bytes, 'the plan', PLAN_LIMITS);
}

function fields({ audience, agent, order, environments }: Plan): readonly Field[] {
  const { actors, session } = agent;
  return [
    ['audience', printable(audience)],
    ['agent', who(agent)],
    ...(actors === undefined ? [] : [['by way of', actors.map(who).join(', then ') || 'nobody'] as const]),
    ...(session === undefined ? [] : [['session', printable(session)] as const]),
    ['environments', environments === undefined ? 'all' : printable(environments.join(', '))],
    ['order', ORDERS[order]],
  ];
}

function who({ issuer, id }: Identity): string {
  return `${printable(id)} of ${printable(issuer)}`;
}

function body({ steps }: Plan, bytes: Uint8Array, terminal: Terminal): readonly string[] {
  const json = documentOf(bytes);
  const widths = {
    id: Math.max(...steps.map(({ id }) => printable(id).length)),
    tool: Math.max(...steps.map(({ toolId }) => printable(toolId).length)),
  };
  return [
    '',
    paint(terminal, 'bold', 'steps'),
    ...steps.flatMap((step, index) => {
      const { id, toolId, effect, runs } = step;
      const words = [
        printable(id).padEnd(widths.id),
        printable(toolId).padEnd(widths.tool),
        paintEffect(effect, terminal),
        runs === 1 ? 'once' : `up to ${runs} times`,
      ];
      const schema = within(json, 'steps', index, 'arguments', 'schema');
      return [
        `  ${words.join('  ')}`,
        `  ${' '.repeat(widths.id)}  ${paint(terminal, 'dim', argumentsText(step, JSON.stringify(schema)))}`,
      ];
    }),
  ];
}

function argumentsText({ arguments: allowed }: PlanStep, schema: string | undefined): string {
  switch (allowed.kind) {
    case 'exact':
      return `exactly ${shortened(allowed.canonical)}`;
    case 'schema':
      return `by schema ${shortened(schema ?? '')}`;
    case 'digest':
      return `by digest ${allowed.digest}`;
  }
}

function shortened(json: string): string {
  return printable(json.length > ARGUMENTS_SHOWN ? `${json.slice(0, ARGUMENTS_SHOWN).toWellFormed()}…` : json);
}
