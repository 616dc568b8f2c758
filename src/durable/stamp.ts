import { stat } from 'node:fs/promises';

/** How a file looks from outside: of two equal stamps, the later one says that nothing was written in between, if it `rested`. */
export type Stamp = { readonly text: string; readonly rested: boolean };

/** Two writes within one tick of a file system's clock leave one stamp: the coarsest ticks are of two seconds (FAT). */
const TICK_MS = 2_000;

/**
 * Device, inode, size and times of what a path leads to; undefined where it leads nowhere.
 *
 * @param wallTime the clock of the machine, in milliseconds, as the file system's is
 */
export async function stampOf(path: string, wallTime: number): Promise<Stamp | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  const latest = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
  return { text: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, rested: wallTime - latest > TICK_MS };
}
