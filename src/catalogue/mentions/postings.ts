/** Who said what: by key, whoever said it. What is removed is passed over, and swept away when it is half of all. */
export type Postings<Speaker extends object> = {
  readonly add: (speaker: Speaker, said: ReadonlyMap<string, boolean>) => void;
  readonly remove: (speakers: readonly Speaker[]) => void;
  readonly of: (key: string, strong: boolean) => Iterable<Speaker>;
};

/** Numbers stand for speakers: of each text some hundred words are remembered, and a list of small numbers takes the least room. */
type List = number | number[];

export function createPostings<Speaker extends object>(): Postings<Speaker> {
  const speakers: (Speaker | undefined)[] = [];
  const numbers = new Map<Speaker, number>();
  const lists: Record<'strong' | 'plain', Map<string, List>> = { strong: new Map(), plain: new Map() };
  let gone = 0;

  function sweep(): void {
    if (gone < 1000 || gone * 2 < speakers.length) return;
    const moved: (number | undefined)[] = [];
    const left: Speaker[] = [];
    for (const [number, speaker] of speakers.entries()) {
      if (speaker === undefined) continue;
      moved[number] = left.length;
      numbers.set(speaker, left.length);
      left.push(speaker);
    }
    for (const map of [lists.strong, lists.plain]) {
      for (const [key, list] of map) {
        const kept = each(list).flatMap((number) => moved[number] ?? []);
        if (kept.length === 0) map.delete(key);
        else map.set(key, kept.length === 1 ? (kept[0] ?? 0) : kept);
      }
    }
    speakers.length = 0;
    for (const speaker of left) speakers.push(speaker);
    gone = 0;
  }

  return {
    add: (speaker, said) => {
      const number = speakers.length;
      speakers.push(speaker);
      numbers.set(speaker, number);
      for (const [key, strong] of said) {
        const map = strong ? lists.strong : lists.plain;
        const list = map.get(key);
        if (list === undefined) map.set(key, number);
        else if (typeof list === 'number') map.set(key, [list, number]);
        else list.push(number);
      }
    },
    remove: (some) => {
      for (const speaker of some) {
        const number = numbers.get(speaker);
        if (number === undefined) continue;
        numbers.delete(speaker);
        speakers[number] = undefined;
        gone += 1;
      }
      sweep();
    },
    of: function* (key, strong) {
      const list = (strong ? lists.strong : lists.plain).get(key);
      for (const number of list === undefined ? [] : each(list)) {
        const speaker = speakers[number];
        if (speaker !== undefined) yield speaker;
      }
    },
  };
}

function each(list: List): readonly number[] {
  return typeof list === 'number' ? [list] : list;
}
