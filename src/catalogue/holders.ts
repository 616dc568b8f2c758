/** What several hold under one key, most keys having one holder. Adding and removing cost the same however many hold a key. */
export type Holders<Holder extends object> = {
  readonly add: (key: string, holder: Holder) => void;
  readonly remove: (key: string, holder: Holder) => void;
  readonly of: (key: string) => Iterable<Holder>;
  /** Any of them. */
  readonly first: (key: string) => Holder | undefined;
};

export function createHolders<Holder extends object>(): Holders<Holder> {
  // The second of a key makes a set of it: one set for each key would take more room than all the keys.
  const single = new Map<string, Holder>();
  const several = new Map<string, Set<Holder>>();
  return {
    add: (key, holder) => {
      const set = several.get(key);
      const one = single.get(key);
      if (set !== undefined) {
        set.add(holder);
      } else if (one === undefined || one === holder) {
        single.set(key, holder);
      } else {
        single.delete(key);
        several.set(key, new Set([one, holder]));
      }
    },
    remove: (key, holder) => {
      if (single.get(key) === holder) single.delete(key);
      const set = several.get(key);
      if (set?.delete(holder) === true && set.size === 0) several.delete(key);
    },
    of: (key) => {
      const one = single.get(key);
      return one === undefined ? (several.get(key) ?? NONE) : [one];
    },
    first: (key) => {
      const one = single.get(key);
      if (one !== undefined) return one;
      for (const holder of several.get(key) ?? NONE) return holder;
      return undefined;
    },
  };
}

const NONE: readonly never[] = [];
