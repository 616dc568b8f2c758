import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../../src/audit/read.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { readConfig } from '../../src/config.ts';
import { CodedError } from '../../src/errors.ts';
import { isJsonObject, type JsonObject, within } from '../../src/model/json.ts';
import { createLog } from '../../src/observe/log.ts';
import { type Service, startService } from '../../src/service.ts';
import { DEMONSTRATION_AUTHORITY, demonstrationFolder } from '../fault/service-process.ts';
import { KEYED, KEYLESS, labFolder } from '../trust/lab-folder.ts';

const TRUST = `
trust:
  roots: { lab: { source: file, path: root.json } }
  authorities:
    release:
      identities: [{ issuer: https://issuer.example, subject: release@acme.example }]
      root: lab
      vouches_for: { catalogue: {} }
      scope: { servers: ["*"], tools: ["*"] }
    board:
      keys: [{ path: key.pem }]
      vouches_for: { catalogue: {} }
      scope: { servers: ["*"], tools: ["*"] }
    ${DEMONSTRATION_AUTHORITY}
  rules: [{ name: catalogues, kinds: [catalogue], authorities: [release, board, demonstration] }]
  revocations: { files: [revoked.yaml] }
`;

type Place = { readonly config: string; readonly folder: string; readonly audit: string };

async function inPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const place = demonstrationFolder(TRUST);
  const lab = labFolder();
  try {
    writeFileSync(join(place.folder, 'root.json'), lab.made(KEYLESS).trustedRootBytes);
    writeFileSync(join(place.folder, 'key.pem'), lab.made(KEYED).key?.spkiPem ?? '');
    writeFileSync(join(place.folder, 'revoked.yaml'), 'revocations: []\n');
    await use(place);
  } finally {
    lab.remove();
    rmSync(place.folder, { recursive: true });
  }
}

async function started(place: Place, use: (service: Service, said: () => string) => Promise<void>): Promise<void> {
  const said: string[] = [];
  const log = createLog({ level: 'info' }, { write: (line) => void said.push(line) });
  const stop = new AbortController();
  const service = await startService(readConfig(place.config), log, stop.signal);
  try {
    await use(service, () => said.join(''));
  } finally {
    stop.abort();
    await service.ended;
  }
}

async function readiness(service: Service): Promise<{ status: number; trust: JsonObject }> {
  const response = await fetch(`${service.operations}/readyz`);
  const body: unknown = await response.json();
  assert.ok(isJsonObject(body) && isJsonObject(body.checks) && isJsonObject(body.checks.trust));
  return { status: response.status, trust: body.checks.trust };
}

/** Asks until readiness is as awaited: it follows files that change. */
async function until(service: Service, status: number): Promise<JsonObject> {
  for (;;) {
    const now = await readiness(service);
    if (now.status === status) return now.trust;
  }
}

function kept(place: Place): readonly string[] {
  return readdirSync(join(place.audit, 'objects'));
}

async function records(place: Place): Promise<readonly JsonObject[]> {
  const { lines } = await lastLines(place.audit, 100, {});
  return lines.map(({ checked }) => {
    assert.ok(checked.intact);
    return checked.line.record;
  });
}

describe('a service with trust', () => {
  it('is ready, and records by digest what signatures are verified by', () =>
    inPlace(async (place) => {
      await started(place, async (service, said) => {
        assert.deepEqual(await readiness(service), {
          status: 200,
          trust: { status: 'ready', documents: 1, verdicts: 1, pending: 0 },
        });
        assert.match(said(), /state_in_memory/);
      });
      const [ofCatalogue, activation, ...more] = await records(place);
      assert.deepEqual([ofCatalogue?.kind, activation?.kind, more], ['activation', 'activation', []]);
      const document = ofCatalogue?.document;
      assert.ok(isJsonObject(document) && Array.isArray(document.bundles));
      for (const digest of [document.digest, ...document.bundles]) {
        assert.ok(
          kept(place).some((name) => name.startsWith(`${digest}`.slice('sha256:'.length))),
          `${digest} is kept`,
        );
      }
      const { trust } = activation ?? {};
      assert.ok(isJsonObject(trust) && isJsonObject(trust.roots));
      assert.deepEqual(Object.keys(trust).sort(), ['authorities', 'roots', 'verifier']);
      for (const digest of [trust.authorities, trust.roots.lab]) {
        assert.ok(existsSync(join(place.audit, 'objects', `${digest}`.slice('sha256:'.length))), `${digest} is kept`);
      }
      assert.deepEqual((await verifyLog(place.audit)).problems, []);
    }));

  it('records what signatures are verified by again when it changes', () =>
    inPlace(async (place) => {
      await started(place, async (service, said) => {
        const root = join(place.folder, 'root.json');
        writeFileSync(root, `${readFileSync(root, 'utf8')}\n`);
        while (!said().includes('root_changed')) await readiness(service);
        rmSync(join(place.folder, 'revoked.yaml'));
        await until(service, 503);
        while (!said().includes('document_withdrawn')) await readiness(service);
      });
      const all = await records(place);
      const [first, second, third, ...more] = all.filter(
        ({ kind, trust }) => kind === 'activation' && trust !== undefined,
      );
      assert.ok(isJsonObject(first?.trust) && isJsonObject(second?.trust) && isJsonObject(third?.trust));
      assert.deepEqual([first.trust.authorities, first.revocations], [second.trust.authorities, second.revocations]);
      assert.ok(isJsonObject(first.trust.roots) && isJsonObject(second.trust.roots));
      assert.notEqual(first.trust.roots.lab, second.trust.roots.lab);
      assert.ok(existsSync(join(place.audit, 'objects', `${second.trust.roots.lab}`.slice('sha256:'.length))));
      assert.deepEqual([third.trust, third.revocations], [second.trust, 'revocations_unavailable']);
      assert.deepEqual(more, []);
      const withdrawals = all.filter(({ kind }) => kind === 'withdrawal');
      assert.deepEqual(
        withdrawals.map(({ document, failed }) => [within(document, 'kind'), failed]),
        [['catalogue', [{ code: 'revocations_unavailable' }]]],
      );
    }));

  it('lives on without its revocations, refuses readiness, says why, and records the alarm', () =>
    inPlace(async (place) => {
      await started(place, async (service, said) => {
        rmSync(join(place.folder, 'revoked.yaml'));
        const failed = await until(service, 503);
        assert.equal(failed.status, 'failed');
        assert.equal(failed.code, 'trust.revocations_unavailable');
        assert.match(`${failed.message}`, /revoked\.yaml is missing/);
        assert.equal((await fetch(`${service.operations}/healthz`)).status, 200);
        writeFileSync(join(place.folder, 'revoked.yaml'), 'revocations: []\n');
        assert.deepEqual(await until(service, 200), { status: 'ready', documents: 1, verdicts: 1, pending: 0 });
        assert.match(said(), /revocations_unavailable/);
        while (said().split('document_activated').length < 3) await readiness(service);
      });
      const all = await records(place);
      const alarms = all.filter(({ kind }) => kind === 'alarm');
      assert.deepEqual(
        alarms.map(({ code, severity }) => [code, severity]),
        [
          ['revocations.unavailable', 'error'],
          ['trust.no_longer_verified', 'error'],
        ],
      );
      const ofCatalogue = all.filter(({ document }) => document !== undefined);
      assert.deepEqual(
        ofCatalogue.map(({ kind }) => kind),
        ['activation', 'withdrawal', 'activation'],
      );
      assert.deepEqual((await verifyLog(place.audit)).problems, []);
    }));

  for (const [file, code, message] of [
    ['root.json', 'durable.file_missing', /trust\.roots\.lab: .*root\.json/],
    ['key.pem', 'config.invalid', /trust\.authorities\.board\.keys\.0\.path: .*key\.pem/],
  ] as const) {
    it(`does not start without ${file}, and says where and what to do`, () =>
      inPlace(async (place) => {
        rmSync(join(place.folder, file));
        await assert.rejects(
          started(place, async () => assert.fail('it started')),
          (error) => {
            assert.ok(error instanceof CodedError);
            assert.equal(error.code, code);
            assert.match(error.message, message);
            return true;
          },
        );
        // The log was closed in good order: the next start takes it up.
        assert.deepEqual((await verifyLog(place.audit)).problems, []);
      }));
  }

  it('starts without its revocations, not ready', () =>
    inPlace(async (place) => {
      rmSync(join(place.folder, 'revoked.yaml'));
      await started(place, async (service) => {
        const { status, trust } = await readiness(service);
        assert.deepEqual([status, trust.code], [503, 'trust.revocations_unavailable']);
      });
      const all = await records(place);
      assert.deepEqual(all.map(({ kind }) => kind).sort(), ['activation', 'alarm', 'refusal']);
      // The catalogue cannot be judged, and so does not count.
      const refusal = all.find(({ kind }) => kind === 'refusal');
      assert.deepEqual(refusal?.failed, [{ code: 'revocations_unavailable' }]);
    }));
});
