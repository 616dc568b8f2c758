import { canonicalize } from '../../../src/model/canonical.ts';
import type { Json } from '../../../src/model/json.ts';
import type { Alterations, PromiseDescription } from './alterations.ts';
import { entryBody, type Signed } from './entry-body.ts';
import type { LogInstance } from './instances.ts';
import { inclusionProof, leafHash, rootOf } from './merkle.ts';
import { type Checkpoint, logSigner, type NoteSigner, signedNote, witness } from './note.ts';
import type { EntryPlan } from './scenario.ts';
import type { Seed } from './seed.ts';
import type { SigningKey } from './signing-key.ts';

export type LogInputs = {
  readonly seed: Seed;
  readonly log: (name: EntryPlan['log']) => LogInstance;
  readonly key: (label: string, algorithm: 'ed25519') => SigningKey;
  /** When entries are taken up. */
  readonly time: Date;
};

/** Rekor v1 counts over all its shards: the index beside the proof is not that of the proof. */
const SHARDS_BEFORE = 4_000_000;

/** One entry as it stands in a bundle, its log with as many leaves as the plan says. */
export function logEntry(inputs: LogInputs, plan: EntryPlan, signed: Signed, nth: number, alter: Alterations): Json {
  const log = inputs.log(plan.log);
  const { size = 11, index = 5, witnesses = 0 } = plan;
  const kind = alter.kind?.(plan.kind) ?? plan.kind;
  const [name = '', version = ''] = kind.split(' ');
  const plainBody = entryBody(kind, alter.logged?.(signed, nth) ?? signed);
  const written = Buffer.from(canonicalize(alter.body?.(plainBody, nth) ?? plainBody));
  const body = alter.bodyBytes?.(written, nth) ?? written;
  const leaves = Array.from({ length: size }, (_, at) =>
    at === index ? leafHash(body) : inputs.seed(`leaf ${plan.log} ${at}`, 32),
  );
  const root = rootOf(leaves);
  const plainCheckpoint: Checkpoint = {
    origin: log.origin,
    size: String(size),
    root: root.toString('base64'),
    extensions: [],
    signatures: [logSigner(log.noteName, log.id, log.key), ...witnessSigners(inputs, witnesses)],
  };
  const note = signedNote(alter.checkpoint?.(plainCheckpoint, nth) ?? plainCheckpoint);
  const plainPromise: PromiseDescription = {
    integratedTime: Math.floor(inputs.time.getTime() / 1000) + nth,
    logIndex: String(log.generation === 1 ? SHARDS_BEFORE + index : index),
    log,
    body,
    sign: (data) => log.key.sign(data),
  };
  const promise = alter.promise?.(plainPromise, nth) ?? plainPromise;
  return {
    logIndex: promise.logIndex,
    logId: { keyId: log.id.toString('base64') },
    kindVersion: { kind: name, version },
    ...(log.generation === 1
      ? {
          integratedTime: String(promise.integratedTime),
          inclusionPromise: { signedEntryTimestamp: entryTimestamp(promise).toString('base64') },
        }
      : {}),
    inclusionProof: {
      logIndex: String(index),
      rootHash: root.toString('base64'),
      treeSize: String(size),
      hashes: inclusionProof(index, leaves).map((hash) => hash.toString('base64')),
      checkpoint: { envelope: alter.note?.(note, nth) ?? note },
    },
    canonicalizedBody: body.toString('base64'),
  };
}

/** What a Rekor v1 log promises by its SET, in the form that it signs. */
export function promised({ body, integratedTime, logIndex, log }: PromiseDescription): Json {
  return { body: body.toString('base64'), integratedTime, logID: log.id.toString('hex'), logIndex: Number(logIndex) };
}

const entryTimestamp = (promise: PromiseDescription): Buffer =>
  promise.sign(Buffer.from(canonicalize(promised(promise))));

function witnessSigners({ key, time }: LogInputs, count: number): readonly NoteSigner[] {
  return Array.from({ length: count }, (_, at) => {
    const name = `witness${at}.example`;
    return witness(name, key(name, 'ed25519'), Math.floor(time.getTime() / 1000) + at);
  });
}
