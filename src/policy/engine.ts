import type { EvaluatePolicy, PolicyInput } from '../decision/ports.ts';
import { CodedError } from '../errors.ts';
import type { PolicyIdentity } from '../model/decision.ts';
import type { JsonObject } from '../model/json.ts';
import type { Verdict } from '../model/verdict.ts';
import type { PolicyBundle } from './bundle.ts';
import { denial, type EngineDenialCode } from './codes.ts';
import { createEvaluator, type EvaluatorOptions } from './evaluator.ts';
import { type ForeignPolicy, foreignVerdict } from './foreign.ts';
import { loadError } from './policy-module.ts';
import { parseResult } from './result.ts';
import { toVerdict } from './verdict.ts';

export type EngineOptions = EvaluatorOptions & {
  /** Controls that the bundle must list. */
  readonly requiredControls: readonly string[];
  /** Where the bundle lists no controls: what its entrypoint is and returns. Without this such a bundle is refused. */
  readonly foreign?: ForeignPolicy;
  /** Told, for the operators' log, why the engine itself denied: what was thrown can name files of the policy. Default: nobody. */
  readonly report?: (event: { readonly code: EngineDenialCode; readonly cause: unknown }) => void;
};

/** A policy that is ready to decide. */
export type Engine = {
  readonly identity: PolicyIdentity;
  /** Never throws; synchronous. 1 KiB of input and the shipped policies: some tens of microseconds. */
  readonly evaluate: EvaluatePolicy;
  /** Memory of the policy, bytes. */
  readonly memoryBytes: () => number;
};

/** The policy contract's entrypoint. */
export const ENTRYPOINT = 'exequatur/decision';

/**
 * Makes a bundle ready to decide.
 *
 * @throws CodedError of one of `EngineLoadCode`, and what `options.builtins` throws.
 */
export function createEngine(bundle: PolicyBundle, options: EngineOptions): Engine {
  const { manifest } = bundle;
  const identity: PolicyIdentity = { revision: manifest.revision, digest: bundle.digest };
  const judge = judgeOf(bundle, options);
  if (Object.hasOwn(bundle.data, 'exequatur')) {
    throw loadError(
      'engine.data_overrules_policy',
      'the data has a top-level member `exequatur`, which would overrule rules',
    );
  }
  if (!manifest.entrypoints.includes(judge.entrypoint)) throw noEntrypoint(judge.entrypoint);
  const evaluator = createEvaluator(bundle.policyWasm, bundle.data, options);
  if (!evaluator.entrypoints.has(judge.entrypoint)) throw noEntrypoint(judge.entrypoint);

  const denied = (code: EngineDenialCode, cause: unknown): Verdict => {
    options.report?.({ code, cause });
    return denial(code);
  };
  const verdict = (input: PolicyInput): Verdict => {
    const timeNs = nanoseconds(input.facts);
    if (timeNs === undefined) return denied('engine.time', 'facts.time');
    const outcome = evaluator.evaluate(input, judge.entrypoint, timeNs);
    switch (outcome.kind) {
      case 'broken':
        return denied(outcome.code, outcome.cause);
      case 'undefined':
        return denied('engine.undefined', judge.entrypoint);
      case 'value':
        try {
          return judge.verdict(outcome.value, input.context);
        } catch (error) {
          const bounds = error instanceof CodedError && error.code === 'engine.result_bounds';
          return denied(bounds ? 'engine.result_bounds' : 'engine.result_shape', error);
        }
    }
  };
  return {
    identity,
    evaluate: (input) => ({ verdict: verdict(input), policy: identity }),
    memoryBytes: evaluator.memoryBytes,
  };
}

/** Which entrypoint is asked, and how its answer becomes a verdict. */
type Judge = {
  readonly entrypoint: string;
  readonly verdict: (value: unknown, context: JsonObject) => Verdict;
};

function judgeOf({ manifest }: PolicyBundle, options: EngineOptions): Judge {
  const { foreign } = options;
  const missing = options.requiredControls.filter((name) => manifest.controls?.includes(name) !== true);
  if (manifest.controls === undefined) {
    if (foreign === undefined) {
      const message =
        'the bundle lists no controls (metadata.exequatur.controls of its manifest); build it with `exequatur policy build`';
      throw loadError('engine.controls_unlisted', message);
    }
    if (missing.length > 0) throw missingControls(missing);
    return { entrypoint: foreign.entrypoint, verdict: (value, context) => foreignVerdict(value, foreign, context) };
  }
  if (foreign !== undefined) {
    throw loadError('engine.foreign_mismatch', 'the bundle lists controls, and is configured as one of another author');
  }
  if (missing.length > 0) throw missingControls(missing);
  const controls = new Set(manifest.controls);
  return { entrypoint: ENTRYPOINT, verdict: (value, context) => toVerdict(parseResult(value), controls, context) };
}

function missingControls(names: readonly string[]): CodedError {
  const message = `the bundle lacks the controls ${names.join(', ')}; add their files, or take them out of policy.required_controls`;
  return loadError('engine.required_control_missing', message);
}

function noEntrypoint(name: string): CodedError {
  return loadError(
    'engine.entrypoint_missing',
    `the bundle has no entrypoint ${name}; build it with that one (-e ${name})`,
  );
}

const MAX_MS = 9_223_372_036_000;
const RFC3339_MS = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** The decision's time, from the facts, so that a replay has the same. */
function nanoseconds(facts: JsonObject): bigint | undefined {
  const { time } = facts;
  if (typeof time !== 'string' || !RFC3339_MS.test(time)) return undefined;
  const milliseconds = Date.parse(time);
  // Rego's clock is 64 bits of nanoseconds: the years 1678 to 2262.
  return Math.abs(milliseconds) < MAX_MS ? BigInt(milliseconds) * 1_000_000n : undefined;
}
