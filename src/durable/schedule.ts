/** Runs something once after some milliseconds; what it returns calls it off. Injected, so that no test waits. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

/** Timers that do not keep the process alive. */
export const timers: Schedule = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};
