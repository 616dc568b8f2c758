import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalize } from '../../src/model/canonical.ts';
import { type Sha256Digest, sha256 } from '../../src/model/digest.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { keyDigest } from '../../src/trust/authority/public-key.ts';
import { signerOf, signMessage } from '../../src/trust/sign/sign.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Who signs in a test: a key of its own, and what it may vouch for. */
export type TestSigner = {
  readonly name: string;
  readonly vouchesFor: readonly string[];
  readonly scope?: Partial<Record<'servers' | 'tools' | 'plan_agents' | 'environments', readonly string[]>>;
  readonly highestEffect?: string;
};

/** A deployment in a folder of its own: signed documents, keys, a configuration, an audit log. */
export type Deployment = {
  readonly folder: string;
  readonly config: string;
  readonly audit: string;
  readonly catalogue: string;
  readonly plans: string;
  readonly revocations: string;
  readonly keyOf: (signer: string) => Sha256Digest;
  readonly sign: (bytes: Uint8Array, signer: string) => Buffer;
  /** Writes NAME.json and NAME.sigstore.json, signed by this signer; what it wrote. */
  readonly put: (folder: 'catalogue' | 'plans', name: string, document: JsonObject, signer: string) => Buffer;
  readonly revoke: (...keys: readonly Sha256Digest[]) => void;
  readonly remove: () => void;
};

export const AUDIENCE = 'test-deployment';
const EVERYTHING = { servers: ['*'], tools: ['*'], plan_agents: ['*'], environments: ['*'] };

/** The signers that most tests need: one for each kind. */
export const SIGNERS: readonly TestSigner[] = [
  { name: 'release', vouchesFor: ['catalogue', 'tool'], highestEffect: 'destructive' },
  { name: 'board', vouchesFor: ['plan'], highestEffect: 'destructive' },
];

/** Makes a deployment; `more` is YAML behind what stands in the configuration. */
export function deploy(signers: readonly TestSigner[] = SIGNERS, more = 'state: { store: memory }\n'): Deployment {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-deployment-'));
  const at = (...names: string[]) => join(folder, ...names);
  for (const name of ['catalogue', 'plans', 'keys']) mkdirSync(at(name));
  const keys = new Map<string, KeyObject>();
  for (const { name } of signers) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    keys.set(name, privateKey);
    writeFileSync(at('keys', `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  writeFileSync(at('revoked.yaml'), 'revocations: []\n');
  const authorities = Object.fromEntries(
    signers.map(({ name, vouchesFor, scope, highestEffect = 'read' }) => [
      name,
      {
        keys: [{ path: `keys/${name}.pub` }],
        vouches_for: Object.fromEntries(vouchesFor.map((kind) => [kind, {}])),
        scope: { ...EVERYTHING, ...scope },
        highest_effect: highestEffect,
      },
    ]),
  );
  const kinds = [...new Set(signers.flatMap(({ vouchesFor }) => vouchesFor))];
  const rules = kinds.map((kind) => ({
    name: `of-${kind}`,
    kinds: [kind],
    authorities: signers.filter(({ vouchesFor }) => vouchesFor.includes(kind)).map(({ name }) => name),
  }));
  // Nobody may submit what would not outlive the process.
  const submitters = more.includes('store: memory') ? '' : ', submitters: [{ issuer: asserted, id: planner }]';
  writeFileSync(
    at('config.yaml'),
    `listen: { port: 0 }
operations: { port: 0 }
authentication: { dangerously_trust_asserted_subjects: true }
policy: { bundle: ${JSON.stringify(join(root, 'wasm/exequatur.tar.gz'))} }
environments:
  names: [development, shared, staging, production]
  rules: [{ environment: development, servers: [git, filesystem, kubernetes] }]
catalogue: { folders: [catalogue] }
plans: { audience: ${AUDIENCE}, folders: [plans]${submitters} }
trust: ${JSON.stringify({ authorities, rules, revocations: { files: ['revoked.yaml'] } })}
audit: { folder: audit }
log: { level: error }
${more}`,
  );
  const sign = (bytes: Uint8Array, signer: string): Buffer => signMessage(bytes, signerOf(keyOf(signer)));
  function keyOf(signer: string): KeyObject {
    const key = keys.get(signer);
    if (key === undefined) throw new TypeError(`nobody signs as ${signer}`);
    return key;
  }
  return {
    folder,
    config: at('config.yaml'),
    audit: at('audit'),
    catalogue: at('catalogue'),
    plans: at('plans'),
    revocations: at('revoked.yaml'),
    keyOf: (signer) => keyDigest(signerOf(keyOf(signer)).publicKey),
    sign,
    put: (into, name, document, signer) => {
      const bytes = Buffer.from(JSON.stringify(document, null, 2));
      writeFileSync(at(into, `${name}.json`), bytes);
      writeFileSync(at(into, `${name}.sigstore.json`), sign(bytes, signer));
      return bytes;
    },
    revoke: (...revoked) => {
      const entries = revoked.map((key) => `  - { key: "${key}", reason: test }`);
      const list = entries.length === 0 ? ' []' : `\n${entries.join('\n')}`;
      writeFileSync(at('revoked.yaml'), `revocations:${list}\n`);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A definition as a server might give it. */
export function toolDefinition(name: string, more: JsonObject = {}): JsonObject {
  return { name, description: `Does ${name}.`, inputSchema: { type: 'object' }, ...more };
}

/** The digest that a caller sends of the definition that it sees. */
export function digestOfDefinition(definition: JsonObject): Sha256Digest {
  return sha256(canonicalize(definition));
}

type ListedEffect = 'read' | 'write' | 'destructive';

/** A catalogue of servers, each with its tools and their effects. */
export function catalogueOf(
  servers: Readonly<
    Record<string, Readonly<Record<string, ListedEffect | { effect: ListedEffect; definition: JsonObject }>>>
  >,
  more: JsonObject = {},
): JsonObject {
  return {
    type: 'catalogue',
    id: 'tools',
    version: 1,
    issued: '2026-01-01T00:00:00Z',
    expires: '2036-01-01T00:00:00Z',
    owner: 'Tests',
    servers: Object.fromEntries(
      Object.entries(servers).map(([server, tools]) => [
        server,
        {
          identity: { package: `pkg:npm/${server}@1.0.0`, digest: sha256(server) },
          tools: Object.entries(tools).map(([name, tool]) => ({
            version: '1.0.0',
            effect: typeof tool === 'string' ? tool : tool.effect,
            definition: typeof tool === 'string' ? toolDefinition(name) : tool.definition,
          })),
        },
      ]),
    ),
    ...more,
  };
}

/** What the step of `planOf` is called with. */
export const PLANNED = { apiVersion: 'v1', context: 'prod-eu', kind: 'Namespace', name: 'shop-canary' };

/** A plan of one single-use step, with what a test changes in it. */
export function planOf(more: JsonObject = {}): JsonObject {
  return {
    type: 'plan',
    id: 'plan',
    version: 1,
    issued: '2026-01-01T00:00:00Z',
    expires: '2036-01-01T00:00:00Z',
    audience: AUDIENCE,
    agent: { issuer: 'asserted', id: 'release-bot' },
    order: 'any',
    nonce: '0123456789abcdef',
    steps: [
      {
        id: '1',
        server: 'kubernetes',
        tool: 'resources_delete',
        effect: 'destructive',
        arguments: { exact: PLANNED },
      },
    ],
    ...more,
  };
}
