/** Renewals of everything that is held, one at a time. */
export type Renewals = {
  /**
   * Renews all, begun later than this call: whoever asks while one is under way waits for the one after it, which all of them share.
   *
   * @param anew also where nothing that a verdict follows from changed
   */
  readonly ask: (anew: boolean) => Promise<void>;
  /** Begins no more, and waits for the one under way. */
  readonly close: () => Promise<void>;
};

/** Renewals by `run`, which never throws. */
export function createRenewals(run: (anew: boolean) => Promise<void>): Renewals {
  let running: Promise<void> | undefined;
  let next: { anew: boolean; readonly done: Promise<void> } | undefined;
  let closed = false;

  async function start(anew: boolean): Promise<void> {
    if (!closed) await run(anew);
  }

  function ask(anew: boolean): Promise<void> {
    if (next !== undefined) {
      next.anew ||= anew;
      return next.done;
    }
    if (running === undefined) {
      running = start(anew).finally(() => {
        running = undefined;
      });
      return running;
    }
    const done = running.then(() => {
      const wanted = next?.anew ?? anew;
      next = undefined;
      return ask(wanted);
    });
    next = { anew, done };
    return done;
  }

  return {
    ask,
    close: async () => {
      closed = true;
      await (next?.done ?? running);
    },
  };
}
