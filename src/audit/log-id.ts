import { z } from 'zod';
import { type Files, readWhole } from '../durable/files.ts';
import { replaceFile } from '../durable/replace.ts';
import { CodedError } from '../errors.ts';
import { attempt } from './failure.ts';

/** The file that tells this log from all others, whatever they are called. */
export const LOG_ID = 'log-id.json';
const MAX_BYTES = 4096;

const form = z.strictObject({
  format: z.literal('exequatur-audit-log-id'),
  v: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{32}$/),
});

/**
 * The id of the log in a folder: random, made when it is opened first, and its for life. Names can be given twice, by two replicas of one
 * configuration or to the log that follows one that was moved away; what is said in a log's name elsewhere is said by this id.
 *
 * @throws CodedError `audit.corrupt` for a file that is not, byte for byte, what was written here
 */
export async function settleLogId(
  files: Files,
  folder: string,
  randomBytes: (size: number) => Uint8Array,
): Promise<string> {
  const path = `${folder}/${LOG_ID}`;
  const bytes = await attempt('read', path, readWhole(files, path, MAX_BYTES));
  if (bytes === undefined) {
    const id = Buffer.from(randomBytes(16)).toString('hex');
    await attempt('write', path, replaceFile(path, Buffer.from(textOf(id)), { files }));
    return id;
  }
  const parsed = form.safeParse(parseJson(bytes));
  if (parsed.success && bytes.equals(Buffer.from(textOf(parsed.data.id)))) return parsed.data.id;
  throw new CodedError(
    'audit.corrupt',
    `${path} is not what the log wrote. Put it back from a copy; without it, steps of plans that a crash left reserved stay spent.`,
    { detail: { path } },
  );
}

function textOf(id: string): string {
  return `${JSON.stringify({ format: 'exequatur-audit-log-id', v: 1, id })}\n`;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
