import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { KnownTool, Signatures } from '../model/facts.ts';
import { printable } from '../model/printable.ts';
import { type ArgumentsCheck, createSchemaCompiler } from '../schema/schema.ts';
import type { CatalogueDocument, ListedTool } from './document.ts';
import { invalidCatalogue, type Problem } from './problems.ts';

/** A tool that may be asked for, with everything about it that does not depend on the call. */
export type CatalogueEntry = {
  readonly server: string;
  readonly name: string;
  readonly digest: Sha256Digest;
  readonly check: ArgumentsCheck;
  /** The three facts that a call of it can have, made once. */
  readonly facts: {
    readonly valid: KnownTool;
    readonly absent: KnownTool;
    readonly mismatched: KnownTool;
  };
};

/** What all catalogue documents together list. */
export type Catalogue = {
  /** By `SERVER/TOOL`, whole. */
  readonly tools: ReadonlyMap<string, CatalogueEntry>;
  readonly documents: readonly CatalogueDocument[];
};

/** Until somebody is configured whose signature counts, nobody's does. */
const UNSIGNED: Signatures = Object.freeze({
  verified: false,
  by: Object.freeze([]),
  failed: Object.freeze([Object.freeze({ code: 'no_trust_configured' })]),
});

/**
 * Brings documents together into one catalogue: digests every definition, compiles every schema, and refuses what collides. Either
 * all of it is usable or nothing is.
 *
 * @throws CodedError `catalogue.invalid` with every schema that is unusable and every collision, with their places.
 */
export function createCatalogue(documents: readonly CatalogueDocument[]): Catalogue {
  const compile = createSchemaCompiler();
  const tools = new Map<string, CatalogueEntry>();
  const places = new Map<string, string>();
  const ids = new Map<string, string>();
  for (const document of documents) {
    const problems: Problem[] = [];
    const twin = ids.get(document.id);
    if (twin !== undefined) {
      problems.push({
        place: '/id',
        problem: `${document.id} is the id of ${twin} as well; use one document for each id`,
      });
    }
    ids.set(document.id, document.source);
    for (const server of document.servers) {
      for (const tool of server.tools) {
        const id = `${server.name}/${tool.name}`;
        const first = places.get(id);
        if (first !== undefined) {
          problems.push({
            place: tool.place,
            problem: `${id} is listed at ${first} as well; a call could mean either, so rename the server or remove one`,
          });
          continue;
        }
        places.set(id, `${document.source} ${tool.place}`);
        try {
          tools.set(id, entry(server.name, tool, compile(tool.inputSchema)));
        } catch (thrown) {
          if (!(thrown instanceof CodedError)) throw thrown;
          problems.push({
            place: `${tool.place}/definition/inputSchema`,
            problem: `${printable(id, 260)} ${thrown.message}`,
          });
        }
      }
    }
    if (problems.length > 0) throw invalidCatalogue(document.source, problems);
  }
  return { tools, documents };
}

function entry(server: string, tool: ListedTool, check: ArgumentsCheck): CatalogueEntry {
  const digest = sha256(canonicalize(tool.definition));
  const facts = (state: Pick<KnownTool, 'arguments_valid' | 'arguments_code'>): KnownTool =>
    Object.freeze({
      known: true,
      server,
      server_identity: 'asserted',
      name: tool.name,
      version: tool.version,
      effect: tool.effect,
      digest,
      drift: 'unobserved',
      ...state,
      signatures: UNSIGNED,
    });
  return {
    server,
    name: tool.name,
    digest,
    check,
    facts: {
      valid: facts({ arguments_valid: true }),
      absent: facts({ arguments_valid: false, arguments_code: 'arguments_absent' }),
      mismatched: facts({ arguments_valid: false, arguments_code: 'arguments_do_not_match_schema' }),
    },
  };
}
