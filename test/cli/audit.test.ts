import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { addAuditCommands } from '../../src/cli/audit.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { draft, openLog, segmentFiles, temporaryFolder } from '../audit/open-log.ts';
import { rejectedWith } from '../thrown.ts';

type Ran = { out: string; err: string; exit: number | undefined };

function decision(principal: string, tool: string, permit: boolean, control = 'window'): JsonObject {
  return {
    environment: 'production',
    caller: { method: 'asserted', issuer: 'asserted', id: 'gateway' },
    facts: { principal: { issuer: 'asserted', id: principal }, tool: { effect: 'write' } },
    request: {
      action: { name: 'tools/call' },
      resource: { type: 'tool', id: tool },
      subject: { type: 'agent', id: principal },
    },
    policy: { revision: 'r7', digest: `sha256:${'d'.repeat(64)}` },
    verdict: {
      permit,
      controls: { access: 'pass', [control]: permit ? 'pass' : 'fail' },
      reasons: permit ? [] : [{ control, code: `${control}.closed`, message: 'not now' }],
      obligations: [],
    },
    mode: 'enforce',
  };
}

describe('exequatur audit', () => {
  const { path: folder, remove } = temporaryFolder();
  let intact: Buffer;
  let segment: string;

  before(async () => {
    const { log } = await openLog(folder);
    await log.append(draft('id-0', decision('alice', 'github/create_issue', true)));
    await log.append(
      draft('id-1', decision('bob', 'kubernetes/pods_delete', false), { context: { note: 'x\u001b[31m\u202e' } }),
    );
    await log.append(draft('id-2', decision('bob', 'slack/post', false, 'plan')));
    await log.append({
      kind: 'refusal',
      id: 'id-3',
      time: '2026-11-21T15:00:00.000Z',
      body: { code: 'http.unauthenticated', count: 12 },
    });
    await log.append(draft('id-4', decision('mal\u001b]0;owned\u0007', 'a/b\u009b31m', true)));
    await log.close();
    [segment = ''] = segmentFiles(folder);
    intact = readFileSync(segment);
  });
  afterEach(() => writeFileSync(segment, intact));
  after(() => remove());

  type With = { folder?: string; signal?: AbortSignal; onOut?: () => void };

  async function run(words: readonly string[], given: With = {}): Promise<Ran> {
    const ran: Ran = { out: '', err: '', exit: undefined };
    const terminal: Terminal = {
      out: (text) => {
        ran.out += text;
        given.onOut?.();
      },
      err: (text) => {
        ran.err += text;
      },
      colour: false,
      cwd: '/',
      interrupted: given.signal ?? new AbortController().signal,
      setExit: (code) => {
        ran.exit = code;
      },
    };
    const program = new Command().exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
    addAuditCommands(program, terminal);
    await program.parseAsync(['audit', ...words, '--folder', given.folder ?? folder], { from: 'user' });
    return ran;
  }

  const idsOf = (out: string): string[] => [...out.matchAll(/id-\d/g)].map(([id]) => id);

  it('tails the last records, one a line', async () => {
    const { out, exit } = await run(['tail']);
    assert.deepEqual([idsOf(out), exit], [['id-0', 'id-1', 'id-2', 'id-3', 'id-4'], 0]);
    const line = out.split('\n')[1] ?? '';
    for (const part of ['2026-11-21T14:03:00.123Z', 'deny', 'bob', 'kubernetes/pods_delete', 'window.closed', 'id-1']) {
      assert.ok(line.includes(part), `${part} in ${line}`);
    }
    assert.deepEqual(idsOf((await run(['tail', '-n', '2'])).out), ['id-3', 'id-4']);
    assert.equal((await run(['tail', '-n', '0'])).out, '');
  });

  it('says of an activation what decides from then on', async () => {
    const other = temporaryFolder();
    try {
      const { log } = await openLog(other.path);
      const time = '2026-11-21T15:00:00.000Z';
      const policy = { revision: 'r7', digest: `sha256:${'d'.repeat(64)}` };
      const trust = { trust: { policy: [] }, revocations: null };
      await log.append({ kind: 'activation', id: 'id-0', time, body: { policy, ...trust } });
      await log.append({ kind: 'activation', id: 'id-1', time, body: trust });
      await log.close();
      const [first = '', second = ''] = (await run(['tail'], { folder: other.path })).out.split('\n');
      assert.match(first, / activation {3,}policy r7 {3,}id-0$/);
      assert.match(second, / activation {3,}trust and revocations {3,}id-1$/);
    } finally {
      other.remove();
    }
  });

  it('filters', async () => {
    const cases: readonly [readonly string[], readonly string[]][] = [
      [['--denied'], ['id-1', 'id-2', 'id-3']],
      [
        ['--principal', 'bob'],
        ['id-1', 'id-2'],
      ],
      [['--control', 'plan'], ['id-2']],
      [['--denied', '-n', '1'], ['id-3']],
      [['--since', '2026-11-21T14:30:00Z'], ['id-3']],
      [
        ['--since', '2026-11-21T16:03:00+02:00', '--denied', '--principal', 'bob'],
        ['id-1', 'id-2'],
      ],
      [['--principal', 'constructor'], []],
    ];
    for (const [words, ids] of cases)
      assert.deepEqual(idsOf((await run(['tail', ...words])).out), ids, words.join(' '));
    await assert.rejects(run(['tail', '--since', 'yesterday']), { code: 'commander.invalidArgument' });
    await assert.rejects(run(['tail', '-n', 'many']), { code: 'commander.invalidArgument' });
  });

  it('finds the refusals of an identified caller by the name that it shows them under', async () => {
    const other = temporaryFolder();
    try {
      const { log } = await openLog(other.path);
      const caller = { method: 'token', issuer: 'internal', id: 'alice' };
      const time = '2026-11-21T15:00:00.000Z';
      const refusal = (id: string, of: JsonObject) =>
        log.append({ kind: 'refusal', id, time, body: { code: 'request.invalid', count: 1, ...of } });
      await refusal('id-0', { caller });
      await refusal('id-1', { caller: { ...caller, id: 'bob' } });
      await refusal('id-2', {});
      // For a decision the principal counts, not the gateway that called.
      await log.append(draft('id-3', { ...decision('bob', 'a/b', false), caller }));
      await log.append(draft('id-4', decision('alice', 'a/b', false)));
      await log.close();
      const { out } = await run(['tail', '--denied', '--principal', 'alice'], { folder: other.path });
      assert.deepEqual(idsOf(out), ['id-0', 'id-4']);
      assert.ok(out.split('\n')[0]?.includes('alice'), out);
    } finally {
      other.remove();
    }
  });

  it('follows what is written, through new segments, until it is interrupted', async () => {
    const other = temporaryFolder();
    try {
      const { log } = await openLog(other.path, { config: { segment: { max_bytes: 3000, max_age_seconds: 60 } } });
      const controller = new AbortController();
      let written = 0;
      // Each line that is printed has the next record written.
      const next = async (): Promise<void> => {
        if (written === 9) return controller.abort();
        await log.append(draft(`id-${written++}`, decision('a', 'b/c', true)));
      };
      await next();
      const { out, exit } = await run(['tail', '--follow'], {
        folder: other.path,
        signal: controller.signal,
        onOut: next,
      });
      assert.deepEqual([idsOf(out), exit], [Array.from({ length: 9 }, (_, n) => `id-${n}`), 0]);
      assert.ok(segmentFiles(other.path).length > 2);
      await log.close();
    } finally {
      other.remove();
    }
  });

  it('prints lines as JSON that any reader parses', async () => {
    const { out } = await run(['tail', '--json']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ record }) => record.index),
      [0, 1, 2, 3, 4],
    );
    assert.equal(lines[1].payload.data.context.note, 'x\u001b[31m\u202e');
  });

  it('lets nothing that is in the log drive the terminal', async () => {
    for (const words of [
      ['tail'],
      ['tail', '--json'],
      ['show', 'id-1'],
      ['show', 'id-4'],
      ['show', 'id-4', '--json'],
    ]) {
      const { out, err } = await run(words);
      assert.doesNotMatch(out + err, /[^\P{C}\n]/u, words.join(' '));
    }
  });

  it('shows a record by id and by index', async () => {
    for (const name of ['id-1', '1']) {
      const { out, exit } = await run(['show', name]);
      assert.equal(exit, 0);
      for (const part of ['deny', 'id-1', 'bob', 'window.closed', 'not now', 'r7', '"note"', 'index 1', 'line 2']) {
        assert.ok(out.includes(part), `${part} in ${out}`);
      }
    }
    assert.equal(JSON.parse((await run(['show', 'id-2', '--json'])).out).record.id, 'id-2');
  });

  it('says that a record is not there', async () => {
    await rejectedWith('audit.no_record', run(['show', 'nobody']));
    await rejectedWith('audit.no_record', run(['show', '77']));
  });

  it('verifies, and says what holds', async () => {
    const { out, err, exit } = await run(['verify']);
    assert.deepEqual([err, exit], ['', 0]);
    assert.match(out, /the log holds/);
    assert.match(out, /5 records \(0 to 4\) in 1 segment/);
    assert.equal(JSON.parse((await run(['verify', '--json'])).out).records, 5);
  });

  it('names what is wrong, and ends with 2', async () => {
    const text = intact.toString('utf8');
    writeFileSync(segment, text.replace('"count":12', '"count":13'));
    const { err, exit } = await run(['verify']);
    assert.equal(exit, 2);
    for (const part of ['audit.leaf_mismatch', '00000000000000000000.jsonl', 'line 4', 'index 3', 'record id-3']) {
      assert.ok(err.includes(part), `${part} in ${err}`);
    }
    const json = await run(['verify', '--json']);
    assert.deepEqual([json.exit, JSON.parse(json.out).problems[0].line], [2, 4]);
    const tail = await run(['tail']);
    assert.deepEqual([tail.exit, idsOf(tail.out)], [2, ['id-0', 'id-1', 'id-2', 'id-4']]);
    assert.match(tail.err, /line 4/);
    await rejectedWith('audit.leaf_mismatch', run(['show', 'id-3']));
  });

  it('reads past a line that is not finished', async () => {
    appendFileSync(segment, '{"record":{"bi');
    assert.equal((await run(['tail'])).exit, 0);
    assert.equal((await run(['verify'])).exit, 2);
  });
});
