import { CodedError, codeOf, describeThrown } from '../errors.ts';

/** What the log was doing when the system refused. */
export type Doing = 'open' | 'read' | 'write' | 'sync' | 'rename';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const READ_ONLY = new Set(['EROFS']);
const FORBIDDEN = new Set(['EACCES', 'EPERM']);

/** The system's refusal as a coded error; a coded error stays what it is. */
export function auditFailure(thrown: unknown, doing: Doing, path: string): CodedError {
  // Of a file that could not be replaced the system's own refusal counts.
  const error = thrown instanceof CodedError && thrown.code.startsWith('durable.') ? thrown.cause : thrown;
  if (error instanceof CodedError) return error;
  const system = codeOf(error);
  const options = { cause: error, detail: { path, doing, ...(system === undefined ? {} : { system }) } };
  if (system !== undefined && FULL.has(system)) {
    return new CodedError(
      'audit.disk_full',
      `The audit log at ${path} has no space left (${system}). Nothing is permitted until there is: free space, or move the log's older segments away.`,
      options,
    );
  }
  if (system !== undefined && READ_ONLY.has(system)) {
    return new CodedError(
      'audit.read_only',
      `The audit log at ${path} is on a read-only file system. Nothing is permitted until it can be written: check the disk and mount it for writing.`,
      options,
    );
  }
  if (system !== undefined && FORBIDDEN.has(system)) {
    return new CodedError(
      'audit.forbidden',
      `The system forbids writing the audit log at ${path} (${system}). Give the folder to the user that the service runs as.`,
      options,
    );
  }
  const why = system ?? describeThrown(error);
  if (doing === 'sync') {
    return new CodedError(
      'audit.fsync_failed',
      `The disk did not confirm what was written to ${path} (${why}). The file is not written again; check the disk.`,
      options,
    );
  }
  return new CodedError(`audit.${doing}_failed`, `The audit log could not ${doing} ${path} (${why}).`, options);
}

/** Runs one step and turns whatever it throws into a coded error. */
export async function attempt<T>(doing: Doing, path: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw auditFailure(error, doing, path);
  }
}

/** Where a segment is damaged: the line, and the record that is expected there. */
export type DamagedPlace = {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Where the line begins, in bytes. */
  readonly offset: number;
  readonly index: number;
};

/** audit.corrupt for a folder whose damage is more than an unfinished write, with the place where that can be told. */
export function corruptLog(folder: string, what: string, place?: DamagedPlace): CodedError {
  const where =
    place === undefined
      ? ''
      : `${place.file}, line ${place.line} (byte ${place.offset}), where record ${place.index} is expected, `;
  const powerLoss =
    place === undefined
      ? ''
      : ' If this came with a power loss, "After a power loss" in docs/audit.md says when the file may be cut off at that byte instead.';
  return new CodedError(
    'audit.corrupt',
    `The audit log in ${folder} is damaged: ${where}${what}. It may have lost records that were acknowledged, so it is not repaired. Run "exequatur audit verify", keep a copy of the folder as evidence, and put it back from a copy that is whole or start a new log in another folder.${powerLoss}`,
    { detail: { folder, ...place } },
  );
}
