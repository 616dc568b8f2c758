import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, it } from 'mocha';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkingOperation, checkPolicies, policyCapabilities } from '../../src/policy/check.ts';
import { readPolicyFolders } from '../../src/policy/folder.ts';
import { allowedCapabilities } from '../../src/policy/opa/capabilities.ts';
import { runHere } from './opa/here.ts';
import { SMALL_FOLDER, withFolder } from './temporary.ts';

const CASES = z
  .array(
    z.object({ name: z.string(), files: z.record(z.string(), z.string().nullable()), problems: z.array(z.string()) }),
  )
  .parse(parse(readFileSync(new URL('../vectors/policy/check-cases.yaml', import.meta.url), 'utf8')));

describe('the check of policies', () => {
  for (const { name, files, problems } of CASES) {
    it(`finds ${problems.length === 0 ? 'nothing wrong with' : 'what is wrong with'}: ${name}`, () =>
      withFolder(
        files,
        async (folder) => {
          const found = runHere(checkingOperation(await readPolicyFolders([folder]))).problems;
          assert.deepEqual(
            found
              .map(({ code, file, row }) => (file === undefined ? code : `${code} ${relative(folder, file)}:${row}`))
              .sort(),
            [...problems].sort(),
          );
        },
        SMALL_FOLDER,
      ));
  }

  it('tells of files that are not formatted, apart from what is wrong', () =>
    withFolder({ 'lib/loose.rego': 'package exequatur.lib.loose\nx   :=   1\n' }, async (folder) => {
      const { problems, unformatted } = runHere(checkingOperation(await readPolicyFolders([SMALL_FOLDER, folder])));
      assert.deepEqual(problems, []);
      assert.deepEqual(
        unformatted.map(({ code, file }) => [code, relative(folder, file ?? '')]),
        [['policy.unformatted', 'lib/loose.rego']],
      );
    }));

  it('counts the controls, in a process of its own', async () => {
    const { controls, problems } = await checkPolicies(await readPolicyFolders([SMALL_FOLDER]));
    assert.deepEqual(problems, []);
    assert.deepEqual(controls, ['drift', 'limits']);
  });

  it('finds the shipped policies without fault', async () => {
    const shipped = await readPolicyFolders(['policies']);
    const { problems, controls } = runHere(checkingOperation(shipped));
    assert.deepEqual(problems, []);
    assert.ok(controls.length > 0);
  });

  it('would notice data that OPA reads otherwise', async () => {
    const folder = await readPolicyFolders([SMALL_FOLDER]);
    const { problems } = runHere(
      checkingOperation({ ...folder, data: { limits: { amount: 1000, harmless: 'read' } } }),
    );
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['policy.data_differs'],
    );
  });
});

describe('what policies may call', () => {
  it('is OPA’s own list without what does I/O, reads the environment or throws dice', async () => {
    assert.deepEqual(policyCapabilities(), await allowedCapabilities());
    const text = JSON.stringify(policyCapabilities());
    for (const name of [
      'http.send',
      'net.lookup_ip_addr',
      'opa.runtime',
      'providers.aws.sign_req',
      'rand.intn',
      'uuid.rfc4122',
    ]) {
      assert.ok(!text.includes(`"name":"${name}"`), name);
    }
    assert.ok(text.includes('"name":"time.now_ns"'));
  });
});
