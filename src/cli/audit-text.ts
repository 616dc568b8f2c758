import type { IntactLine } from '../audit/check-line.ts';
import { at, principalOf } from '../audit/read.ts';
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** A record in one line: time, index, what was decided, for whom, about what, why, and the id to show it by. */
export function recordLine(record: JsonObject, terminal: Terminal): string {
  const { word, style } = outcome(record);
  const columns = [
    text(record.time),
    text(record.index).padStart(7),
    paint(terminal, style, word.padEnd(10)),
    column(text(principalOf(record)), 20),
    column(subjectMatter(record), 36),
    column(reasonCodes(record).join(' '), 28),
    paint(terminal, 'dim', text(record.id)),
  ];
  return columns.join('  ');
}

/** A record as a page: who, what, when, verdict, reasons, policy, and what the caller sent. */
export function recordPage(line: IntactLine, place: string, terminal: Terminal): string {
  const { record } = line;
  const { word, style } = outcome(record);
  const fields: [string, string][] = [
    ['decided', `${paint(terminal, style, word)}${record.mode === 'shadow' ? ' (shadow: not enforced)' : ''}`],
    ['id', text(record.id)],
    ['time', text(record.time)],
    ['principal', text(principalOf(record))],
    ['issuer', text(at(record, 'facts', 'principal', 'issuer'))],
    ['caller', identity(at(record, 'caller'))],
    ['action', text(at(record, 'request', 'action', 'name'))],
    ['resource', subjectMatter(record)],
    ['effect', text(at(record, 'facts', 'tool', 'effect'))],
    ['environment', text(record.environment)],
    ['controls', controls(at(record, 'verdict', 'controls'))],
    ['plan', planStep(record)],
    ['refers to', text(record.refers_to)],
    ['call', text(record.call)],
    ['policy', [text(at(record, 'policy', 'revision')), text(at(record, 'policy', 'digest'))].join(' ').trim()],
    ['request id', text(record.request_id)],
    ['session', text(record.session)],
    ['kept', `${text(record.tenant)}/${text(record.instance)}, index ${line.index}, ${printable(place)}`],
    ['leaf', `${line.leaf} (holds)`],
  ];
  const shown = fields.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(12)}${value}\n`);
  return [...shown, ...reasons(record), ...rest(record), ...payload(line.payload)].join('');
}

function outcome(record: JsonObject): { word: string; style: 'green' | 'red' | 'yellow' | 'cyan' } {
  if (record.kind === 'decision') {
    return at(record, 'verdict', 'permit') === true
      ? { word: 'permit', style: 'green' }
      : { word: 'deny', style: 'red' };
  }
  if (record.kind === 'alarm') return { word: 'alarm', style: 'red' };
  const bad = record.kind === 'refusal' || record.kind === 'withdrawal';
  return { word: text(record.kind), style: bad ? 'yellow' : 'cyan' };
}

function subjectMatter(record: JsonObject): string {
  if (record.document !== undefined) return documentName(record);
  if (record.kind === 'activation') return activated(record);
  if (record.kind === 'refusal') return record.count === undefined ? '' : `${text(record.count)} refused`;
  if (record.kind === 'alarm') return text(record.message);
  if (record.kind === 'trust') return `${text(record.action)} ${text(record.about)}`;
  const resource = text(at(record, 'request', 'resource', 'id'));
  const type = at(record, 'request', 'resource', 'type');
  return type === 'tool' || type === undefined ? resource : `${text(type)} ${resource}`;
}

/** `catalogue tools 3`: a signed document that counts from now on, does not, or does no longer. */
function documentName(record: JsonObject): string {
  const [kind, id, version] = ['kind', 'id', 'version'].map((name) => text(at(record, 'document', name)));
  return id === '' ? text(at(record, 'document', 'source')) : `${kind} ${id} ${version}`;
}

/** The plan that a decision was about, and its step. */
function planStep(record: JsonObject): string {
  const hash = text(at(record, 'facts', 'plan', 'hash'));
  const step = text(at(record, 'facts', 'plan', 'step'));
  return step === '' ? hash : `${hash}, step ${step}`;
}

/** What decides from now on. A change of roots or revocations is recorded alone: the policy is the one before. */
function activated(record: JsonObject): string {
  if (record.policy !== undefined) return `policy ${text(at(record, 'policy', 'revision'))}`;
  return ['trust', 'revocations'].filter((member) => record[member] !== undefined).join(' and ');
}

function reasonCodes(record: JsonObject): string[] {
  if (record.document !== undefined) return listed(record.failed).map(({ code }) => text(code));
  if (record.kind === 'refusal' || record.kind === 'alarm') return [text(record.code)];
  return listed(at(record, 'verdict', 'reasons')).map((reason) => text(reason.code));
}

function reasons(record: JsonObject): string[] {
  const lines = listed(at(record, 'verdict', 'reasons')).map(
    ({ control, code, message }) => `  ${text(control)}  ${text(code)}  ${text(message)}\n`,
  );
  return lines.length === 0 ? [] : ['reasons\n', ...lines];
}

/** Records of other kinds have members of their own: they are shown as they are. */
function rest(record: JsonObject): string[] {
  return record.kind === 'decision' ? [] : ['record\n', indented(record)];
}

function payload(found: IntactLine['payload']): string[] {
  switch (found.state) {
    case 'absent':
      return [];
    case 'dropped':
      return ['payload     dropped: the record still commits to what it was\n'];
    case 'present':
      return ['payload\n', indented(found.data)];
  }
}

function indented(value: Json): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => `  ${printable(line)}\n`)
    .join('');
}

function controls(value: Json | undefined): string {
  if (!isJsonObject(value)) return '';
  return Object.entries(value)
    .map(([name, state]) => `${printable(name)}: ${text(state).replace('_', ' ')}`)
    .join(', ');
}

function identity(value: Json | undefined): string {
  if (!isJsonObject(value)) return '';
  return `${text(value.id)} (${text(value.method)}, ${text(value.issuer)})`;
}

function listed(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Cut or filled to a width; a cut is shown. */
function column(value: string, width: number): string {
  return value.length > width ? `${value.slice(0, width - 1)}…` : value.padEnd(width);
}
