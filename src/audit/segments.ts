import type { AuditFiles } from './files.ts';

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
export async function listSegments(files: Pick<AuditFiles, 'list'>, folder: string): Promise<Segment[]> {
  return segmentsAmong(await files.list(folder));
}
