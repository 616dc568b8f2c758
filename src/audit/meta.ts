import { z } from 'zod';
import { type Files, readWhole } from '../durable/files.ts';
import { replaceFile } from '../durable/replace.ts';
import { CodedError } from '../errors.ts';
import { isSha256Digest, type Sha256Digest } from '../model/digest.ts';
import { attempt } from './failure.ts';

/** The file that names the log. */
export const META = 'meta.json';
/** The file that says where the log ended when it was closed in order. */
export const SEAL = 'sealed.json';
const MAX_BYTES = 4096;
/** An origin's form: printable ASCII without blanks and plus signs, as the name in a C2SP checkpoint. */
export const ORIGIN_FORM = /^[\x21-\x2a\x2c-\x7e]+$/;
/** Characters of an origin; a default one has an instance's name of 256 in it, percent-encoded. */
const MAX_ORIGIN = 2400;

const metaForm = z.strictObject({
  format: z.literal('exequatur-audit'),
  v: z.literal(1),
  origin: z.string().max(MAX_ORIGIN).regex(ORIGIN_FORM),
});

/**
 * The log's origin, fixed when the folder is first used: what the folder says, else what is configured, else the given default.
 *
 * @throws CodedError audit.origin_mismatch where the configured one is not the folder's; audit.corrupt where the file is damaged, or
 *   missing beside segments
 */
export async function settleOrigin(
  files: Files,
  folder: string,
  configured: string | undefined,
  fallback: string,
  hasSegments: boolean,
): Promise<string> {
  const path = `${folder}/${META}`;
  const origin = await readOrigin(files, folder);
  if (origin !== undefined) {
    if (configured !== undefined && configured !== origin) {
      throw new CodedError(
        'audit.origin_mismatch',
        `The log in ${folder} is called ${origin}, and the configuration calls it ${configured}. A log keeps its origin: correct audit.origin, or give the new log a folder of its own.`,
        { detail: { folder, origin, configured } },
      );
    }
    return origin;
  }
  if (hasSegments) throw damaged(path, 'is missing beside segments');
  const named = configured ?? fallback;
  await attempt('write', path, replaceFile(path, Buffer.from(metaText(named)), { files }));
  return named;
}

/**
 * The log's origin as its folder has it; undefined where the folder does not say.
 *
 * @throws CodedError audit.corrupt for a file that is not, byte for byte, what the log writes
 */
export async function readOrigin(files: Files, folder: string): Promise<string | undefined> {
  const path = `${folder}/${META}`;
  const bytes = await attempt('read', path, readWhole(files, path, MAX_BYTES));
  if (bytes === undefined) return undefined;
  const parsed = metaForm.safeParse(parseJson(bytes));
  if (!parsed.success || !bytes.equals(Buffer.from(metaText(parsed.data.origin)))) {
    throw damaged(path, 'is not what the log wrote');
  }
  return parsed.data.origin;
}

function metaText(origin: string): string {
  return `${JSON.stringify({ format: 'exequatur-audit', v: 1, origin })}\n`;
}

/** The end of a log that was closed in order, or repaired: its last segment is whole and durable up to here. */
export type Seal = {
  readonly segment: string;
  readonly bytes: number;
  readonly nextIndex: number;
  readonly leaf: Sha256Digest;
};

const sealForm = z.strictObject({
  segment: z.string(),
  bytes: z.int().min(1),
  next_index: z.int().min(1),
  leaf: z.custom<Sha256Digest>((value) => typeof value === 'string' && isSha256Digest(value)),
});

/**
 * The last seal, or undefined. It may be older than the log's end; then its `nextIndex` is a lower bound.
 *
 * @throws CodedError audit.corrupt for a file that is not, byte for byte, what the log writes
 */
export async function readSeal(files: Files, folder: string): Promise<Seal | undefined> {
  const path = `${folder}/${SEAL}`;
  const bytes = await attempt('read', path, readWhole(files, path, MAX_BYTES));
  if (bytes === undefined) return undefined;
  const parsed = sealForm.safeParse(parseJson(bytes));
  if (!parsed.success) throw damaged(path, 'is not what the log wrote');
  const { segment, leaf, next_index: nextIndex } = parsed.data;
  const seal = { segment, bytes: parsed.data.bytes, nextIndex, leaf };
  if (!bytes.equals(Buffer.from(sealText(seal)))) throw damaged(path, 'is not what the log wrote');
  return seal;
}

/** Writes the seal durably. */
export async function writeSeal(files: Files, folder: string, seal: Seal): Promise<void> {
  await attempt('write', `${folder}/${SEAL}`, replaceFile(`${folder}/${SEAL}`, Buffer.from(sealText(seal)), { files }));
}

function sealText({ segment, bytes, nextIndex, leaf }: Seal): string {
  return `${JSON.stringify({ segment, bytes, next_index: nextIndex, leaf })}\n`;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function damaged(path: string, what: string): CodedError {
  return new CodedError(
    'audit.corrupt',
    `${path} ${what}. Run "exequatur audit verify" on the folder; put the file back from a copy, or move the whole folder aside and start a new log.`,
    { detail: { path } },
  );
}
