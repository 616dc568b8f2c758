import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, isMap, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { auditConfig } from './audit/config.ts';
import { catalogueConfig } from './catalogue/config.ts';
import { environmentsConfig } from './decision/environment.ts';
import { isGiven, readBounded } from './durable/bounded-read.ts';
import { CodedError, codeOf } from './errors.ts';
import { limitsConfig, listenConfig, operationsConfig } from './http/config.ts';
import { authenticationConfig } from './identity/config.ts';
import { isLoopbackHost } from './model/loopback.ts';
import { printable } from './model/printable.ts';
import { logConfig } from './observe/log.ts';
import { plansConfig } from './plan/config.ts';
import { policyConfig } from './policy/config.ts';
import { stateConfig } from './state/config.ts';
import { trustConfig } from './trust/config.ts';

const DEFAULT_INSTANCE = 'exequatur';

/** One YAML file, whole. Each part owns its own schema, with defaults and bounds; here is only what concerns several. */
export const configSchema = z
  .strictObject({
    /** Whose deployment this is; stands in facts and records. */
    tenant: z.string().min(1).max(256).default('default'),
    /** This process among its replicas; stands in records. */
    instance: z.string().min(1).max(256).default(DEFAULT_INSTANCE),
    listen: listenConfig,
    operations: operationsConfig,
    policy: policyConfig,
    authentication: authenticationConfig,
    environments: environmentsConfig.prefault({ names: ['production'] }),
    trust: trustConfig.optional(),
    state: stateConfig,
    catalogue: catalogueConfig,
    plans: plansConfig,
    audit: auditConfig,
    limits: limitsConfig,
    log: logConfig,
  })
  .superRefine((config, context) => {
    if (config.authentication.dangerously_trust_asserted_subjects && !isLoopbackHost(config.listen.host)) {
      context.addIssue({
        code: 'custom',
        path: ['authentication', 'dangerously_trust_asserted_subjects'],
        message: `is refused while listen.host is ${config.listen.host}: asserted subjects are trusted on loopback alone; listen on 127.0.0.1`,
      });
    }
    if (config.plans !== undefined && config.trust === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['plans'],
        message: 'needs trust: a plan counts by its signatures alone; name authorities for plans in trust.authorities',
      });
    }
    if (config.plans !== undefined && config.state.store === 'redis' && config.instance === DEFAULT_INSTANCE) {
      context.addIssue({
        code: 'custom',
        path: ['instance'],
        message: 'must tell this replica from the others that share the store; give each a name of its own',
      });
    }
    if ((config.plans?.submitters.length ?? 0) > 0 && config.state.store === 'memory') {
      context.addIssue({
        code: 'custom',
        path: ['plans', 'submitters'],
        message: 'needs state.store: file or redis: a plan that was taken must outlive this process',
      });
    }
    if (
      config.listen.port !== 0 &&
      config.listen.port === config.operations.port &&
      config.listen.host === config.operations.host
    ) {
      context.addIssue({
        code: 'custom',
        path: ['operations', 'port'],
        message: 'is the port of `listen`; take another',
      });
    }
  });

/** The configuration, checked, defaults filled in. `folder` is what relative paths in it are meant against. */
export type Config = z.infer<typeof configSchema> & { readonly folder: string };

/** The configuration that counts where none is named: the demonstration, which the repository ships. */
export function demonstrationFile(): string {
  return fileURLToPath(new URL('../demonstration.yaml', import.meta.url));
}

const MAX_BYTES = 4 * 1024 * 1024;
/** Characters of a problem, or of a path in a message: it may be anything that a file system or YAML takes. */
const MOST_SHOWN = 5000;

/**
 * Reads a configuration file.
 *
 * @throws CodedError `config.unreadable`, or `config.invalid` whose message lists every problem with its place and remedy.
 */
export function readConfig(file: string): Config {
  const read = readBounded(file, MAX_BYTES, { pipes: isGiven(file) });
  if ('bytes' in read) return parseConfig(read.bytes.toString('utf8'), file);
  switch (read.problem) {
    case 'too_large':
      throw new CodedError('config.unreadable', `${printable(file, MOST_SHOWN)} is larger than ${MAX_BYTES} bytes`);
    case 'no_file':
      throw new CodedError('config.unreadable', `${printable(file, MOST_SHOWN)} is no file; name one with --config`);
    case 'unreadable': {
      const { cause } = read;
      throw new CodedError(
        'config.unreadable',
        `cannot read ${printable(file, MOST_SHOWN)} (${codeOf(cause) ?? 'unknown error'}); name an existing file with --config`,
        { cause },
      );
    }
  }
}

/** The same over the text; `file` names it in messages, and relative paths are meant against its folder. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const syntax = [...document.errors, ...document.warnings].map((problem) => {
    const { line, col } = lines.linePos(problem.pos[0]);
    const what = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    return `${file}:${line}:${col} ${what}`;
  });
  if (syntax.length > 0) throw invalid(syntax);
  const parsed = configSchema.safeParse(toPlain(document, file));
  if (!parsed.success) {
    throw invalid(parsed.error.issues.flatMap((issue) => describeIssue(issue, document, lines, file)));
  }
  return deepFreeze({ ...parsed.data, folder: dirname(resolve(file)) });
}

/** A path of the configuration, meant against the configuration's folder. */
export function configPath(config: Config, path: string): string {
  return resolve(config.folder, path);
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (cause) {
    throw new CodedError(
      'config.invalid',
      `${printable(file, MOST_SHOWN)}: its aliases expand too far; write the values out`,
      { cause },
    );
  }
}

/** A problem with its place; each key that nobody knows by itself. */
function describeIssue(issue: z.core.$ZodIssue, document: Document, lines: LineCounter, file: string): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${place(document, lines, file, path)} ${path.join('.')}: nobody knows this key; correct its name or remove it`;
    });
  }
  const missing = issue.code === 'invalid_type' && document.getIn(issue.path) === undefined;
  const what = missing ? `is missing; it must be ${withArticle(issue.expected)}` : issue.message;
  return [`${place(document, lines, file, issue.path)} ${issue.path.join('.') || '(top)'}: ${what}`];
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** The place of the deepest node that exists on the path: a missing member is reported where it belongs. */
function place(document: Document, lines: LineCounter, file: string, path: readonly PropertyKey[]): string {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) {
      const { line, col } = lines.linePos(node.range[0]);
      return `${file}:${line}:${col}`;
    }
  }
  return isMap(document.contents) ? `${file}:1:1` : file;
}

function hasRange(node: unknown): node is { range: NonNullable<Node['range']> } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

function invalid(problems: readonly string[]): CodedError {
  const head =
    problems.length === 1 ? 'the configuration has a problem' : `the configuration has ${problems.length} problems`;
  return new CodedError(
    'config.invalid',
    `${head}:\n  ${problems.map((problem) => printable(problem, MOST_SHOWN)).join('\n  ')}`,
    {
      detail: { problems: problems.length },
    },
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
