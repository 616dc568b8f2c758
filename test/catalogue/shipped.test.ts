import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createArgumentChecks } from '../../src/catalogue/argument-checks.ts';
import { createCatalogueIndex } from '../../src/catalogue/catalogue.ts';
import { conflictOf } from '../../src/catalogue/conflicts.ts';
import { parseCatalogue } from '../../src/catalogue/document.ts';
import { lintCatalogue } from '../../src/catalogue/lint.ts';
import { createToolLookUp } from '../../src/catalogue/look-up.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, member } from '../../src/model/json.ts';
import { shelfOf } from './documents.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const FILE = 'catalogue/exequatur.json';
const bytes = readFileSync(FILE);
const { header, content } = parseCatalogue(bytes, FILE);
const tools = content.servers.flatMap((server) => server.tools);
const document = { source: FILE, header, content, digest: sha256(bytes), bytes, since: 0 };
const catalogue = createCatalogueIndex(shelfOf(document), createArgumentChecks());

describe('the shipped catalogue', () => {
  it('lists thirty or more tools of real servers, of every effect', () => {
    assert.ok(tools.length >= 30);
    for (const effect of ['read', 'write', 'destructive']) assert.ok(tools.some((tool) => tool.effect === effect));
  });

  it('says which package of which version each server is', () => {
    for (const { name, identity, tools: listed } of content.servers) {
      assert.ok('package' in identity, name);
      const version = /^pkg:(?:npm|pypi|golang)\/.+@v?([^@]+)$/.exec(identity.package)?.[1];
      assert.ok(version !== undefined, identity.package);
      for (const tool of listed) assert.equal(tool.version, version, tool.id);
      assert.match(identity.digest, identity.package.startsWith('pkg:npm/') ? /^sha512:/ : /^sha256:/);
    }
  });

  it('has neither problems nor warnings, and conflicts with nothing', () => {
    assert.deepEqual(lintCatalogue(bytes, FILE, { now: NOW }), { problems: [], warnings: [] });
    assert.equal(conflictOf({ ...parseCatalogue(bytes, FILE), source: FILE }, []), undefined);
  });

  it('takes the arguments that the servers take and refuses others', () => {
    const lookUp = createToolLookUp(catalogue);
    const valid = (id: string, args: Parameters<typeof lookUp>[1]) => {
      const facts = lookUp({ type: 'tool', id }, args, NOW);
      assert.ok(facts.known, id);
      return facts.arguments_valid;
    };
    assert.equal(
      valid('kubernetes/pods_list_in_namespace', { namespace: 'web', labelSelector: 'app=web,env=prod' }),
      true,
    );
    assert.equal(valid('kubernetes/pods_list_in_namespace', { namespace: 'web', labelSelector: '$(reboot)' }), false);
    assert.equal(valid('aws/call_aws', { cli_command: ['aws s3 ls', 'aws sts get-caller-identity'] }), true);
    assert.equal(valid('aws/call_aws', { cli_command: 1 }), false);
    assert.equal(valid('filesystem/edit_file', { path: 'a', edits: [{ oldText: 'a', newText: 'b' }] }), true);
    assert.equal(valid('filesystem/edit_file', { path: 'a', edits: [{ oldText: 'a' }] }), false);
    assert.equal(
      valid('terraform/create_run', { terraform_org_name: 'o', workspace_name: 'w', run_type: 'is_destroy' }),
      true,
    );
    assert.equal(
      valid('terraform/create_run', { terraform_org_name: 'o', workspace_name: 'w', run_type: 'yolo' }),
      false,
    );
  });

  it('checks arguments of a thousand values and a long text for every tool', () => {
    const rows = Array.from({ length: 250 }, (_, id) => ({ id, name: `row ${id}`, tags: ['a', 'b'] }));
    for (const tool of tools) {
      const properties = member(tool.inputSchema, 'properties');
      for (const name of ['extra', ...Object.keys(isJsonObject(properties) ? properties : {})]) {
        for (const value of [rows, 'x'.repeat(100_000), rows.map((row) => row.name)]) {
          const explained = catalogue.check(tool).explain({ [name]: value });
          assert.doesNotMatch(explained ?? '', /too large to be checked/, `${tool.id} ${name}`);
        }
      }
    }
  });
});
