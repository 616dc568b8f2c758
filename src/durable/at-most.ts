/**
 * Runs something for each item, so many at a time, begun in order; the results in the order of the items.
 *
 * @throws what `run` throws first; those under way end by themselves
 */
export async function mapAtMost<Item, Result>(
  limit: number,
  items: readonly Item[],
  run: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = new Array<Result>(items.length);
  const left = items.entries();
  const next = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await run(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, next));
  return results;
}

/** Lets so many run at the same time; the others wait, and begin in the order in which they came. */
export function createGate(limit: number): <Result>(run: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let first = 0;
  let running = 0;

  function leave(): void {
    const next = waiting[first];
    if (next === undefined) {
      running -= 1;
      return;
    }
    first += 1;
    // What has begun is dropped now and then, not each time: that would cost the square of their number.
    if (first === waiting.length || first > 1024) {
      waiting.splice(0, first);
      first = 0;
    }
    next();
  }

  return async (run) => {
    if (running < limit) running += 1;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await run();
    } finally {
      leave();
    }
  };
}
