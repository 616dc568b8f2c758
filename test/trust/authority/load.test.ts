import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configPath, parseConfig } from '../../../src/config.ts';
import type { Json, JsonObject } from '../../../src/model/json.ts';
import { compileAuthority } from '../../../src/trust/authority/compile.ts';
import { loadAuthorities, loadRules } from '../../../src/trust/authority/load.ts';
import { keyDigest } from '../../../src/trust/authority/public-key.ts';
import { type AuthoritySource, authoritiesDigest, authorityDigest } from '../../../src/trust/authority/source.ts';
import { thrownWith } from '../../thrown.ts';
import { jwk, pair, privatePem, publicPem } from './keys.ts';

describe('loading authorities', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'authorities-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function load(authorities: JsonObject): readonly AuthoritySource[] {
    const kinds = Object.entries(authorities);
    const rules: Json = kinds.map(([name]) => ({ name, kinds: ['policy'], authorities: [name] }));
    const trust = { roots: { pinned: { source: 'file', path: 'root.json' } }, authorities, rules };
    const text = JSON.stringify({ catalogue: { folders: ['x'] }, trust });
    const config = parseConfig(text, join(folder, 'config.yaml'));
    assert.ok(config.trust !== undefined);
    return loadAuthorities(config.trust, (path) => configPath(config, path));
  }
  const keyed = (key: Json, more: JsonObject = {}): JsonObject => ({
    board: { keys: [key], vouches_for: { policy: {} }, ...more },
  });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return name;
  };
  const problem = (authorities: JsonObject): string => {
    const { message } = thrownWith('config.invalid', () => load(authorities));
    return message.split('\n')[1]?.trim() ?? '';
  };

  it('gives plain JSON with defaults filled in, keys as PEM wherever they came from', () => {
    const pem = publicPem('p256');
    const path = file('board.pub', pem);
    const jwkPath = file('board.jwk', JSON.stringify(jwk('p256')));
    const sources = [{ path }, { path: jwkPath }, { pem }, { jwk: jwk('p256') }].map((key) => load(keyed(key))[0]);
    for (const source of sources) {
      assert.deepEqual(source, {
        name: 'board',
        signer: { mode: 'keyed', keys: [{ pem, algorithm: 'ecdsa-sha2-256-nistp256' }] },
        vouchesFor: { policy: {} },
        scope: { servers: [], tools: [], planAgents: [], environments: [] },
        highestEffect: 'read',
        attestations: [],
        thresholds: { logs: 0, timestamps: 0, scts: 0 },
        allowsCosignLegacy: false,
      });
      assert.deepEqual(structuredClone(source), source);
    }
  });

  it('asks of a keyless authority one of each, and takes what the configuration says instead', () => {
    const identities = [
      { issuer: 'https://issuer.example', subject_pattern: '^[^@]+@acme\\.example$', claims: { token_subject: 'x' } },
    ];
    const keyless = {
      root: 'pinned',
      identities,
      vouches_for: { policy: { predicate_type: 'https://acme.example/p' } },
    };
    const [usual, other] = load({
      usual: keyless,
      other: { ...keyless, thresholds: { logs: 2, scts: 0 }, formats: ['cosign_legacy', 'sigstore'] },
    });
    assert.deepEqual(usual?.thresholds, { logs: 1, timestamps: 1, scts: 1 });
    assert.deepEqual(other?.thresholds, { logs: 2, timestamps: 1, scts: 0 });
    assert.deepEqual([usual?.allowsCosignLegacy, other?.allowsCosignLegacy], [false, true]);
    assert.deepEqual(usual?.vouchesFor, { policy: { predicateType: 'https://acme.example/p' } });
    assert.deepEqual(usual?.signer, {
      mode: 'keyless',
      root: 'pinned',
      identities: [
        {
          issuer: { exact: 'https://issuer.example' },
          subject: { pattern: '^[^@]+@acme\\.example$' },
          claims: { token_subject: { exact: 'x' } },
        },
      ],
    });
  });

  it('pins to each key the algorithm that its type, its JWK or the configuration names', () => {
    const algorithmOf = (key: Json): string | undefined => {
      const signer = load(keyed(key))[0]?.signer;
      return signer?.mode === 'keyed' ? signer.keys[0]?.algorithm : undefined;
    };
    assert.equal(algorithmOf({ pem: publicPem('ed25519') }), 'ed25519');
    assert.equal(algorithmOf({ pem: publicPem('ed25519'), algorithm: 'ed25519-ph' }), 'ed25519-ph');
    assert.equal(algorithmOf({ jwk: { ...jwk('p384'), alg: 'ES384' } }), 'ecdsa-sha2-384-nistp384');
    assert.equal(
      algorithmOf({ jwk: { ...jwk('p521'), alg: 'ES512', use: 'sig', key_ops: ['verify'] } }),
      'ecdsa-sha2-512-nistp521',
    );
    assert.equal(algorithmOf({ jwk: { ...jwk('rsa2048'), alg: 'RS256' } }), 'rsa-sign-pkcs1-2048-sha256');
    assert.equal(algorithmOf({ jwk: { ...jwk('rsa2048'), alg: 'PS256' } }), 'rsa-sign-pss-2048-sha256');
    assert.equal(
      algorithmOf({ pem: publicPem('p521'), algorithm: 'ecdsa-sha2-256-nistp521' }),
      'ecdsa-sha2-256-nistp521',
    );
  });

  it('refuses files that are missing, no file, too large, or hold no public key, with their place', () => {
    assert.match(
      problem(keyed({ path: 'none.pub' })),
      /^trust\.authorities\.board\.keys\.0\.path: cannot read .*none\.pub \(ENOENT\)/,
    );
    assert.match(problem(keyed({ path: '.' })), /^trust\.authorities\.board\.keys\.0\.path: .*(is no file|EISDIR)/);
    symlinkSync('/dev/zero', join(folder, 'endless'));
    assert.match(problem(keyed({ path: 'endless' })), /keys\.0\.path: .* is no file/);
    execFileSync('mkfifo', [join(folder, 'idle')]);
    assert.match(problem(keyed({ path: 'idle' })), /keys\.0\.path: .* is no file/);
    assert.match(
      problem(keyed({ path: file('large', ' '.repeat(300_000)) })),
      /keys\.0\.path: .* is larger than 262144 bytes/,
    );
    assert.match(problem(keyed({ path: file('empty', '') })), /keys\.0\.path: must be one PEM block/);
    assert.match(problem(keyed({ path: file('torn.jwk', '{"kty":') })), /keys\.0\.path: is no JSON/);
    assert.match(
      problem(keyed({ path: file('p384.pub', publicPem('p384')) })),
      /keys\.0\.path: is a P-384 key.* name one in algorithm/,
    );
  });

  it('refuses a private key in a file and repeats nothing of it', () => {
    for (const text of [privatePem('p256'), JSON.stringify(jwk('p256', 'privateKey'))]) {
      const { message } = thrownWith('config.invalid', () => load(keyed({ path: file('key', text) })));
      assert.match(message, /keys\.0\.path: holds a private key/);
      assert.ok(!message.includes(text.slice(30, 60)), message);
    }
  });

  it('refuses one key twice, in whatever form', () => {
    const keys = [{ pem: publicPem('p256') }, { jwk: jwk('p256') }];
    assert.match(
      problem({ board: { keys, vouches_for: { policy: {} } } }),
      /keys\.1: is the key sha256:[0-9a-f]{64}, which stands there already/,
    );
  });

  it('reports the problems of all authorities at once', () => {
    const authorities = { ...keyed({ path: 'a' }), other: { keys: [{ path: 'b' }], vouches_for: { policy: {} } } };
    assert.equal(thrownWith('config.invalid', () => load(authorities)).detail.problems, 2);
  });

  describe('checks schemas of attestations:', () => {
    const withSchema = (schema: Json): JsonObject =>
      keyed(
        { pem: publicPem('p256') },
        { attestations: [{ name: 'scan', predicate_type: 'https://acme.example/s', by: ['board'], schema }] },
      );

    it('takes them inline or from a file', () => {
      const schema = { type: 'object', required: ['result'] };
      for (const given of [schema, file('scan.json', JSON.stringify(schema))]) {
        assert.deepEqual(load(withSchema(given))[0]?.attestations[0]?.schema, schema);
      }
    });

    for (const [what, schema, says] of [
      ['a keyword with a value that it cannot have', { type: 'thing' }, /does not compile/],
      ['a reference that leaves it', { $ref: 'https://acme.example/schema.json' }, /outside the schema/],
      ['a pattern that backtracks', { properties: { a: { pattern: '(a)\\1' } } }, /backtracking/],
      ['asynchronous checks', { $async: true }, /asynchronous/],
      ['another dialect', { $schema: 'https://json-schema.org/draft/2019-09/schema' }, /dialect/],
      ['a file that is missing', 'none.json', /ENOENT/],
      // What a typing error leaves out would let every predicate through.
      ['a keyword that there is not', { properties: { result: { cnst: 'PASSED' } } }, /unknown keyword: "cnst"/],
      ['one beside a reference', { $ref: '#/$defs/a', $defs: { a: { requird: ['a'] } } }, /unknown keyword: "requird"/],
      [
        'a keyword of the other dialect',
        { $schema: 'http://json-schema.org/draft-07/schema#', dependentRequired: { a: ['b'] } },
        /unknown keyword: "dependentRequired"/,
      ],
      ['a keyword without what it belongs to', { if: { required: ['result'] } }, /"if" without/],
    ] as const) {
      it(`refuses ${what}`, () => {
        const found = problem(withSchema(schema));
        assert.match(found, /^trust\.authorities\.board\.attestations\.0\.schema: /);
        assert.match(found, says);
      });
    }

    it('takes what describes and decides nothing, and patterns beside names', () => {
      const described = {
        title: 'Result',
        description: 'of a scan',
        $comment: 'ours',
        format: 'word',
        examples: ['PASSED'],
      };
      const properties = { result: { ...described, const: 'PASSED' } };
      const schema = { $id: 'https://acme.example/s', properties, patternProperties: { '^r': { type: 'string' } } };
      assert.deepEqual(load(withSchema(schema))[0]?.attestations[0]?.schema, schema);
    });

    it('refuses a file with no schema in it', () => {
      assert.match(problem(withSchema(file('list.json', '[]'))), /attestations\.0\.schema: .*holds no JSON object/);
    });
  });

  it('names each authority by a digest over all that it says', () => {
    const base = { pem: publicPem('p256') };
    const variants = [
      keyed(base),
      keyed({ pem: publicPem('another') }),
      keyed({ ...base, valid_from: '2026-01-01T00:00:00Z' }),
      keyed({ ...base, revoked_at: '2026-01-01T00:00:00Z' }),
      keyed(base, { highest_effect: 'write' }),
      keyed(base, { scope: { servers: ['a'] } }),
      keyed(base, { vouches_for: { policy: { predicate_type: 'https://acme.example/p' } } }),
      keyed(base, { formats: ['sigstore', 'cosign_legacy'] }),
      keyed(base, { root: 'pinned' }),
    ].map((config) => load(config));
    const digests = variants.map(([source]) => source && authorityDigest(source));
    assert.equal(new Set(digests).size, variants.length);
    const [first = []] = variants;
    const rules = loadRules([{ name: 'r', kinds: ['policy'], authorities: ['board'], at_least: 1 }]);
    assert.deepEqual(rules, [{ name: 'r', kinds: ['policy'], authorities: ['board'], atLeast: 1 }]);
    assert.notEqual(authoritiesDigest(first, rules), authoritiesDigest(first, []));
  });

  it('compiles what it loaded', () => {
    const [source] = load(keyed({ pem: publicPem('p256'), valid_to: '2026-12-31T00:00:00Z' }));
    assert.ok(source !== undefined);
    const authority = compileAuthority(source);
    assert.ok(authority.signer.mode === 'keyed');
    const [key] = authority.signer.keys;
    assert.equal(key?.digest, keyDigest(pair('p256').publicKey));
    assert.equal(key?.validTo, Date.UTC(2026, 11, 31));
    assert.equal(compileAuthority(structuredClone(source)), authority);
  });
});
