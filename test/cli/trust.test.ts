import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLines } from '../../src/audit/read.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { runCommandLine } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { readConfig } from '../../src/config.ts';
import { createVersions, type DocumentVersion } from '../../src/document/versions.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, type JsonObject } from '../../src/model/json.ts';
import { openState } from '../../src/state/open.ts';
import { type AdmissionRequest, createFreshness } from '../../src/trust/freshness/freshness.ts';
import type { SeenCheckpoint } from '../../src/trust/verdict.ts';
import { openLog } from '../audit/open-log.ts';
import { matchesFor } from '../trust/proved.ts';

const ORIGIN = 'rekor.example - 1';
const DIGEST = sha256('a plan');

describe('exequatur trust', () => {
  let folder = '';
  let file = '';

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-trust-'));
    file = join(folder, 'config.yaml');
    writeConfig('store: file, path: state.json');
    await run('state', 'init', '-c', file);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function writeConfig(state: string): void {
    writeFileSync(
      file,
      `instance: i-1\ncatalogue: { folders: [tools.json] }\naudit: { folder: audit }\nstate: { ${state} }\n`,
    );
  }

  async function run(...words: string[]): Promise<{ out: string; err: string; exit: number | undefined }> {
    const ran: { out: string; err: string; exit: number | undefined } = { out: '', err: '', exit: undefined };
    const terminal: Terminal = {
      out: (text) => {
        ran.out += text;
      },
      err: (text) => {
        ran.err += text;
      },
      colour: false,
      cwd: folder,
      interrupted: new AbortController().signal,
      setExit: (code) => {
        ran.exit = code;
      },
    };
    await runCommandLine(words, terminal);
    return ran;
  }

  const forget = (...words: string[]) =>
    run('trust', 'forget', '-c', file, ...(words.includes('--reason') ? [] : ['--reason', 'meant']), ...words);

  /** Offers documents to the configured store, one after the other. */
  async function admit(...requests: Partial<AdmissionRequest>[]): Promise<string[]> {
    const config = readConfig(file);
    const state = await openState(config.state, config.folder);
    try {
      const { admit: one } = createFreshness({ state, now: Date.now, onEvent: () => undefined });
      const codes: string[] = [];
      for (const changes of requests) codes.push(codeOf(await one({ ...STRONG, ...changes })));
      return codes;
    } finally {
      await state.close();
    }
  }

  /** Has versions accepted in the configured store, one after the other; the code of each that is not. */
  async function raise(...documents: DocumentVersion[]): Promise<(string | undefined)[]> {
    const config = readConfig(file);
    const state = await openState(config.state, config.folder);
    try {
      const versions = createVersions(state, Date.now);
      const found: (string | undefined)[] = [];
      for (const document of documents) found.push((await versions.raise(document))?.code);
      return found;
    } finally {
      await state.close();
    }
  }

  const PROOFS = { authorities: 2, logs: 1, timestamps: 1, scts: 1, attestations: ['https://slsa.dev/provenance/v1'] };
  const STRONG: AdmissionRequest = {
    kind: 'plan',
    name: 'deploy-42',
    document: DIGEST,
    matches: matchesFor(PROOFS),
    struck: [],
    strictMark: false,
  };
  const WEAK = { matches: matchesFor({ ...PROOFS, authorities: 1 }) };

  async function records(of = 'audit'): Promise<readonly JsonObject[]> {
    const { lines } = await lastLines(join(folder, of), 100, {});
    return lines.flatMap(({ checked }) => (checked.intact ? [checked.line.record] : []));
  }

  it('forgets the proofs of a document, after it has recorded what they were', async () => {
    assert.deepEqual(await admit({}, WEAK), ['admitted', 'downgraded']);
    const { out, exit } = await forget('--kind', 'plan', '--document', 'deploy-42', '--reason', 'one signer left');
    assert.equal(exit, 0);
    assert.match(out, /plan deploy-42/);
    assert.deepEqual(await admit(WEAK, {}, WEAK), ['admitted', 'admitted', 'downgraded']);
    const [record] = await records();
    assert.equal(record?.kind, 'trust');
    assert.equal(record.action, 'forget');
    assert.equal(record.about, 'plan deploy-42');
    assert.equal(record.reason, 'one signer left');
    assert.deepEqual(record.remembered, {
      kind: 'plan',
      name: 'deploy-42',
      document: DIGEST,
      proofs: { ...PROOFS, names: ['authority-0', 'authority-1'] },
      marks: [],
    });
    assert.ok((await verifyLog(join(folder, 'audit'))).ok);
  });

  it('forgets the highest version of a document with its proofs, in one record', async () => {
    await admit({});
    const version = (number: number) => ({ kind: 'plan', id: 'deploy-42', version: number, digest: DIGEST });
    assert.deepEqual(await raise(version(7), version(3)), [undefined, 'version_rolled_back']);
    assert.equal((await forget('--kind', 'plan', '--document', 'deploy-42')).exit, 0);
    assert.deepEqual(await raise(version(3)), [undefined]);
    assert.deepEqual(await admit(WEAK), ['admitted']);
    const found = await records();
    assert.equal(found.length, 1);
    const { remembered } = found[0] ?? assert.fail();
    assert.ok(isJsonObject(remembered) && isJsonObject(remembered.highest_version) && 'proofs' in remembered);
    const { since, ...highest } = remembered.highest_version;
    assert.deepEqual(highest, { version: 7, digest: DIGEST });
    assert.match(String(since), /^\d{4}-\d{2}-\d{2}T/);
  });

  it('forgets a version also where no proofs are remembered', async () => {
    await raise({ kind: 'catalogue', id: 'tools', version: 7, digest: DIGEST });
    assert.equal((await forget('--kind', 'plan', '--document', 'tools')).exit, 2, 'of another kind');
    const { exit, out } = await forget('--kind', 'catalogue', '--document', 'tools');
    assert.equal(exit, 0);
    assert.match(out, /forgotten: catalogue tools/);
    assert.equal((await forget('--kind', 'catalogue', '--document', 'tools')).exit, 2, 'there is nothing left');
  });

  it('asks for a reason, and takes no blank one', async () => {
    await admit({});
    const words = ['--kind', 'plan', '--document', 'deploy-42'];
    const { err, exit } = await run('trust', 'forget', '-c', file, ...words);
    assert.equal(exit, 2);
    assert.match(err, /--reason/);
    assert.equal((await forget(...words, '--reason', ' ')).exit, 2);
    assert.deepEqual(await admit(WEAK), ['downgraded']);
  });

  it('forgets a document without a name by its digest, and nothing beside it', async () => {
    const { name: _name, ...nameless } = STRONG;
    const byDigest = { ...nameless };
    const config = readConfig(file);
    const state = await openState(config.state, config.folder);
    const freshness = createFreshness({ state, now: Date.now, onEvent: () => undefined });
    await freshness.admit(byDigest);
    await freshness.admit(STRONG);
    await state.close();
    assert.equal((await forget('--kind', 'plan', '--document', DIGEST)).exit, 0);
    assert.deepEqual(await admit(WEAK), ['downgraded'], 'the one with a name is still remembered');
    assert.equal((await forget('--kind', 'plan', '--document', DIGEST)).exit, 2);
  });

  it('forgets a log that was distrusted, with the roots in the record', async () => {
    const [one, other] = [seen(10, 'a'), seen(10, 'b')];
    assert.deepEqual(await admit({ matches: matchesFor(PROOFS, [one]) }, { matches: matchesFor(PROOFS, [other]) }), [
      'admitted',
      'split_view',
    ]);
    assert.equal((await forget('--log', ORIGIN)).exit, 0);
    assert.deepEqual(await admit({ matches: matchesFor(PROOFS, [other]) }, { matches: matchesFor(PROOFS, [one]) }), [
      'admitted',
      'split_view',
    ]);
    const [record] = await records();
    assert.equal(record?.about, `log ${ORIGIN}`);
    assert.ok(JSON.stringify(record.remembered).includes(one.root));
    assert.ok(JSON.stringify(record.remembered).includes(other.root));
  });

  it('asks which key is meant where several sign under one origin', async () => {
    const other = { ...seen(10, 'b'), logId: 'ffff' };
    await admit({ matches: matchesFor(PROOFS, [seen(10, 'a'), other]) });
    const { err, exit } = await forget('--log', ORIGIN);
    assert.equal(exit, 2);
    assert.match(err, /trust\.forget_which.*ffff/);
    assert.equal((await forget('--log', ORIGIN, '--log-id', 'ffff')).exit, 0);
    assert.equal((await forget('--log', ORIGIN)).exit, 0);
  });

  it('refuses what nobody remembers, and leaves no record of it', async () => {
    for (const words of [
      ['--kind', 'plan', '--document', 'deploy-42'],
      ['--kind', 'plan', '--document', DIGEST],
      ['--log', ORIGIN],
    ]) {
      const { err, exit } = await forget(...words);
      assert.equal(exit, 2);
      assert.match(err, /trust\.not_remembered/);
    }
    assert.deepEqual(await records().catch(() => []), []);
  });

  it('wants a document with its kind, or a log', async () => {
    for (const words of [
      [],
      ['--kind', 'plan'],
      ['--document', 'x'],
      ['--kind', 'plan', '--document', 'x', '--log', ORIGIN],
      ['--log-id', 'ffff'],
    ]) {
      assert.match((await forget(...words)).err, /trust\.forget_what/);
    }
  });

  it('says what to do where the service holds the audit folder, and records elsewhere when told', async () => {
    await admit({});
    const { log } = await openLog(join(folder, 'audit'));
    const words = ['--kind', 'plan', '--document', 'deploy-42'];
    const refused = await forget(...words);
    assert.equal(refused.exit, 2);
    assert.match(refused.err, /audit\.locked.*--audit FOLDER/);
    assert.deepEqual(await admit(WEAK), ['downgraded'], 'nothing is forgotten without its record');
    const done = await forget(...words, '--audit', 'audit-trust', '--json');
    await log.close();
    assert.equal(done.exit, 0);
    assert.equal(JSON.parse(done.out).audit.origin, 'exequatur/i-1%2Ftrust');
    assert.equal((await records('audit-trust'))[0]?.about, 'plan deploy-42');
    assert.deepEqual(await admit(WEAK), ['admitted']);
  });

  it('says what to do where the service holds the state file, which can be shown all the same', async () => {
    await admit({});
    const config = readConfig(file);
    const state = await openState(config.state, config.folder);
    const refused = await forget('--kind', 'plan', '--document', 'deploy-42');
    const shown = await run('trust', 'show', '-c', file);
    await state.close();
    assert.match(refused.err, /state\.locked.*Stop the service/);
    assert.equal(shown.exit, 0);
    assert.match(shown.out, /deploy-42/);
  });

  it('has nothing to show or forget of a service that keeps state in memory', async () => {
    writeConfig('store: memory');
    assert.match((await forget('--log', ORIGIN)).err, /state\.nothing_to_keep/);
    assert.match((await run('trust', 'show', '-c', file)).err, /state\.nothing_to_keep/);
  });

  it('shows logs and documents, and in full what is not believed', async () => {
    assert.match((await run('trust', 'show', '-c', file)).out, /No logs.*\nNo documents/s);
    await admit(
      { matches: matchesFor(PROOFS, [seen(10, 'a')]), strictMark: true },
      { matches: matchesFor(PROOFS, [seen(10, 'b')]) },
      { name: 'x\u001b[31m' },
    );
    const { out, exit } = await run('trust', 'show', '-c', file);
    assert.equal(exit, 0);
    assert.match(out, /split_view/);
    assert.ok(out.includes(seen(10, 'a').root) && out.includes(seen(10, 'b').root));
    assert.match(out, /plan +deploy-42 +2 +1 +1 +1 +rekor\.example - 1: 10 +https:\/\/slsa/);
    assert.ok(!out.includes('\u001b'));
    const json = JSON.parse((await run('trust', 'show', '-c', file, '--json')).out);
    assert.equal(json.logs[0].distrust.code, 'split_view');
    assert.equal(json.documents.length, 2);
    assert.equal(json.more, false);
    const one = JSON.parse((await run('trust', 'show', '-c', file, '--json', '--limit', '1')).out);
    assert.deepEqual([one.documents.length, one.more], [1, true]);
    await forget('--kind', 'plan', '--document', 'deploy-42');
    assert.ok(!(await run('trust', 'show', '-c', file)).out.includes('deploy-42'));
  });

  it('is read by exequatur audit', async () => {
    await admit({});
    await forget('--kind', 'plan', '--document', 'deploy-42', '--reason', 'meant');
    const tail = await run('audit', 'tail', '--folder', join(folder, 'audit'));
    assert.match(tail.out, /trust .*forget plan deploy-42/);
    const page = await run('audit', 'show', '0', '--folder', join(folder, 'audit'));
    assert.match(page.out, /"reason": "meant"/);
  });
});

function seen(size: number, of: string): SeenCheckpoint {
  return { logId: 'c0d2', origin: ORIGIN, size: `${size}`, root: sha256(of).slice('sha256:'.length) };
}

function codeOf(admission: Awaited<ReturnType<ReturnType<typeof createFreshness>['admit']>>): string {
  return admission.admitted ? 'admitted' : admission.code;
}
