import { below } from '../document/problems.ts';
import { DOCUMENT_NAME, type DocumentReader } from '../document/reader.ts';
import { canonicalize } from '../model/canonical.ts';
import { isSha256Digest } from '../model/digest.ts';
import type { Effect } from '../model/facts.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import type { PlanStep, StepArguments } from './step.ts';
import { createStepSchemaReader, type ReadStepSchema } from './step-schema.ts';

const MAX_STEPS = 256;
/** How often one step may run, and all steps of a plan together. */
const MAX_RUNS = 1000;
const MAX_ALL_RUNS = 10_000;

const MEMBERS = ['id', 'server', 'tool', 'effect', 'arguments', 'runs'];
const EFFECTS: readonly Effect[] = ['read', 'write', 'destructive'];
const FORMS = ['exact', 'schema', 'digest'];
const WHAT_ARGUMENTS =
  'must be an object with exactly one of exact (the arguments), schema (a JSON Schema) and digest (sha256:HEX of their RFC 8785 form)';

/** Reads a plan's `steps`; what is wrong is reported, and a step of which too little is left is passed over. */
export function readSteps(reader: DocumentReader, value: Json | undefined): readonly PlanStep[] {
  const place = '/steps';
  const steps = reader.array(value, place, `an array of 1 to ${MAX_STEPS} steps`);
  if (Array.isArray(value) && (steps.length < 1 || steps.length > MAX_STEPS)) {
    reader.problem(place, `must be an array of 1 to ${MAX_STEPS} steps, not of ${steps.length}`);
  }
  const readSchema = createStepSchemaReader();
  const places = new Map<string, string>();
  const read = steps.slice(0, MAX_STEPS).flatMap((step, index) => {
    const at = below(place, index);
    const found = readStep(reader, step, at, readSchema);
    const twin = places.get(found?.id ?? '');
    if (twin !== undefined) reader.problem(`${at}/id`, `is the id of ${twin} as well; a call must mean one of them`);
    else if (found !== undefined && found.id !== '') places.set(found.id, at);
    return found ?? [];
  });
  const runs = read.reduce((sum, step) => sum + step.runs, 0);
  if (runs > MAX_ALL_RUNS) reader.problem(place, `run ${runs} times in all; at most ${MAX_ALL_RUNS} are kept count of`);
  return read;
}

function readStep(
  reader: DocumentReader,
  value: Json,
  place: string,
  readSchema: ReadStepSchema,
): PlanStep | undefined {
  if (!isJsonObject(value)) {
    reader.problem(
      place,
      'must be an object with id, server, tool, effect, arguments and, where it runs more often, runs',
    );
    return undefined;
  }
  const step = reader.object(value, place, MEMBERS);
  const name = (of: string, what: string) => reader.text(step, of, place, DOCUMENT_NAME, what);
  const id = name('id', 'a name of 1 to 128 visible characters without blanks, unique within the plan');
  const server = name('server', "the server's name in the catalogue");
  const tool = name('tool', "the tool's name, without its server");
  const effect = EFFECTS.find((one) => one === member(step, 'effect'));
  if (effect === undefined) {
    reader.problem(
      `${place}/effect`,
      'must be "read", "write" or "destructive": the highest effect that the tool may have when it is called',
    );
  }
  const runs = readRuns(reader, step, place);
  const allowed = readArguments(reader, member(step, 'arguments'), `${place}/arguments`, readSchema);
  // Its id still shows whether another step has the same; a document with a problem is refused all the same.
  return {
    id,
    server,
    tool,
    toolId: `${server}/${tool}`,
    effect: effect ?? 'destructive',
    runs,
    arguments: allowed ?? { kind: 'exact', canonical: '' },
  };
}

function readRuns(reader: DocumentReader, step: JsonObject, place: string): number {
  const runs = member(step, 'runs');
  if (runs === undefined) return 1;
  if (typeof runs === 'number' && Number.isInteger(runs) && runs >= 1 && runs <= MAX_RUNS) return runs;
  reader.problem(`${place}/runs`, `must be a whole number from 1 to ${MAX_RUNS}: how often the step may run`);
  return 1;
}

function readArguments(
  reader: DocumentReader,
  value: Json | undefined,
  place: string,
  readSchema: ReadStepSchema,
): StepArguments | undefined {
  if (!isJsonObject(value)) {
    reader.problem(place, WHAT_ARGUMENTS);
    return undefined;
  }
  const named = reader.object(value, place, FORMS);
  const [form, ...others] = FORMS.filter((one) => member(named, one) !== undefined);
  if (form === undefined || others.length > 0) {
    reader.problem(place, WHAT_ARGUMENTS);
    return undefined;
  }
  if (form === 'digest') {
    const digest = member(named, 'digest');
    if (typeof digest === 'string' && isSha256Digest(digest)) return { kind: 'digest', digest };
    reader.problem(
      `${place}/digest`,
      'must be sha256: and 64 lower-case hex digits, over the RFC 8785 form of the arguments',
    );
    return undefined;
  }
  const object = member(named, form);
  if (!isJsonObject(object)) {
    reader.problem(
      `${place}/${form}`,
      form === 'exact' ? 'must be the arguments, an object' : 'must be a JSON Schema, an object',
    );
    return undefined;
  }
  if (form === 'exact') return { kind: 'exact', canonical: canonicalize(object) };
  const read = readSchema(object);
  if (!('problem' in read)) return { kind: 'schema', schema: read, place: `${place}/schema` };
  reader.problem(`${place}/schema`, read.problem);
  return undefined;
}
