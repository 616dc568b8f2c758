import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadOffline, type OfflineSources } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { isJsonObject, type Json, type JsonObject, within } from '../../src/model/json.ts';
import { createLog } from '../../src/observe/log.ts';
import { startService } from '../../src/service.ts';
import { runCatalogue } from '../cli/catalogue-command.ts';
import { type Deployment, deploy } from './deployment.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SERVERS = join(root, 'node_modules/@modelcontextprotocol');
const json: z.ZodType<Json> = z.json();

/** Imports a real server's tools, agrees with every proposal, and signs. */
async function importSigned(
  place: Deployment,
  server: string,
  args: readonly string[],
): Promise<readonly JsonObject[]> {
  const file = join(place.catalogue, `${server}.json`);
  const { exit, error } = await runCatalogue(place.folder, [
    'import',
    ...['--server', server, '--id', server, '--owner', 'Tests', '--output', file],
    ...['--package', `pkg:npm/${server}@2026.8.31`, '--package-digest', `sha256:${'0'.repeat(64)}`],
    ...['--stdio', '--', process.execPath, join(SERVERS, `server-${server}/dist/index.js`), ...args],
  ]);
  assert.equal(exit, 0, error?.message ?? 'the import ended badly');
  const text = readFileSync(file, 'utf8').replace(
    /"proposed_effect": \{\s*"effect": ("[a-z]+"),\s*"because": "(?:[^"\\]|\\.)*"\s*\}/g,
    '"effect": $1',
  );
  writeFileSync(file, text);
  writeFileSync(join(place.catalogue, `${server}.sigstore.json`), place.sign(Buffer.from(text), 'release'));
  const tools = within(json.parse(JSON.parse(text)), 'servers', server, 'tools');
  assert.ok(Array.isArray(tools));
  return tools.map((tool: Json) => {
    const definition = within(tool, 'definition');
    if (definition === undefined || !isJsonObject(definition)) throw new TypeError('a tool has no definition');
    return definition;
  });
}

type Alteration = { readonly field: string; readonly definition: Json };

/** The same with one character another: each character of each text, name, number and literal in turn. */
function* alterations(value: Json, field = ''): Generator<Alteration> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const { field: at, definition } of alterations(item, `${field}/${index}`)) {
        yield { field: at, definition: value.toSpliced(index, 1, definition) };
      }
    }
  } else if (isJsonObject(value)) {
    const entries = Object.entries(value);
    for (const [place, [name, inner]] of entries.entries()) {
      for (const other of texts(name)) {
        yield {
          field: `${field}/${name} (its name)`,
          definition: Object.fromEntries(entries.toSpliced(place, 1, [other, inner])),
        };
      }
      for (const { field: at, definition } of alterations(inner, `${field}/${name}`)) {
        yield { field: at, definition: Object.fromEntries(entries.toSpliced(place, 1, [name, definition])) };
      }
    }
  } else if (typeof value === 'string') {
    for (const text of texts(value)) yield { field, definition: text };
  } else if (typeof value === 'number') yield { field, definition: value + 1 };
  else yield { field, definition: value === true ? false : value === false ? null : 0 };
}

function* texts(text: string): Generator<string> {
  const characters = [...text];
  for (const [place, character] of characters.entries()) {
    yield characters.toSpliced(place, 1, character === 'x' ? 'y' : 'x').join('');
  }
  if (text === '') yield 'x';
}

describe('a real server, imported, reviewed and signed', () => {
  for (const [server, args] of [
    ['filesystem', [root]],
    ['everything', []],
  ] as const) {
    describe(`server-${server}`, () => {
      const place = deploy();
      let definitions: readonly JsonObject[] = [];
      let sources: OfflineSources;

      before(async () => {
        definitions = await importSigned(place, server, args);
        sources = await loadOffline(readConfig(place.config));
      });

      after(async () => {
        await sources.close();
        place.remove();
      });

      const driftOf = (id: string, definition: Json) => {
        const facts = sources.lookUpTool({ type: 'tool', id, properties: { definition } }, {}, Date.now());
        assert.ok(facts.known, JSON.stringify(facts));
        return facts.drift;
      };

      it('is seen to be what was signed, and each alteration of one character in any field to be another', () => {
        let altered = 0;
        for (const definition of definitions) {
          const id = `${server}/${definition.name}`;
          assert.equal(driftOf(id, definition), 'none');
          for (const { field, definition: other } of alterations(definition)) {
            altered += 1;
            assert.equal(driftOf(id, other), 'changed', `${id} ${field}`);
          }
        }
        assert.ok(altered > 5_000, String(altered));
      });

      it('is denied by the next decision, and recorded as such, for each field of each tool', async () => {
        const stop = new AbortController();
        const service = await startService(readConfig(place.config), createLog({ level: 'silent' }), stop.signal);
        const ask = async (name: string, definition: Json) => {
          const response = await fetch(`${service.decisions}/access/v1/evaluation`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({
              subject: { type: 'agent', id: 'reader-bot' },
              action: { name: 'tools/call', properties: { arguments: {} } },
              resource: { type: 'tool', id: `${server}/${name}`, properties: { definition } },
            }),
          });
          return json.parse(await response.json());
        };
        const says = (answer: Json) => JSON.stringify(within(answer, 'context', 'reasons'));
        try {
          for (const definition of definitions) {
            const name = String(definition.name);
            const signed = await ask(name, definition);
            assert.equal(within(signed, 'context', 'controls', 'drift'), 'pass', says(signed));
            const fields = new Map([...alterations(definition)].map((one) => [one.field, one.definition]));
            for (const [field, other] of fields) {
              const answer = await ask(name, other);
              assert.equal(within(answer, 'decision'), false);
              assert.match(says(answer), /drift\.changed/, `${name} ${field}`);
            }
          }
        } finally {
          stop.abort();
          await service.ended;
        }
      });
    });
  }
});
