import type { EvaluatePolicy, PolicyInput } from './ports.ts';

/** What a policy says about an input, and which policy it was. */
export type Evaluated = ReturnType<EvaluatePolicy>;

/** Evaluates soon, together with whatever else has arrived by then. */
export type EvaluateSoon = (input: PolicyInput) => Promise<Evaluated>;

type Waiting = {
  readonly input: PolicyInput;
  readonly resolve: (evaluated: Evaluated) => void;
  readonly reject: (error: unknown) => void;
};

/** Milliseconds that one batch may take before the event loop gets its turn: requests are read, and health is answered. */
const TURN_MS = 5;

/**
 * Evaluates the inputs of one turn of the event loop back to back. Each input is evaluated by itself, in the order of arrival, so no
 * answer depends on the company; but the policy's code and memory are some megabytes, which the processor's caches hold only while
 * nothing else runs in between. Measured: an evaluation among requests costs twice what it costs after another evaluation.
 *
 * A turn that takes long, because inputs are expensive, ends after some milliseconds, and the rest waits for the next one.
 *
 * @param later runs once, after the input that is ready now has been read: `setImmediate`
 * @param now milliseconds of a clock that never jumps: `performance.now`
 */
export function evaluateInBatches(
  evaluate: EvaluatePolicy,
  later: (run: () => void) => void,
  now: () => number,
): EvaluateSoon {
  const waiting: Waiting[] = [];

  function run(): void {
    const end = now() + TURN_MS;
    // The answers only after all evaluations: what waits for one would run in between.
    const settle: (() => void)[] = [];
    let done = 0;
    do settle.push(outcomeOf(waiting[done]));
    while (++done < waiting.length && now() < end);
    waiting.splice(0, done);
    if (waiting.length > 0) later(run);
    for (const answer of settle) answer();
  }

  function outcomeOf(one: Waiting | undefined): () => void {
    if (one === undefined) return () => undefined;
    try {
      const evaluated = evaluate(one.input);
      return () => one.resolve(evaluated);
    } catch (error) {
      return () => one.reject(error);
    }
  }

  return (input) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ input, resolve, reject }) === 1) later(run);
    });
}
