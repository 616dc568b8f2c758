import { describeThrown } from '../errors.ts';

/** Those who are to be told of something. */
export type Listeners<Value> = {
  /** What it returns ends that. */
  readonly add: (listener: (value: Value) => void) => () => void;
  /** Tells each; one that throws keeps no other from being told. */
  readonly tell: (value: Value) => void;
  readonly clear: () => void;
};

/** @param onFailure told of a listener that throws; it must not throw itself */
export function createListeners<Value>(onFailure: (message: string, cause: unknown) => void): Listeners<Value> {
  const listeners = new Set<(value: Value) => void>();
  return {
    add: (listener) => {
      // Whoever adds the same function twice ends each by itself.
      const own = (value: Value) => listener(value);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    tell: (value) => {
      for (const listener of [...listeners]) {
        try {
          listener(value);
        } catch (cause) {
          onFailure(describeThrown(cause), cause);
        }
      }
    },
    clear: () => listeners.clear(),
  };
}
