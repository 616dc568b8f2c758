import type { Files } from '../durable/files.ts';
import { CodedError, codeOf } from '../errors.ts';
import { attempt } from './failure.ts';

/** A segment of the log: a file of lines, named by the index of its first record. */
export type Segment = { readonly name: string; readonly first: number };

const NAME = /^(\d{20})\.jsonl$/;

/** `00000000000000000042.jsonl`: 20 digits, so that names sort as their indexes do. */
export function segmentName(first: number): string {
  return `${String(first).padStart(20, '0')}.jsonl`;
}

/** The segments among a folder's names, in order. */
export function segmentsAmong(names: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  for (const name of names) {
    const digits = NAME.exec(name)?.[1];
    const first = Number(digits);
    if (digits !== undefined && Number.isSafeInteger(first)) segments.push({ name, first });
  }
  return segments.sort((one, other) => one.first - other.first);
}

/** The segments in a folder, in order. */
export async function listSegments(files: Pick<Files, 'list'>, folder: string): Promise<Segment[]> {
  return segmentsAmong(await files.list(folder));
}

/**
 * The segments in a folder that has a log, in order.
 *
 * @throws CodedError audit.no_log; audit.read_failed and the like
 */
export async function segmentsOf(files: Pick<Files, 'list'>, folder: string): Promise<Segment[]> {
  try {
    const names = await files.list(folder);
    if (names.includes('meta.json') || names.some((name) => name.endsWith('.jsonl'))) {
      return await listSegments(files, folder);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return attempt('read', folder, Promise.reject(error));
  }
  throw new CodedError('audit.no_log', `There is no audit log in ${folder}: name its folder with --folder.`, {
    detail: { folder },
  });
}
