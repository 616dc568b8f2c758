import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { Key, Metadata, MetaFile, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';

type RoleName = 'root' | 'timestamp' | 'snapshot' | 'targets';
type Signer = { readonly key: Key; readonly privateKey: KeyObject };

const FUTURE = '2100-01-01T00:00:00Z';

/** A TUF repository with real keys and signatures, served over loopback, with any one thing wrong. */
export class TufRepository {
  /** What the server answers with, by path; a test may change or remove any. */
  readonly files = new Map<string, Buffer>();
  /** Paths asked for, in order. */
  readonly asked: string[] = [];
  /** Every answer has this status where it is set. */
  status: number | undefined;
  /** Awaited before each answer. */
  hold: Promise<void> | undefined;
  readonly initialRoot: Buffer;
  private signers: Record<RoleName, Signer>;
  private versions = { root: 0, timestamp: 0, snapshot: 0, targets: 0 };
  private server: Server | undefined;

  constructor() {
    this.signers = { root: ed25519(), timestamp: ecdsa(), snapshot: ed25519(), targets: ecdsa() };
    this.initialRoot = this.publishRoot([this.signers.root]);
  }

  /** New keys for every role; the new root is signed by the old key and the new one, or only by the new one. */
  rotate(options: { withoutOldKey?: boolean } = {}): void {
    const old = this.signers.root;
    this.signers = { root: ed25519(), timestamp: ed25519(), snapshot: ecdsa(), targets: ed25519() };
    this.publishRoot(options.withoutOldKey === true ? [this.signers.root] : [old, this.signers.root]);
  }

  /** Publishes a version of the target, with everything above it; gives its number. */
  publish(
    target: Uint8Array,
    options: {
      name?: string;
      expires?: string;
      signTimestampWith?: RoleName;
      signTargetsWith?: RoleName;
      /** The name of a role that names the target in place of the targets. */
      delegatedTo?: string;
      repeatVersions?: number;
    } = {},
  ): number {
    const { name = 'trusted_root.json', expires = FUTURE } = options;
    const digest = createHash('sha256').update(target).digest('hex');
    const file = new TargetFile({ length: target.length, path: name, hashes: { sha256: digest } });
    const common = { version: ++this.versions.targets, specVersion: '1.0.0', expires: FUTURE };
    const meta: Record<string, MetaFile> = {};
    const role = options.delegatedTo;
    const signer = this.signers.snapshot;
    const targets = role === undefined ? new Targets(common) : delegating(common, role, signer.key);
    if (role === undefined) {
      targets.addTarget(file);
    } else {
      const delegated = new Targets(common);
      delegated.addTarget(file);
      const bytes = this.put(`/${common.version}.${role}.json`, new Metadata(delegated), [signer]);
      meta[`${role}.json`] = metaOf(common.version, bytes);
    }
    this.files.set(`/targets/${digest}.${name}`, Buffer.from(target));
    const targetsKeys = {
      key: this.signers.targets.key,
      privateKey: this.signers[options.signTargetsWith ?? 'targets'].privateKey,
    };
    const targetsFile = this.put(`/${targets.version}.targets.json`, new Metadata(targets), [targetsKeys]);
    const snapshot = new Snapshot({
      version: ++this.versions.snapshot,
      specVersion: '1.0.0',
      expires: FUTURE,
      meta: { ...meta, 'targets.json': metaOf(targets.version, targetsFile) },
    });
    const snapshotFile = this.put(`/${snapshot.version}.snapshot.json`, new Metadata(snapshot), [
      this.signers.snapshot,
    ]);
    const timestamp = new Timestamp({
      version: ++this.versions.timestamp,
      specVersion: '1.0.0',
      expires,
      snapshotMeta: metaOf(snapshot.version, snapshotFile),
    });
    const { key } = this.signers.timestamp;
    const { privateKey } = this.signers[options.signTimestampWith ?? 'timestamp'];
    this.put('/timestamp.json', new Metadata(timestamp), [{ key, privateKey }]);
    return snapshot.version;
  }

  /** A copy of all that is served, to serve again later. */
  snapshot(): ReadonlyMap<string, Buffer> {
    return new Map(this.files);
  }

  serve(files: ReadonlyMap<string, Buffer>): void {
    this.files.clear();
    for (const [path, bytes] of files) this.files.set(path, bytes);
  }

  async listen(): Promise<string> {
    const server = createServer(async (request, response) => {
      const path = request.url ?? '';
      this.asked.push(path);
      await this.hold;
      const file = this.files.get(path);
      response.writeHead(this.status ?? (file === undefined ? 404 : 200)).end(file);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private publishRoot(signers: readonly Signer[]): Buffer {
    const root = new Root({
      version: ++this.versions.root,
      specVersion: '1.0.0',
      expires: FUTURE,
      consistentSnapshot: true,
    });
    for (const [role, { key }] of Object.entries(this.signers)) root.addKey(key, role);
    return this.put(`/${root.version}.root.json`, new Metadata(root), signers);
  }

  private put(
    path: string,
    metadata: Metadata<Root> | Metadata<Timestamp> | Metadata<Snapshot> | Metadata<Targets>,
    signers: readonly Signer[],
  ): Buffer {
    for (const { key, privateKey } of signers) {
      const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
      const make = (data: Buffer) =>
        new Signature({ keyID: key.keyID, sig: sign(algorithm, data, privateKey).toString('hex') });
      metadata.sign(make, true);
    }
    const bytes = Buffer.from(JSON.stringify(metadata.toJSON()));
    this.files.set(path, bytes);
    return bytes;
  }
}

/** The library exports no delegations to build them from. */
function delegating(
  common: { version: number; specVersion: string; expires: string },
  name: string,
  key: Key,
): Targets {
  const { version, specVersion, expires } = common;
  const role = { name, keyids: [key.keyID], threshold: 1, terminating: false, paths: ['*'] };
  return Targets.fromJSON({
    _type: 'targets',
    version,
    spec_version: specVersion,
    expires,
    targets: {},
    delegations: { keys: { [key.keyID]: key.toJSON() }, roles: [role] },
  });
}

function metaOf(version: number, bytes: Buffer): MetaFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return new MetaFile({ version, length: bytes.length, hashes: { sha256 } });
}

function ed25519(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  return { privateKey, key: keyOf('ed25519', 'ed25519', raw) };
}

function ecdsa(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return { privateKey, key: keyOf('ecdsa', 'ecdsa-sha2-nistp256', pem) };
}

function keyOf(keyType: string, scheme: string, value: string): Key {
  const keyID = createHash('sha256').update(value).digest('hex');
  return new Key({ keyID, keyType, scheme, keyVal: { public: value } });
}
