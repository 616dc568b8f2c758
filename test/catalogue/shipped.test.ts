import assert from 'node:assert/strict';
import { loadCatalogue } from '../../src/catalogue/load.ts';
import { createToolLookUp } from '../../src/catalogue/look-up.ts';

const catalogue = await loadCatalogue(['catalogue/exequatur.json']);

describe('the shipped catalogue', () => {
  it('lists thirty or more tools of real servers, of every effect', () => {
    const facts = [...catalogue.tools.values()].map((entry) => entry.facts.valid);
    assert.ok(facts.length >= 30);
    for (const effect of ['read', 'write', 'destructive']) assert.ok(facts.some((tool) => tool.effect === effect));
  });

  it('calls no tool read whose own annotations say that it destroys', () => {
    for (const document of catalogue.documents) {
      for (const tool of document.servers.flatMap((server) => server.tools)) {
        const annotations = tool.definition.annotations;
        const hints = typeof annotations === 'object' && annotations !== null ? annotations : {};
        if (tool.effect === 'read') assert.notEqual(Reflect.get(hints, 'destructiveHint'), true, tool.name);
      }
    }
  });

  it('takes the arguments that the servers take and refuses others', () => {
    const lookUp = createToolLookUp(catalogue);
    const valid = (id: string, args: Parameters<typeof lookUp>[1]) => {
      const facts = lookUp({ type: 'tool', id }, args);
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
    for (const [id, { check }] of catalogue.tools) {
      for (const name of ['extra', ...catalogueNames(id)]) {
        for (const value of [rows, 'x'.repeat(100_000), rows.map((row) => row.name)]) {
          assert.doesNotMatch(check.explain({ [name]: value }) ?? '', /too large to be checked/, `${id} ${name}`);
        }
      }
    }
  });
});

/** The names of a tool's arguments. */
function catalogueNames(id: string): string[] {
  for (const document of catalogue.documents) {
    for (const server of document.servers) {
      const tool = server.tools.find(({ name }) => `${server.name}/${name}` === id);
      const properties = tool?.inputSchema.properties;
      if (typeof properties === 'object' && properties !== null) return Object.keys(properties);
    }
  }
  return [];
}
