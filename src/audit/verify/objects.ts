import { createHash } from 'node:crypto';
import type { Files } from '../../durable/files.ts';
import { isSha256Digest, type Sha256Digest } from '../../model/digest.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../../model/json.ts';
import { attempt } from '../failure.ts';
import { listObjects, OBJECTS_FOLDER, objectDigest } from '../objects.ts';
import type { VerifyProblem } from './problem.ts';

/** Members of a record that name what is kept in `objects/`. */
const REFERRING = ['policy', 'catalogue', 'trust'];

/** The digests of what a record names and `objects/` keeps. */
export function references(record: JsonObject): Sha256Digest[] {
  const found: Sha256Digest[] = [];
  const collect = (value: Json | undefined): void => {
    if (typeof value === 'string') {
      if (isSha256Digest(value)) found.push(value);
    } else if (Array.isArray(value)) {
      value.forEach(collect);
    } else if (isJsonObject(value)) {
      Object.values(value).forEach(collect);
    }
  };
  for (const name of REFERRING) collect(member(record, name));
  // What was refused or withdrawn is named, too, and not kept.
  if (member(record, 'kind') === 'activation') collect(member(record, 'document'));
  return found;
}

/** Checks each object against its name, and gives the digests of those that are there. */
export async function checkObjects(
  files: Files,
  folder: string,
  report: (problem: VerifyProblem) => void,
): Promise<ReadonlySet<Sha256Digest>> {
  const present = new Set<Sha256Digest>();
  for (const name of await listObjects(files, folder)) {
    const digest = objectDigest(name);
    if (digest === undefined) continue;
    present.add(digest);
    const file = `${OBJECTS_FOLDER}/${name}`;
    if ((await digestOf(files, `${folder}/${file}`)) === digest) continue;
    report({ code: 'audit.object_damaged', message: 'the object does not have the digest that it is named by', file });
  }
  return present;
}

async function digestOf(files: Files, path: string): Promise<string> {
  const fd = await attempt('open', path, files.open(path, 'r'));
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(256 * 1024);
    for (let position = 0; ; ) {
      const read = await attempt('read', path, files.read(fd, chunk, 0, chunk.length, position));
      if (read === 0) return `sha256:${hash.digest('hex')}`;
      hash.update(chunk.subarray(0, read));
      position += read;
    }
  } finally {
    await files.close(fd);
  }
}
