import { isValidAt } from '../certificate/path.ts';
import { checkpointDefect, verifyCheckpoint } from '../log/checkpoint.ts';
import { isOfRekorV1 } from '../log/entry-body.ts';
import type { ProvedEntry } from '../log/log-entry.ts';
import { logName, originProblem } from '../log/origin.ts';
import { hashesTo } from '../signature/signed-content.ts';
import type { BundleCheck, ProvedContext } from './bundle-check.ts';

/** What the library leaves open about log entries. */
export const LOG_CHECKS: readonly BundleCheck[] = [
  {
    name: 'form of checkpoints',
    code: 'log_checkpoint_invalid',
    stage: 'proved',
    concerns: hasProofs,
    refuse: ofEach(({ proof }) => {
      const defect = proof === undefined ? undefined : checkpointDefect(proof.envelope);
      return defect === undefined ? undefined : `the checkpoint of a log entry is malformed: ${defect}`;
    }),
  },
  {
    name: 'origin of checkpoints',
    code: 'log_origin_unknown',
    stage: 'proved',
    concerns: hasProofs,
    refuse: ofEach(({ kind, log, checkpoint }) => {
      if (checkpoint === undefined) return undefined;
      const problem = originProblem(checkpoint, log, isOfRekorV1(kind));
      // To the library any piece of the base URL is a name, and any log of the root may have signed.
      if (problem === undefined) verifyCheckpoint(checkpoint, logName(log), log);
      return problem;
    }),
  },
  {
    name: 'proofs agree with checkpoints',
    code: 'log_proof_invalid',
    stage: 'proved',
    concerns: hasProofs,
    refuse: ofEach(({ proof, checkpoint }) =>
      proof === undefined ||
      (checkpoint !== undefined && proof.size === String(checkpoint.size) && proof.root.equals(checkpoint.root))
        ? undefined
        : 'an inclusion proof names another tree (treeSize, rootHash) than its checkpoint',
    ),
  },
  {
    name: 'promises of the logs',
    code: 'log_promise_invalid',
    stage: 'proved',
    concerns: ({ entries }) => entries.some(({ kind }) => isOfRekorV1(kind)),
    refuse: ofEach(({ kind, promised }) =>
      isOfRekorV1(kind) && promised === undefined
        ? 'an entry of Rekor v1 has no signed entry timestamp (SET): nothing says when it was logged'
        : undefined,
    ),
  },
  {
    name: 'validity of the logs',
    code: 'log_key_expired',
    stage: 'proved',
    concerns: hasEntries,
    refuse: ofEach(({ log, moments }) =>
      moments.every((moment) => isValidAt(log, moment))
        ? undefined
        : `the key of the log ${log.baseUrl} was not valid when the entry was made`,
    ),
  },
  {
    name: 'entries name the signer',
    code: 'log_entry_not_bound',
    stage: 'proved',
    concerns: hasEntries,
    refuse: ofEach((entry, context) =>
      isBound(entry, context) ? undefined : 'a log entry names another certificate or key than the one that signed',
    ),
  },
  {
    name: 'hashes in entries',
    code: 'log_entry_mismatch',
    stage: 'proved',
    concerns: hasEntries,
    refuse: ofEach(({ body, kind }, { content }) => {
      const { hash, digest } = body;
      const signed = body.of === 'message' ? content.message : content.payload && { bytes: content.payload };
      const fits =
        hash !== undefined &&
        digest !== undefined &&
        signed !== undefined &&
        (content.claimed === undefined || content.claimed.hash === hash) &&
        hashesTo(signed, hash, digest);
      return fits ? undefined : `a log entry (${kind}) names another hash than the one that was signed over`;
    }),
  },
];

function hasEntries({ entries }: ProvedContext): boolean {
  return entries.length > 0;
}

/** cosign's legacy bundle has entries that only a SET vouches for. */
function hasProofs({ entries }: ProvedContext): boolean {
  return entries.some(({ proof }) => proof !== undefined);
}

function isBound({ body }: ProvedEntry, { signer }: ProvedContext): boolean {
  if (signer.mode === 'keyless') {
    // A bare key would leave whoever watches the log for the identity without a trace of it.
    return body.signer?.kind === 'certificate' && Buffer.compare(body.signer.der, signer.leaf.der) === 0;
  }
  return body.signer?.kind === 'key' && body.signer.key.equals(signer.key.key);
}

function ofEach(
  refuse: (entry: ProvedEntry, context: ProvedContext) => string | undefined,
): (context: ProvedContext) => string | undefined {
  return (context) => {
    for (const entry of context.entries) {
      const reason = refuse(entry, context);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}
