import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { CodedError } from '../../errors.ts';
import { limitMemory } from './memory-limit.ts';

/** Where OPA stands, compressed: in the repository beside its source. */
const OPA_FILE = new URL('../../../wasm/opa/opa.wasm.zst', import.meta.url);

const compiled = new Map<number, WebAssembly.Module>();

/**
 * OPA as a compiled module whose memory may not grow past `maximumMegabytes` (64 KiB pages, rounded down). Loaded at first use, once per process and limit:
 * about 0.2 s to inflate and compile 41 MB.
 *
 * @throws CodedError `policy.opa_missing` where the file cannot be read or is no module.
 */
export function opaModule(maximumMegabytes: number): WebAssembly.Module {
  const known = compiled.get(maximumMegabytes);
  if (known !== undefined) return known;
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(limitMemory(zstdDecompressSync(readFileSync(OPA_FILE)), maximumMegabytes * 16));
  } catch (cause) {
    throw new CodedError(
      'policy.opa_missing',
      'OPA (wasm/opa/opa.wasm.zst) cannot be loaded: install Exequatur again, or rebuild the file with scripts/opa-rebuild.ts.',
      { cause },
    );
  }
  compiled.set(maximumMegabytes, module);
  return module;
}
