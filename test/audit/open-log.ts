import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditConfig, auditConfig } from '../../src/audit/config.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { type AuditLog, openAuditLog } from '../../src/audit/log.ts';
import type { Files } from '../../src/durable/files.ts';
import type { Schedule } from '../../src/durable/schedule.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { RecordDraft } from '../../src/model/record.ts';

/** A scheduler whose time passes when the test says so. */
export function manualSchedule(): { schedule: Schedule; fire: () => void; pending: () => number } {
  let timers: { run: () => void }[] = [];
  return {
    schedule: (_delay, run) => {
      const timer = { run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    fire() {
      const due = timers;
      timers = [];
      for (const { run } of due) run();
    },
    pending: () => timers.length,
  };
}

/** A folder that goes away with the test. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'exequatur-audit-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export type OpenedLog = { log: AuditLog; events: AuditEvent[]; fire: () => void };

/** Opens a log as the service does, with time and reports in the test's hands. */
export async function openLog(
  folder: string,
  options: { config?: Partial<AuditConfig>; instance?: string; files?: Files; now?: () => number } = {},
): Promise<OpenedLog> {
  const events: AuditEvent[] = [];
  const { schedule, fire } = manualSchedule();
  const log = await openAuditLog({
    ...auditConfig.parse({}),
    ...options.config,
    folder,
    instance: options.instance ?? 'i-1',
    tenant: 'default',
    randomBytes,
    schedule,
    onEvent: (event) => events.push(event),
    ...(options.files !== undefined && { files: options.files }),
    ...(options.now !== undefined && { now: options.now }),
  });
  return { log, events, fire };
}

/** A decision's record, as small as it may be. */
export function draft(id: string, body: JsonObject = {}, payload: JsonObject = { context: { id } }): RecordDraft {
  return { kind: 'decision', id, time: '2026-11-21T14:03:00.123Z', body, payload };
}

/** The segments of a log, in order. */
export function segmentFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => join(folder, name));
}

/** The ids of all whole records in a folder, in order, as they lie there. */
export function idsIn(folder: string): string[] {
  return segmentFiles(folder)
    .flatMap((path) => readFileSync(path, 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => String(JSON.parse(line).record.id));
}
