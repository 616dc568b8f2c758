import packageJson from '../package.json' with { type: 'json' };

/** The product's version, as package.json has it. */
export const VERSION: string = packageJson.version;

/** The OPA release whose compiler, interpreter and builtins are inside (`wasm/opa/go.mod`). */
export const OPA_VERSION = '1.22.2';
