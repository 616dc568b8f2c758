// A thread for tests that answers each job with what stands in the job's kind: a verdict that is right but for one thing.
import { parentPort } from 'node:worker_threads';
import { sha256 } from '../../../../src/model/digest.ts';
import { isJsonObject } from '../../../../src/model/json.ts';
import { isTask, READY } from '../../../../src/trust/worker/protocol.ts';
import { NOTHING_PROVED } from '../../proved.ts';

const port = parentPort;
if (port === null) throw new Error('this is the program of a thread');
port.on('message', (message: unknown) => {
  if (!isTask(message) || !isJsonObject(message.task) || !isJsonObject(message.task.artifact))
    throw new Error('no task');
  const { kind, artifact, rules } = message.task;
  const match = {
    authority: 'board',
    fact: { authority: 'board', mode: 'keyed' },
    reliesOn: { keys: [], certificates: [], identities: [] },
    proved: NOTHING_PROVED,
  };
  const right = {
    document: artifact.digest,
    kind,
    by: [match],
    failed: [],
    rules,
    checks: [],
  };
  const lies: { readonly [name: string]: unknown } = {
    right,
    'another document': { ...right, document: sha256('another') },
    'another kind': { ...right, kind: 'plan' },
    'no rules': { ...right, rules: [] },
    'a rule that asks for less': {
      ...right,
      rules: [{ name: 'r', kinds: [kind], authorities: ['board'], atLeast: 0 }],
    },
    'an authority that nobody asked about': {
      ...right,
      by: [{ ...match, authority: 'stranger', fact: { ...match.fact, authority: 'stranger' } }],
    },
    "another's fact": { ...right, by: [{ ...match, fact: { ...match.fact, authority: 'release' } }] },
    "a stranger's attestation": {
      ...right,
      by: [
        {
          ...match,
          fact: { ...match.fact, attestations: [{ predicate_type: 'https://example.com/', authority: 'stranger' }] },
        },
      ],
    },
    'a member that nobody knows': { ...right, verified: true },
    'no digest': { ...right, document: 'sha256:00' },
    'a code that nobody knows': { ...right, failed: [{ code: 'fine', message: '' }] },
    'a time that is none': { ...right, by: [{ ...match, notAfter: Number.NaN }] },
    'no proofs': { ...right, by: [{ ...match, proved: undefined }] },
    nothing: undefined,
    'a text': 'verified',
  };
  if (kind === 'hang') for (;;);
  if (kind === 'die') throw new Error('broken');
  port.postMessage({ number: message.number, answer: typeof kind === 'string' ? lies[kind] : undefined });
});
port.postMessage(READY);
