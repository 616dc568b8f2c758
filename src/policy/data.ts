import {
  type Document,
  isAlias,
  isCollection,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
} from 'yaml';
import { codeOf, describeThrown } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts';
import { parseStrictJsonText } from '../model/strict-json.ts';
import type { PolicyProblem } from './refusal.ts';

/** What a data file says, or why it is refused. */
export type DataReading =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/** Bounds of one data file: bytes of its text, and how deep its values may nest. What exceeds them is refused. */
export type DataLimits = { readonly maxBytes: number; readonly maxDepth: number };

// Before the first document, after comments alone.
const DIRECTIVE = /^(?:[ \t]*(?:#.*)?\r?\n)*%/;
/** How often aliases may multiply a YAML value. */
const MAX_ALIASES = 100;

/**
 * Reads a data file with the meaning that OPA gives it, and refuses what OPA and other readers of YAML take differently, or silently: a key twice (OPA keeps the
 * last), merge keys, tags, numbers of YAML 1.1 (`017` is 15 to OPA), `yes` and `no` (strings to OPA), integers beyond 2^53, several documents.
 *
 * @param file how to call it in problems.
 */
export function readDataFile(file: string, text: string, limits: DataLimits): DataReading {
  const reading = file.endsWith('.json') ? readJson(file, text, limits) : readYaml(file, text, limits);
  if (Array.isArray(reading)) return { ok: false, problems: reading };
  if (isJsonObject(reading)) return { ok: true, value: reading };
  return refuse(file, 1, 'policy.data_not_an_object', 'data must be a mapping at the top');
}

function refuse(file: string, row: number, code: string, message: string): DataReading {
  return { ok: false, problems: [{ code, message, file, row }] };
}

type Read = JsonObject | PolicyProblem[] | undefined;

function readJson(file: string, text: string, limits: DataLimits): Read {
  try {
    const value = parseStrictJsonText(text, limits);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    const row = /line (\d+)/.exec(describeThrown(error))?.[1];
    return [
      {
        code: codeOf(error) ?? 'json.syntax',
        message: describeThrown(error),
        file,
        ...(row === undefined ? {} : { row: Number(row) }),
      },
    ];
  }
}

function readYaml(file: string, text: string, limits: DataLimits): Read {
  const lines = new LineCounter();
  const problems: PolicyProblem[] = [];
  const add = (offset: number | undefined, code: string, message: string) =>
    problems.push({ code, message, file, ...(offset === undefined ? {} : { row: lines.linePos(offset).line || 1 }) });

  // To OPA's reader, which descends from YAML 1.1, these end a line.
  const lineBreak = /[\u0085\u2028\u2029\ufeff]/.exec(text);
  if (lineBreak !== null) {
    const found = `U+${lineBreak[0].charCodeAt(0).toString(16).padStart(4, '0')}`;
    return [
      {
        code: 'policy.yaml_ambiguous',
        message: `${found} ends a line for some readers; write it as an escape in double quotes`,
        file,
      },
    ];
  }
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    merge: false,
    intAsBigInt: true,
    logLevel: 'silent',
    prettyErrors: false,
    lineCounter: lines,
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return undefined;
  if (second !== undefined)
    add(second.range[0], 'policy.yaml_several', 'only the first of several documents would count; keep one');
  if (DIRECTIVE.test(text)) add(0, 'policy.yaml_ambiguous', 'directives change how the file is read; remove them');
  for (const { pos, code, message } of [...document.errors, ...document.warnings]) {
    if (code === 'DUPLICATE_KEY')
      add(
        pos[0],
        'policy.yaml_duplicate_key',
        'this key stands twice in its mapping; OPA would take the last, so keep one',
      );
    else add(pos[0], 'policy.yaml_syntax', `no YAML: ${message.split('\n', 1)[0]}`);
  }
  refuseAmbiguous(document, add);
  if (problems.length > 0) return problems;
  try {
    const value = toJson(document.toJS({ maxAliasCount: MAX_ALIASES }), limits.maxDepth);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    const code = error instanceof Refused ? error.code : 'policy.yaml_aliases';
    return [
      {
        code,
        message:
          error instanceof Refused
            ? error.message
            : `aliases multiply this file: ${describeThrown(error)}; write the values out`,
        file,
      },
    ];
  }
}

type Add = (offset: number | undefined, code: string, message: string) => void;

function refuseAmbiguous(document: Document.Parsed, add: Add): void {
  const tagged = (node: Node) => {
    if (node.tag !== undefined)
      add(
        node.range?.[0],
        'policy.yaml_ambiguous',
        `the tag ${node.tag} is read differently by different readers; remove it`,
      );
  };
  visit(document, {
    Collection: (_, node) => tagged(node),
    Alias: (_, node) => {
      if (node.resolve(document) === undefined)
        add(node.range?.[0], 'policy.yaml_syntax', `nothing before is anchored as &${node.source}`);
    },
    Scalar: (position, node) => {
      tagged(node);
      const why = ambiguity(node);
      if (why !== undefined) add(node.range?.[0], 'policy.yaml_ambiguous', why);
      if (position === 'key' && typeof node.value !== 'string') {
        add(node.range?.[0], 'policy.yaml_key', `the key ${node.source} is no string; put it in quotes`);
      }
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '<<') {
        add(
          key.range?.[0],
          'policy.yaml_ambiguous',
          'merge keys are read differently by different readers; write the members out',
        );
      }
      if (isCollection(key) || isAlias(key)) add(key.range?.[0], 'policy.yaml_key', 'a key must be a string');
    },
  });
}

const PLAIN_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
// What Go's reader, or one of YAML 1.1, takes for a number.
const OTHER_NUMBER =
  /^[-+]?(?:0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?|\.[0-9][0-9_]*(?:e[-+]?[0-9]+)?|\.inf|\.nan)$/i;
const OTHER_BOOLEAN = /^(?:y|n|yes|no|on|off)$/i;

function ambiguity(node: Scalar): string | undefined {
  const { source } = node;
  if (node.type !== 'PLAIN' || source === undefined) return undefined;
  if (OTHER_BOOLEAN.test(source))
    return `${source} is a string to OPA and true or false to others; write true or false, or put it in quotes`;
  if (OTHER_NUMBER.test(source) && !PLAIN_NUMBER.test(source)) {
    return `${source} is one number to OPA and another, or a string, to others; write a decimal number, or put it in quotes`;
  }
  return undefined;
}

class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function toJson(value: unknown, depth: number): Json {
  if (depth < 0) throw new Refused('policy.data_too_deep', 'the data nests too deep');
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (!value.isWellFormed())
      throw new Refused('policy.yaml_ambiguous', 'a string holds half a surrogate pair; write the whole character');
    return value;
  }
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new Refused(
      'policy.yaml_number',
      `${value} is beyond what readers of JSON keep exactly (2^53); put it in quotes`,
    );
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
    throw new Refused('policy.yaml_number', `${value} is beyond what readers of JSON keep exactly; put it in quotes`);
  }
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth - 1));
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item, depth - 1)]));
  }
  throw new Refused('policy.yaml_syntax', 'a value is none of JSON');
}
