import { type Files, readWhole } from '../durable/files.ts';
import { replaceFile } from '../durable/replace.ts';
import { CodedError, codeOf } from '../errors.ts';
import { isSha256Digest, type Sha256Digest, sha256 } from '../model/digest.ts';
import { attempt } from './failure.ts';

/** The folder beside the segments that keeps what records name by digest. */
export const OBJECTS_FOLDER = 'objects';
/** Bytes of an object. */
const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

const NAME = /^([0-9a-f]{64})(?:\.[a-z0-9]{1,8}){0,2}$/;
const EXTENSION = /^(?:\.[a-z0-9]{1,8}){1,2}$/;

/** The digest that a file in the objects folder claims by its name, or undefined for a file of another kind. */
export function objectDigest(name: string): Sha256Digest | undefined {
  const digest = `sha256:${NAME.exec(name)?.[1]}`;
  return isSha256Digest(digest) ? digest : undefined;
}

/** Keeps bytes under their SHA-256; resolves once they are durable. The extension, e.g. `.tar.gz`, is for people alone. */
export type KeepObject = (bytes: Uint8Array, extension?: string) => Promise<Sha256Digest>;

/**
 * A store of objects in a folder's `objects/`. Keeping the same bytes again writes nothing, unless what is there is damaged: then the
 * right bytes replace it.
 */
export function objectStore(files: Files, folder: string): KeepObject {
  const path = `${folder}/${OBJECTS_FOLDER}`;
  const underWay = new Map<Sha256Digest, Promise<Sha256Digest>>();
  return (bytes, extension = '') => {
    if (extension !== '' && !EXTENSION.test(extension)) throw new TypeError(`not an extension: ${extension}`);
    if (bytes.length > MAX_OBJECT_BYTES) throw new TypeError(`an object has ${MAX_OBJECT_BYTES} bytes at most`);
    const digest = sha256(bytes);
    const known = underWay.get(digest);
    if (known !== undefined) return known;
    const keeping = keep(digest, bytes, extension).finally(() => underWay.delete(digest));
    underWay.set(digest, keeping);
    return keeping;
  };

  async function keep(digest: Sha256Digest, bytes: Uint8Array, extension: string): Promise<Sha256Digest> {
    await attempt('write', path, files.makeFolder(path, 0o700));
    const found = await findObject(files, folder, digest);
    if (found !== undefined && sha256(found.bytes) === digest) {
      // Whoever kept it first may have ended before the folder was durable.
      await attempt('sync', path, files.syncFolder(path));
      return digest;
    }
    const name = found?.name ?? `${digest.slice('sha256:'.length)}${extension}`;
    await attempt('write', `${path}/${name}`, replaceFile(`${path}/${name}`, bytes, { files }));
    await attempt('sync', folder, files.syncFolder(folder));
    return digest;
  }
}

/**
 * Reads an object and checks it against its digest; undefined where it is not kept.
 *
 * @throws CodedError audit.object_damaged
 */
export async function readObject(files: Files, folder: string, digest: Sha256Digest): Promise<Buffer | undefined> {
  const found = await findObject(files, folder, digest);
  if (found === undefined) return undefined;
  if (sha256(found.bytes) === digest) return found.bytes;
  throw new CodedError(
    'audit.object_damaged',
    `${OBJECTS_FOLDER}/${found.name} does not have the digest that it is named by. Put it back from a copy.`,
    { detail: { name: found.name } },
  );
}

async function findObject(
  files: Files,
  folder: string,
  digest: Sha256Digest,
): Promise<{ readonly name: string; readonly bytes: Buffer } | undefined> {
  const path = `${folder}/${OBJECTS_FOLDER}`;
  for (const name of await listObjects(files, folder)) {
    if (objectDigest(name) !== digest) continue;
    const bytes = await attempt('read', `${path}/${name}`, readWhole(files, `${path}/${name}`, MAX_OBJECT_BYTES));
    if (bytes !== undefined) return { name, bytes };
  }
  return undefined;
}

/** The names in the objects folder, in order; none where there is no such folder. */
export async function listObjects(files: Pick<Files, 'list'>, folder: string): Promise<string[]> {
  const path = `${folder}/${OBJECTS_FOLDER}`;
  try {
    return [...(await files.list(path))].sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    return attempt('read', path, Promise.reject(error));
  }
}
