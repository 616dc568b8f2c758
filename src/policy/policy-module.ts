import { CodedError } from '../errors.ts';
import type { EngineLoadCode } from './codes.ts';
import { importedMemory } from './wasm-imports.ts';

/** A compiled policy, and the memory that it is given. Shared by every instance made from it. */
export type PolicyModule = {
  readonly module: WebAssembly.Module;
  /** Pages of 64 KiB. */
  readonly minimumPages: number;
  readonly maximumPages: number;
};

/** All that OPA's compiler lets a policy import. */
const IMPORTS: ReadonlySet<string> = new Set([
  'memory',
  'opa_abort',
  'opa_println',
  'opa_builtin0',
  'opa_builtin1',
  'opa_builtin2',
  'opa_builtin3',
  'opa_builtin4',
]);

/**
 * Compiles a policy.
 *
 * @param maximumPages The most memory that an instance may have.
 * @throws CodedError `engine.module_invalid`, `engine.module_imports`, `engine.memory_minimum`.
 */
export function compilePolicy(wasm: Uint8Array, maximumPages: number): PolicyModule {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(wasm);
  } catch (cause) {
    throw loadError('engine.module_invalid', 'policy.wasm is not a WebAssembly module; build the bundle again', cause);
  }
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== 'env' || !IMPORTS.has(name)) {
      const message = `policy.wasm imports ${from}.${name}, which no policy of OPA does; build it with OPA's compiler`;
      throw loadError('engine.module_imports', message);
    }
  }
  const memory = importedMemory(wasm);
  if (memory === undefined) {
    throw loadError('engine.module_imports', "policy.wasm imports no memory; build it with OPA's compiler");
  }
  const maximum = Math.min(maximumPages, memory.maximum ?? maximumPages);
  if (memory.minimum > maximum) {
    throw loadError(
      'engine.memory_minimum',
      `policy.wasm starts with ${memory.minimum} pages of memory and may have ${maximum}; raise policy.max_memory_pages`,
    );
  }
  return { module, minimumPages: memory.minimum, maximumPages: maximum };
}

/** An error that refuses a bundle while it is loaded. */
export function loadError(code: EngineLoadCode, message: string, cause?: unknown): CodedError {
  return new CodedError(code, message, cause === undefined ? {} : { cause });
}
