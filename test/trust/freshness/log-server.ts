import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TrustedLog } from '../../../src/trust/root/trust-root.ts';
import type { Tree } from './tree.ts';

/** What a log is called, what it signs with, and what identifies its key. */
export type LogKey = {
  readonly name: string;
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
};

/** A key as Rekor v1 has one: ECDSA P-256, its id the SHA-256 of its DER. */
export function ecdsaLogKey(name: string): LogKey {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = createHash('sha256')
    .update(pair.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { name, id, ...pair };
}

/** A key as Rekor v2 has one: Ed25519, its id that of C2SP signed-note, not truncated. */
export function ed25519LogKey(name: string): LogKey {
  const pair = generateKeyPairSync('ed25519');
  const raw = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const id = createHash('sha256').update(`${name}\n\x01`).update(raw).digest('hex');
  return { name, id, ...pair };
}

export function trustedLog(key: LogKey, baseUrl = `https://${key.name}`): TrustedLog {
  return { id: key.id, baseUrl, operator: key.name, key: key.publicKey, validFrom: 0 };
}

/** A checkpoint in a signed note. `extension`: a further line, as Rekor v1 writes one. */
export function signedCheckpoint(key: LogKey, origin: string, size: number, root: Buffer, extension = ''): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n${extension}`;
  return `${text}\n${signatureLine(key, text)}`;
}

export function signatureLine(key: LogKey, text: string): string {
  const algorithm = key.privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(algorithm, Buffer.from(text), key.privateKey);
  const bytes = Buffer.concat([Buffer.from(key.id.slice(0, 8), 'hex'), signature]);
  return `— ${key.name} ${bytes.toString('base64')}\n`;
}

/** One tree that the server serves, and how it lies. */
export type Shard = {
  readonly treeId: string;
  tree: Tree;
  /** How much of it is shown. */
  size: number;
  /** The root that its checkpoint claims; by default the tree's. */
  root?: Buffer;
  /** The hashes of v1's proofs, in place of the right ones. */
  proof?: (from: number, to: number) => Buffer[];
  /** A v2 tile's bytes, in place of the right ones; undefined: not found. */
  tile?: (bytes: Buffer, path: string) => Buffer | undefined;
};

/** A log that speaks v1 (JSON) and v2 (checkpoint and tiles) on loopback. What its members say, it does. */
export class LogServer {
  readonly key: LogKey;
  /** The active shard first. v2 serves that one alone. */
  readonly shards: Shard[];
  readonly asked: string[] = [];
  /** Takes the answer over where it returns true. */
  intercept: (path: string, response: ServerResponse) => boolean = () => false;
  private readonly server: Server;

  constructor(key: LogKey, tree: Tree, treeId = '1234') {
    this.key = key;
    this.shards = [{ treeId, tree, size: tree.leaves.length }];
    this.server = createServer((request, response) => {
      const path = request.url ?? '';
      this.asked.push(path);
      if (this.intercept(path, response)) return;
      const body = this.answer(new URL(path, 'http://log'));
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
  }

  get active(): Shard {
    const [active] = this.shards;
    if (active === undefined) throw new Error('the log has no tree');
    return active;
  }

  get baseUrl(): string {
    const address = this.server.address();
    if (!isAddress(address)) throw new Error('the log does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The origin of a tree in v1. */
  origin({ treeId }: Shard = this.active): string {
    return `${this.key.name} - ${treeId}`;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(url: URL): string | Buffer | undefined {
    const { pathname, searchParams } = url;
    if (pathname === '/api/v1/log') {
      const [active, ...inactive] = this.shards.map((shard) => this.info(shard));
      return JSON.stringify({ ...active, inactiveShards: inactive });
    }
    if (pathname === '/api/v1/log/proof') {
      const shard = this.shards.find(({ treeId }) => treeId === searchParams.get('treeID'));
      if (shard === undefined) return undefined;
      const [from, to] = [Number(searchParams.get('firstSize')), Number(searchParams.get('lastSize'))];
      const proof = shard.proof ?? ((older, newer) => shard.tree.consistency(older, newer));
      const hashes = proof(from, to).map((hash) => hash.toString('hex'));
      return JSON.stringify({ rootHash: shard.tree.root(to).toString('hex'), hashes });
    }
    const { active } = this;
    if (pathname === '/api/v2/checkpoint') {
      return signedCheckpoint(this.key, this.key.name, active.size, active.root ?? active.tree.root(active.size));
    }
    const tile = /^\/api\/v2\/tile\/(\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(pathname);
    if (tile === null) return undefined;
    const [, level = '', index = '', width = '256'] = tile;
    const bytes = active.tree.tile(Number(level), Number(index.replace(/\D/g, '')), Number(width));
    return active.tile === undefined ? bytes : active.tile(bytes, pathname);
  }

  private info(shard: Shard) {
    const root = shard.root ?? shard.tree.root(shard.size);
    const signedTreeHead = signedCheckpoint(this.key, this.origin(shard), shard.size, root, 'Timestamp: 1\n');
    return { rootHash: root.toString('hex'), treeSize: shard.size, treeID: shard.treeId, signedTreeHead };
  }
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
