import { z } from 'zod';
import { isJsonObject, type Json, member } from '../model/json.ts';
import { NAME } from '../model/name.ts';
import { toolArguments } from '../model/request.ts';
import { matchesWildcard } from '../model/wildcard.ts';
import type { ResolveEnvironment } from './ports.ts';

/** The name that stands for "no rule matched": it counts as the strictest, and no environment may be called so. */
export const UNKNOWN_ENVIRONMENT = 'unknown';

const name = z.string().regex(NAME, 'must be lower-case letters, digits, dots, dashes or underscores');

const rule = z
  .strictObject({
    /** Which environment a call that matches is for. */
    environment: name,
    /** Servers as the catalogue names them. */
    servers: z.array(z.string().min(1).max(256)).min(1).optional(),
    /** Callers, by issuer and id. */
    callers: z
      .array(z.strictObject({ issuer: z.string().min(1), id: z.string().min(1) }))
      .min(1)
      .optional(),
    /** A member of the tool's arguments: an RFC 6901 pointer, and the values that match (`*` stands for any characters). */
    argument: z
      .strictObject({
        pointer: z.string().regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'must be a JSON pointer (RFC 6901) such as /context'),
        values: z.array(z.string().min(1).max(256)).min(1),
      })
      .optional(),
  })
  .refine((found) => found.servers !== undefined || found.callers !== undefined || found.argument !== undefined, {
    message: 'must name servers, callers or an argument; a rule without a condition would match every call',
  });

/** The configuration's `environments`: what a call is for, from configuration and never from what the caller's context says. */
export const environmentsConfig = z
  .strictObject({
    /** From the least to the most strict; where several rules match, the strictest counts. */
    names: z.array(name).min(1).max(64),
    /** All conditions of a rule must hold. No rule matches: `unknown`. */
    rules: z.array(rule).max(10_000).default([]),
  })
  .superRefine((found, context) => {
    for (const [index, entry] of found.names.entries()) {
      if (entry === UNKNOWN_ENVIRONMENT) {
        context.addIssue({
          code: 'custom',
          path: ['names', index],
          message: '"unknown" stands for calls that no rule matches; take another name',
        });
      }
      if (found.names.indexOf(entry) !== index) {
        context.addIssue({ code: 'custom', path: ['names', index], message: 'is named twice' });
      }
    }
    for (const [index, entry] of found.rules.entries()) {
      if (!found.names.includes(entry.environment)) {
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'environment'],
          message: `is not among names (${found.names.join(', ')})`,
        });
      }
    }
  });

export type EnvironmentsConfig = z.infer<typeof environmentsConfig>;
type Rule = EnvironmentsConfig['rules'][number];

/** Resolves the environment of a call: every rule is tried, the strictest match counts, none is `unknown`. */
export function createEnvironmentResolver(config: EnvironmentsConfig): ResolveEnvironment {
  const strictness = new Map(config.names.map((environment, index) => [environment, index]));
  return (request, caller, tool) => {
    const args = toolArguments(request);
    let strictest = -1;
    for (const entry of config.rules) {
      const rank = strictness.get(entry.environment) ?? Number.POSITIVE_INFINITY;
      if (rank > strictest && matches(entry, caller, tool.known ? tool.server : undefined, args)) strictest = rank;
    }
    return config.names[strictest] ?? UNKNOWN_ENVIRONMENT;
  };
}

function matches(
  entry: Rule,
  caller: { readonly issuer: string; readonly id: string },
  server: string | undefined,
  args: Json | undefined,
): boolean {
  if (entry.servers !== undefined && (server === undefined || !entry.servers.includes(server))) return false;
  if (
    entry.callers !== undefined &&
    !entry.callers.some((one) => one.issuer === caller.issuer && one.id === caller.id)
  ) {
    return false;
  }
  if (entry.argument === undefined) return true;
  const value = args === undefined ? undefined : atPointer(args, entry.argument.pointer);
  return typeof value === 'string' && entry.argument.values.some((pattern) => matchesWildcard(pattern, value));
}

/** The value at an RFC 6901 pointer, own members only; undefined where there is none. */
export function atPointer(value: Json, pointer: string): Json | undefined {
  let current: Json | undefined = value;
  for (const step of pointer.split('/').slice(1)) {
    const token = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(current)) current = /^(?:0|[1-9][0-9]*)$/.test(token) ? current[Number(token)] : undefined;
    else if (isJsonObject(current)) current = member(current, token);
    else return undefined;
  }
  return current;
}
