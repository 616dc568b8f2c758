import type { JsonObject } from '../../model/json.ts';
import { isJsonObject } from '../../model/json.ts';
import { runOpa } from './child.ts';
import { aboutOperation } from './operations.ts';

/**
 * What this OPA can, without the builtins that do I/O, read the environment or throw dice, and without any host that a schema might be fetched from: a
 * decision is a pure function of its input.
 */
export async function allowedCapabilities(): Promise<JsonObject> {
  const { capabilities, withheld } = await runOpa(aboutOperation);
  const builtins = Array.isArray(capabilities.builtins) ? capabilities.builtins : [];
  const allowed = builtins.filter(
    (builtin) => isJsonObject(builtin) && typeof builtin.name === 'string' && !withheld.includes(builtin.name),
  );
  return { ...capabilities, builtins: allowed, allow_net: [] };
}
