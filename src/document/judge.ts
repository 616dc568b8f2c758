import type { Clock } from '../model/clock.ts';
import type { Signatures } from '../model/facts.ts';
import { printable } from '../model/printable.ts';
import type { DocumentHandle } from '../trust/documents.ts';
import type { Trust } from '../trust/trust.ts';
import type { ActiveDocuments, Slot } from './active.ts';
import { type Candidate, parsedOf } from './candidate.ts';
import { type Refusal, refusalFor, signatureRefusal, validityRefusal, versionRefusal } from './refusal.ts';
import { maySee } from './shelf-event.ts';
import type { ActiveDocument, DocumentFailureCode, ParsedDocument } from './shelved.ts';
import { shareSigner, signersDiffer, type Versions } from './versions.ts';

/** Why a document may not stand beside those that count; undefined where it may. */
export type Conflict<Content> = (
  candidate: ParsedDocument<Content> & { readonly source: string },
  active: readonly ActiveDocument<Content>[],
) => { readonly code: DocumentFailureCode; readonly message: string } | undefined;

/** What documents are judged with. */
export type JudgeOptions<Content> = {
  readonly trust: Pick<Trust, 'verify' | 'signatures' | 'release'> | undefined;
  readonly versions: Versions | undefined;
  readonly conflict: Conflict<Content> | undefined;
  readonly active: Pick<ActiveDocuments<Content>, 'of' | 'view'>;
  readonly now: Clock;
  readonly onFailure: (error: unknown) => void;
};

/** Judges documents: what is read of them, their time, signatures, version, and the others that count. */
export type Judge<Content> = {
  /** Has signatures verified and the version looked up, so that `judge` need not wait for it. Several may be under way. Never rejects. */
  readonly examine: (candidate: Candidate<Content>) => Promise<void>;
  /**
   * Undefined: it may count, and its version is remembered as the highest. Never rejects.
   *
   * @param left what the candidate's source offered before, which it takes the place of
   */
  readonly judge: (candidate: Candidate<Content>, left: Candidate<Content> | undefined) => Promise<Refusal | undefined>;
  /** Looks again at what changes with time: validity and signatures. */
  readonly glance: (candidate: Candidate<Content>) => Refusal | undefined;
  /** What its signatures come to now; undefined where none are looked at. */
  readonly signaturesOf: (candidate: Candidate<Content>) => Signatures | undefined;
  readonly candidateOf: (handle: DocumentHandle) => Candidate<Content> | undefined;
  /** Lets go of a candidate's signatures. */
  readonly release: (candidate: Candidate<Content>) => void;
  readonly releaseAll: () => void;
};

export function createJudge<Content>(options: JudgeOptions<Content>): Judge<Content> {
  const { trust, versions, conflict, active, now, onFailure } = options;
  const byHandle = new Map<DocumentHandle, Candidate<Content>>();

  function release(candidate: Candidate<Content>): void {
    const { handle } = candidate;
    if (handle === undefined) return;
    candidate.handle = undefined;
    byHandle.delete(handle);
    trust?.release(handle);
  }

  async function verify(candidate: Candidate<Content>, parsed: ParsedDocument<Content>, named: boolean): Promise<void> {
    // Under a name of its own where it may not count, so that what it was proved by is not remembered of the document.
    if (trust === undefined || (candidate.handle !== undefined && (candidate.handle.name !== undefined || !named)))
      return;
    release(candidate);
    const { bytes, bundles } = candidate;
    const { header, about } = parsed;
    try {
      const handle = await trust.verify({
        kind: header.type,
        ...(named && { name: header.id }),
        bytes,
        bundles,
        contentOf: () => about,
      });
      candidate.handle = handle;
      byHandle.set(handle, candidate);
    } catch (error) {
      onFailure(error);
    }
  }

  async function examine(candidate: Candidate<Content>): Promise<void> {
    const parsed = parsedOf(candidate);
    if (parsed === undefined || glanceAtTime(candidate) !== undefined) return;
    const asked = versionOf(candidate, parsed);
    let version = await versions?.check(asked);
    if (version === undefined ? isOfOthers(candidate, parsed) : version.code === 'another_signer') {
      // Only who may take the id leaves proofs under its name: who signed is looked at first.
      await verify(candidate, parsed, false);
      version = await versions?.check(asked, vouchingFor(candidate));
    }
    if (version?.cause !== undefined) onFailure(version.cause);
    await verify(candidate, parsed, version === undefined && !isOfOthers(candidate, parsed));
    candidate.examined = { version };
  }

  function glanceAtTime(candidate: Candidate<Content>): Refusal | undefined {
    const { read, source } = candidate;
    if (!('parsed' in read)) return refusalFor('form', 'document_invalid', read.message);
    return validityRefusal(read.parsed.header, source, now());
  }

  function signaturesOf({ handle }: Candidate<Content>): Signatures | undefined {
    if (trust === undefined) return undefined;
    return handle === undefined ? BROKEN_OFF : trust.signatures(handle, now());
  }

  /** The authorities whose signatures count now. */
  function vouchingFor(candidate: Candidate<Content>): readonly string[] {
    const signatures = signaturesOf(candidate);
    return signatures?.verified === true ? signatures.by.map(({ authority }) => authority) : [];
  }

  /** True where what counts of the same kind and id is signed by others alone. Before it is verified itself, nobody has signed it. */
  function isOfOthers(candidate: Candidate<Content>, { header }: ParsedDocument<Content>): boolean {
    const slot = active.of(header.type, header.id);
    if (slot === undefined || slot.document.digest === candidate.digest) return false;
    const others = slot.holders.flatMap(vouchingFor);
    return others.length > 0 && !shareSigner(vouchingFor(candidate), others);
  }

  function glance(candidate: Candidate<Content>): Refusal | undefined {
    const refusal = glanceAtTime(candidate);
    if (refusal !== undefined) return refusal;
    const signatures = signaturesOf(candidate);
    return signatures === undefined ? undefined : signatureRefusal(signatures, candidate.source);
  }

  /** What else of the same kind and id counts, and is not to make room for it. */
  function rivalRefusal(
    candidate: Candidate<Content>,
    parsed: ParsedDocument<Content>,
    left: Candidate<Content> | undefined,
  ): Refusal | undefined {
    const { header } = parsed;
    const slot = active.of(header.type, header.id);
    const rival = slot?.holders.find((holder) => holder !== left);
    if (slot === undefined || rival === undefined || rival.digest === candidate.digest) return undefined;
    const { version } = slot.document.header;
    if (header.version > version) return signerRefusal(candidate, parsed, slot, rival);
    const code =
      trust === undefined || versions === undefined
        ? 'document_twice'
        : header.version < version
          ? 'version_rolled_back'
          : 'version_reused';
    return refusalFor(
      'rival',
      code,
      `${printable(candidate.source, 4096)} is version ${header.version} of ${header.type} ${printable(header.id, 128)}, of which version ${version} counts${placeOf(rival, candidate)}; keep one of them, or give it a higher version`,
    );
  }

  /** Also where nothing is remembered, no other authority takes the place of a document that counts. */
  function signerRefusal(
    candidate: Candidate<Content>,
    parsed: ParsedDocument<Content>,
    slot: Slot<Content>,
    rival: Candidate<Content>,
  ): Refusal | undefined {
    if (!isOfOthers(candidate, parsed)) return undefined;
    const differ = signersDiffer(
      versionOf(candidate, parsed),
      vouchingFor(candidate),
      slot.document.header.version,
      slot.holders.flatMap(vouchingFor),
    );
    return refusalFor(
      'rival',
      'another_signer',
      `${printable(candidate.source, 4096)}: ${differ}, or remove what counts${placeOf(rival, candidate)}`,
    );
  }

  function conflictRefusal(
    candidate: Candidate<Content>,
    parsed: ParsedDocument<Content>,
    left: Candidate<Content> | undefined,
  ): Refusal | undefined {
    const slot = active.of(parsed.header.type, parsed.header.id);
    if (conflict === undefined || slot?.document.digest === candidate.digest) return undefined;
    try {
      const found = conflict({ ...parsed, source: candidate.source }, withoutReplaced(slot?.document, left));
      return found === undefined ? undefined : refusalFor('conflict', found.code, found.message);
    } catch (error) {
      onFailure(error);
      const message = `${printable(candidate.source, 4096)} cannot be compared with the other documents`;
      return refusalFor('conflict', 'document_invalid', message);
    }
  }

  /** Those that will still count beside it. The whole list is copied only where one of them gives way. */
  function withoutReplaced(
    earlier: ActiveDocument<Content> | undefined,
    left: Candidate<Content> | undefined,
  ): readonly ActiveDocument<Content>[] {
    const leaving = new Set<ActiveDocument<Content>>();
    if (earlier !== undefined) leaving.add(earlier);
    const header = left === undefined ? undefined : parsedOf(left)?.header;
    const slot = header === undefined ? undefined : active.of(header.type, header.id);
    if (slot?.holders.every((holder) => holder === left)) leaving.add(slot.document);
    return leaving.size === 0 ? active.view() : active.view().filter((document) => !leaving.has(document));
  }

  return {
    examine,
    judge: async (candidate, left) => {
      if (candidate.examined === undefined) await examine(candidate);
      const { version } = candidate.examined ?? {};
      candidate.examined = undefined;
      const parsed = parsedOf(candidate);
      const refusal = glance(candidate);
      if (refusal !== undefined || parsed === undefined) return refusal;
      if (version !== undefined) return versionRefusal(version, candidate.source);
      const beside = rivalRefusal(candidate, parsed, left) ?? conflictRefusal(candidate, parsed, left);
      if (beside !== undefined) return beside;
      // It takes the id: what it is proved by is remembered, and compared with what was.
      await verify(candidate, parsed, true);
      const proved = glance(candidate);
      if (proved !== undefined) return proved;
      const raised = await versions?.raise(versionOf(candidate, parsed), vouchingFor(candidate));
      if (raised?.cause !== undefined) onFailure(raised.cause);
      return raised === undefined ? undefined : versionRefusal(raised, candidate.source);
    },
    glance,
    signaturesOf,
    candidateOf: (handle) => byHandle.get(handle),
    release,
    releaseAll: () => {
      for (const candidate of [...byHandle.values()]) release(candidate);
    },
  };
}

/** Of a document that could not even be handed over. */
const BROKEN_OFF: Signatures = { verified: false, by: [], failed: [{ code: 'verifier_failed' }] };

/** ` from tools.json`, for whoever may know. */
function placeOf<Content>(rival: Candidate<Content>, candidate: Candidate<Content>): string {
  return maySee(candidate.source, rival.source) ? ` from ${printable(rival.source, 4096)}` : '';
}

function versionOf<Content>({ digest }: Candidate<Content>, { header }: ParsedDocument<Content>) {
  return { kind: header.type, id: header.id, version: header.version, digest };
}
