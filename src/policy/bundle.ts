import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { CodedError, codeOf } from '../errors.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts';
import { parseStrictJson } from '../model/strict-json.ts';
import { CONTROL_NAME } from './contract.ts';
import { readTar } from './tar.ts';

/** A policy bundle, read and checked for form; nothing in it has been run. */
export type PolicyBundle = {
  readonly policyWasm: Uint8Array;
  /** Base data; `{}` where the bundle has none. Never has a member `exequatur`. */
  readonly data: JsonObject;
  readonly manifest: BundleManifest;
  /** SHA-256 over the bundle's bytes, compressed as they were: the policy's identity in records. */
  readonly digest: Sha256Digest;
};

/** What a bundle says about itself in its `.manifest`. */
export type BundleManifest = {
  /** Empty where the build named none. */
  readonly revision: string;
  /** Entrypoints of the module, as the manifest states them. */
  readonly entrypoints: readonly string[];
  /** The controls, by name, as the build wrote them; undefined in a bundle that was not built for Exequatur, which the engine refuses. */
  readonly controls: readonly string[] | undefined;
};

/** Bounds of what is read; a bundle that exceeds one is refused before more of it is held. */
export type BundleLimits = {
  /** Bytes of the file. Default 64 MiB. */
  readonly maxBytes: number;
  /** Bytes after inflation. Default 256 MiB. */
  readonly maxInflatedBytes: number;
  /** Default 10,000. */
  readonly maxEntries: number;
  /** Bytes of the compiled policy. Default 64 MiB. */
  readonly maxPolicyBytes: number;
  /** Bytes of the data; evaluation holds 16 times as much. Default 16 MiB. */
  readonly maxDataBytes: number;
};

const MIB = 1024 * 1024;
/** The bounds that hold where none are given. */
export const DEFAULT_BUNDLE_LIMITS: BundleLimits = {
  maxBytes: 64 * MIB,
  maxInflatedBytes: 256 * MIB,
  maxEntries: 10_000,
  maxPolicyBytes: 64 * MIB,
  maxDataBytes: 16 * MIB,
};
const MAX_MANIFEST_BYTES = MIB;
const MAX_DEPTH = 64;
const POLICY_FILE = 'policy.wasm';

/** What OPA's manifest says that counts here; its other members (`roots`, `rego_version` …) are OPA's business. */
const manifestSchema = z.object({
  revision: z.string().max(256).default(''),
  wasm: z
    .array(z.object({ entrypoint: z.string().min(1).max(256), module: z.string() }))
    .min(1)
    .max(256),
  metadata: z.object({ exequatur: z.object({ controls: controlNames() }).optional() }).optional(),
});

/**
 * Reads a bundle: a gzipped tar with `/policy.wasm`, `/.manifest` and, where there is data, `/data.json`, as `opa build -t wasm` and
 * our own build write it. Sources (`*.rego`) and `/.signatures.json` may be there and are not read. Any other file is refused, for
 * what OPA would take for data and we would not is a different policy.
 *
 * @throws CodedError `bundle.*`: `too_large`, `not_gzip`, `inflates_too_large`, `trailing_bytes`, `truncated`, `entry_header`,
 *   `entry_type`, `entry_path`, `duplicate_entry`, `too_many_entries`, `entry_too_large`, `unexpected_entry`, `policy_missing`,
 *   `manifest_missing`, `manifest_invalid`, `data_invalid`, `data_overrules_policy`.
 */
export function readBundle(bytes: Uint8Array, limits: BundleLimits = DEFAULT_BUNDLE_LIMITS): PolicyBundle {
  if (bytes.byteLength > limits.maxBytes) {
    throw refusal('too_large', `it has ${bytes.byteLength} bytes; at most ${limits.maxBytes} are read`);
  }
  const files = new Map<string, Uint8Array>();
  for (const file of readTar(inflate(bytes, limits.maxInflatedBytes), limits.maxEntries)) {
    if (file.name === '.signatures.json' || file.name.endsWith('.rego')) continue;
    const maximum = maximumOf(file.name, limits);
    if (file.bytes.byteLength > maximum) {
      throw refusal('entry_too_large', `${file.name} has ${file.bytes.byteLength} bytes; at most ${maximum} are read`);
    }
    files.set(file.name, file.bytes);
  }
  const policyWasm = files.get(POLICY_FILE);
  if (policyWasm === undefined) throw refusal('policy_missing', 'it has no policy.wasm; build it for the target wasm');
  return {
    policyWasm,
    data: readData(files.get('data.json')),
    manifest: readManifest(files.get('.manifest')),
    digest: sha256(bytes),
  };
}

function maximumOf(name: string, limits: BundleLimits): number {
  switch (name) {
    case POLICY_FILE:
      return limits.maxPolicyBytes;
    case 'data.json':
      return limits.maxDataBytes;
    case '.manifest':
      return MAX_MANIFEST_BYTES;
    default:
      throw refusal('unexpected_entry', `it has ${name}, which nothing would read; data belongs in one data.json`);
  }
}

function inflate(bytes: Uint8Array, maximum: number): Uint8Array {
  let inflated: ReturnType<typeof gunzipInfo>;
  try {
    inflated = gunzipInfo(bytes, maximum);
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') {
      throw refusal('inflates_too_large', `it inflates to more than ${maximum} bytes`, cause);
    }
    if (codeOf(cause) === 'Z_BUF_ERROR') throw refusal('truncated', 'its compressed stream ends early', cause);
    throw refusal('not_gzip', 'it is not a whole gzip stream', cause);
  }
  // Node ignores zeros after the stream, and what follows those; another reader may not.
  if (inflated.consumed !== bytes.byteLength)
    throw refusal('trailing_bytes', 'something follows its compressed stream');
  return inflated.buffer;
}

function gunzipInfo(bytes: Uint8Array, maximum: number): { buffer: Uint8Array; consumed: number } {
  const result: unknown = gunzipSync(bytes, { maxOutputLength: maximum, info: true });
  if (typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result) {
    const { buffer, engine } = result;
    if (buffer instanceof Uint8Array && typeof engine === 'object' && engine !== null && 'bytesWritten' in engine) {
      return { buffer, consumed: Number(engine.bytesWritten) };
    }
  }
  throw new TypeError('zlib answered in an unknown form');
}

function readData(bytes: Uint8Array | undefined): JsonObject {
  if (bytes === undefined) return {};
  const data = strictly(bytes, 'data.json', 'data_invalid');
  if (!isJsonObject(data)) throw refusal('data_invalid', 'data.json is not an object');
  if (Object.hasOwn(data, 'exequatur')) {
    throw refusal(
      'data_overrules_policy',
      'its data has a top-level member `exequatur`, which would overrule the rules of that name; rename the file or the member',
    );
  }
  return data;
}

function readManifest(bytes: Uint8Array | undefined): BundleManifest {
  if (bytes === undefined) throw refusal('manifest_missing', 'it has no .manifest');
  const parsed = manifestSchema.safeParse(strictly(bytes, '.manifest', 'manifest_invalid'));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
    throw refusal('manifest_invalid', `its .manifest is malformed (${problems.slice(0, 5).join('; ')})`);
  }
  const { revision, wasm, metadata } = parsed.data;
  const other = wasm.find(({ module }) => module !== `/${POLICY_FILE}` && module !== POLICY_FILE);
  if (other !== undefined) throw refusal('manifest_invalid', 'its .manifest names another module than /policy.wasm');
  const entrypoints = wasm.map(({ entrypoint }) => entrypoint);
  return { revision, entrypoints, controls: metadata?.exequatur?.controls };
}

function controlNames() {
  return z
    .array(z.string().regex(CONTROL_NAME, 'must be a name like `access`'))
    .min(1)
    .max(256)
    .refine((names) => new Set(names).size === names.length, 'must not name a control twice');
}

function strictly(bytes: Uint8Array, name: string, what: string): Json {
  try {
    return parseStrictJson(bytes, { maxBytes: bytes.byteLength, maxDepth: MAX_DEPTH });
  } catch (cause) {
    const why = cause instanceof CodedError ? cause.message : 'it is not JSON';
    throw refusal(what, `${name}: ${why}`, cause);
  }
}

function refusal(what: string, why: string, cause?: unknown): CodedError {
  return new CodedError(`bundle.${what}`, `the bundle is refused: ${why}`, cause === undefined ? {} : { cause });
}
