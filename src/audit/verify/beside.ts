import type { Files } from '../../durable/files.ts';
import { codeOf } from '../../errors.ts';
import type { Sha256Digest } from '../../model/digest.ts';
import { META, readOrigin, readSeal, SEAL, type Seal } from '../meta.ts';
import type { VerifyProblem } from './problem.ts';

type Report = (problem: VerifyProblem) => void;

/** The log's name as `meta.json` has it; undefined, and reported, where that file is damaged or missing beside segments. */
export async function checkMeta(
  files: Files,
  folder: string,
  hasSegments: boolean,
  report: Report,
): Promise<string | undefined> {
  const code = 'audit.meta_damaged';
  try {
    const origin = await readOrigin(files, folder);
    if (origin === undefined && hasSegments) {
      report({ code, message: 'the file that names the log is missing', file: META });
    }
    return origin;
  } catch (error) {
    if (codeOf(error) !== 'audit.corrupt') throw error;
    report({ code, message: 'the file that names the log is not what the log wrote', file: META });
    return undefined;
  }
}

/** The seal, where there is one; undefined, and reported, where it is damaged. */
export async function checkSeal(files: Files, folder: string, report: Report): Promise<Seal | undefined> {
  try {
    return await readSeal(files, folder);
  } catch (error) {
    if (codeOf(error) !== 'audit.corrupt') throw error;
    report({ code: 'audit.seal_damaged', message: 'the seal is not what the log wrote', file: SEAL });
    return undefined;
  }
}

/** What was found of the record that a seal names as the last one. */
export type FoundSealed = {
  /** The first record that is here. */
  readonly firstIndex: number | undefined;
  /** The record, where it is here and intact: its segment and its leaf hash. */
  readonly record: { readonly file: string; readonly leaf: Sha256Digest } | undefined;
  /** Bytes of that segment, where all that was written to it is still there. */
  readonly bytes: number | undefined;
  /** Nothing else is wrong: what is missing then is not explained already. */
  readonly whole: boolean;
};

/** Whether the log has what its seal says; records behind it are right, and so is a sealed segment that was moved away. */
export function sealProblem(seal: Seal, found: FoundSealed): VerifyProblem | undefined {
  const index = seal.nextIndex - 1;
  const problem = (message: string): VerifyProblem => ({
    code: 'audit.seal_mismatch',
    message,
    file: SEAL,
    index,
  });
  const { record } = found;
  if (record === undefined) {
    const movedAway = found.firstIndex !== undefined && index < found.firstIndex;
    if (movedAway || !found.whole) return undefined;
    return problem(`the log was closed with record ${index} as its last one, and that is not here: its end is missing`);
  }
  if (record.leaf !== seal.leaf) return problem(`the log was closed with another record ${index} than is here`);
  if (record.file !== seal.segment) {
    return problem(`record ${index} was sealed in ${seal.segment}, and is in ${record.file}`);
  }
  if (found.whole && found.bytes !== undefined && found.bytes !== seal.bytes) {
    return problem(`${seal.segment} was sealed with ${seal.bytes} bytes, and has ${found.bytes}`);
  }
  return undefined;
}
