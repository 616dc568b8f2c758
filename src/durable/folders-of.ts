import { readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { codeOf } from '../errors.ts';

/** As many as Linux follows. */
const MAX_LINKS = 40;

/**
 * The folders in which a change can make a path mean another file: the one that holds the file, and the one that holds each symbolic
 * link on the way, the file's own among them. Where a part of the way is missing, the folder in which it would be created.
 */
export async function foldersOf(path: string): Promise<readonly string[]> {
  const folders = new Set<string>();
  let links = 0;
  let at = parse(resolve(path)).root;
  let rest = resolve(path).slice(at.length).split(sep);
  for (let name = rest[0]; name !== undefined; name = rest[0]) {
    rest = rest.slice(1);
    const here = join(at, name);
    const { target, missing } = await followed(here);
    if (target !== undefined && ++links <= MAX_LINKS) {
      folders.add(at);
      const way = resolve(at, target);
      at = parse(way).root;
      rest = [...way.slice(at.length).split(sep), ...rest].filter((part) => part !== '');
    } else if (missing || rest.length === 0) {
      folders.add(dirname(here));
      break;
    } else {
      at = here;
    }
  }
  return [...folders];
}

async function followed(path: string): Promise<{ target?: string; missing: boolean }> {
  try {
    return { target: await readlink(path), missing: false };
  } catch (error) {
    // EINVAL: no link, but there.
    return { missing: codeOf(error) !== 'EINVAL' };
  }
}
