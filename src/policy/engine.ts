import type { EvaluatePolicy, PolicyInput } from '../decision/ports.ts';
import { CodedError } from '../errors.ts';
import type { PolicyIdentity } from '../model/decision.ts';
import type { JsonObject } from '../model/json.ts';
import type { Verdict } from '../model/verdict.ts';
import type { PolicyBundle } from './bundle.ts';
import { denial, type EngineDenialCode } from './codes.ts';
import { ENTRYPOINT } from './contract.ts';
import { createEvaluator, type EvaluatorOptions } from './evaluator.ts';
import { guardPlan } from './guard.ts';
import { loadError } from './policy-module.ts';
import { parseResult } from './result.ts';
import { toVerdict } from './verdict.ts';

/** How a bundle is made ready, and what it must at least be. */
export type EngineOptions = EvaluatorOptions & {
  /** Controls that the bundle must list. */
  readonly requiredControls: readonly string[];
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

/**
 * Makes a bundle ready to decide.
 *
 * @throws CodedError of one of `EngineLoadCode`, and what `options.builtins` throws.
 */
export function createEngine(bundle: PolicyBundle, options: EngineOptions): Engine {
  const { manifest } = bundle;
  const identity: PolicyIdentity = { revision: manifest.revision, digest: bundle.digest };
  const controls = controlsOf(bundle, options.requiredControls);
  if (Object.hasOwn(bundle.data, 'exequatur')) {
    throw loadError(
      'engine.data_overrules_policy',
      'the data has a top-level member `exequatur`, which would overrule rules',
    );
  }
  if (!manifest.entrypoints.includes(ENTRYPOINT)) throw noEntrypoint();
  const evaluator = createEvaluator(bundle.policyWasm, bundle.data, options);
  if (!evaluator.entrypoints.has(ENTRYPOINT)) throw noEntrypoint();

  const denied = (code: EngineDenialCode, cause: unknown): Verdict => {
    options.report?.({ code, cause });
    return denial(code);
  };
  const verdict = (input: PolicyInput): Verdict => {
    const timeNs = nanoseconds(input.facts);
    if (timeNs === undefined) return denied('engine.time', 'facts.time');
    const outcome = evaluator.evaluate(input, ENTRYPOINT, timeNs);
    switch (outcome.kind) {
      case 'broken':
        return denied(outcome.code, outcome.cause);
      case 'undefined':
        return denied('engine.undefined', ENTRYPOINT);
      case 'value':
        try {
          return toVerdict(parseResult(outcome.value), controls, input.context);
        } catch (error) {
          const bounds = error instanceof CodedError && error.code === 'engine.result_bounds';
          return denied(bounds ? 'engine.result_bounds' : 'engine.result_shape', error);
        }
    }
  };
  return {
    identity,
    evaluate: (input) => ({ verdict: guardPlan(verdict(input), input.facts), policy: identity }),
    memoryBytes: evaluator.memoryBytes,
  };
}

/** The controls that the bundle lists, where they are all that the configuration requires. */
function controlsOf({ manifest }: PolicyBundle, required: readonly string[]): ReadonlySet<string> {
  if (manifest.controls === undefined) {
    const message =
      'the bundle lists no controls (metadata.exequatur.controls of its manifest); build it with `exequatur policy build`';
    throw loadError('engine.controls_unlisted', message);
  }
  const controls = new Set(manifest.controls);
  const missing = required.filter((name) => !controls.has(name));
  if (missing.length > 0) throw missingControls(missing);
  return controls;
}

function missingControls(names: readonly string[]): CodedError {
  const message = `the bundle lacks the controls ${names.join(', ')}; add their files, or take them out of policy.required_controls`;
  return loadError('engine.required_control_missing', message);
}

function noEntrypoint(): CodedError {
  const message = `the bundle has no entrypoint ${ENTRYPOINT}; build it with that one (-e ${ENTRYPOINT})`;
  return loadError('engine.entrypoint_missing', message);
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
