import { type CronSchedule, cronTasks } from '../durable/cron.ts';
import { type Schedule, timers } from '../durable/schedule.ts';
import { createWake } from '../durable/wake.ts';
import { CodedError } from '../errors.ts';
import type { Clock, Milliseconds } from '../model/clock.ts';
import { sha256 } from '../model/digest.ts';
import type { Signatures } from '../model/facts.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { DocumentKind } from './authority/authority.ts';
import { digestOfContent, NO_CONTENT, ownContent } from './authority/content.ts';
import type { DocumentContent } from './authority/scope.ts';
import type { TrustConfig } from './config.ts';
import {
  createDocuments,
  type DocumentChange,
  type DocumentHandle,
  type HeldDocument,
  type Judgement,
} from './documents.ts';
import { guardedEvents, type TrustEvent } from './event.ts';
import { isStrict } from './freshness/config.ts';
import type { FreshnessEvent } from './freshness/event.ts';
import { createFreshness } from './freshness/freshness.ts';
import { type LiveWatch, watchLogs } from './freshness/live.ts';
import { liveLogProblems, type RootOf } from './freshness/live-source.ts';
import { healthOf, identityOf, objectsOf, type TrustIdentity, type TrustState } from './health.ts';
import { createListeners } from './listeners.ts';
import { jobOf, openMaterial } from './material.ts';
import { createRenewals } from './renewals.ts';
import { changeReport, freshnessReport } from './report.ts';
import { createRetries } from './retries.ts';
import type { DocumentVerdict } from './verdict.ts';
import { createVerdicts, keyOf, type Question } from './verdicts.ts';
import { VERIFIER_VERSION } from './verifier-version.ts';
import { createVerifier } from './worker/verifier.ts';

/** A document as it was read, once: the bytes that were signed, and the bundles that came with them. */
export type SignedDocument = {
  readonly kind: DocumentKind;
  /** What it is called from version to version; without one it is remembered by its digest. */
  readonly name?: string;
  readonly bytes: Uint8Array;
  readonly bundles: readonly Uint8Array[];
  /**
   * What the bytes say that the document is about: an authority whose scope or highest effect does not cover all of it does not count.
   * Called once, before anything is verified, over the very bytes that will be, which it must not change; not for a document beyond
   * `max_document_bytes`, which is never verified. Whoever has nothing to declare returns `NO_CONTENT`, which strikes nothing. What it
   * throws, as for bytes that cannot be read, is what `verify` rejects with.
   */
  readonly contentOf: (bytes: Uint8Array) => DocumentContent;
  /** Also refuses a checkpoint older than one seen for this document. Default: what `trust.freshness.strict_marks` says. */
  readonly strictMark?: boolean;
};

/** Signatures become facts: verified off the way of decisions, looked up on it. */
export type Trust = {
  /**
   * Copies the document, verifies it in a thread, asks what was seen before, and holds it until it is released. Resolves whatever came
   * of it: `signatures` tells.
   *
   * @throws whatever `contentOf` throws; nothing is held then
   */
  readonly verify: (document: SignedDocument) => Promise<DocumentHandle>;
  /** What a decision asks at its own time: a look-up, in which revocations count at once. */
  readonly signatures: (handle: DocumentHandle, now: Milliseconds) => Signatures;
  /** The verdict behind it, for whoever explains; undefined once released. */
  readonly verdict: (handle: DocumentHandle) => DocumentVerdict | undefined;
  readonly release: (handle: DocumentHandle) => void;
  /** Verifies everything held again, as the schedule does. Never throws. */
  readonly renew: () => Promise<void>;
  readonly state: () => TrustState;
  readonly identity: () => TrustIdentity;
  /** The bytes behind the digests of `identity` that can be had: roots, and authorities with rules. */
  readonly objects: () => readonly Uint8Array[];
  /** Calls back after what `identity` tells has changed: another root, one gone stale, other revocations. What it returns ends that. */
  readonly onIdentity: (listener: () => void) => () => void;
  /**
   * Calls back after what a held document's signatures come to has turned, to verified or back: by a revocation or its end, another root,
   * a renewal, a key's end. `signatures` answers so before. What it returns ends that.
   */
  readonly onVerdict: (listener: (handle: DocumentHandle) => void) => () => void;
  /** Another number from the moment on at which `signatures` may answer otherwise for another reason than the time. */
  readonly generation: () => number;
  /** Ends threads, schedules and watches. The store of what was seen stays open: it is its opener's. */
  readonly close: () => Promise<void>;
};

export type TrustOptions = {
  readonly config: TrustConfig;
  /** What relative paths of the configuration are meant against. */
  readonly resolvePath: (path: string) => string;
  /** What was seen before. */
  readonly state: SharedState;
  readonly now: Clock;
  readonly fetch: typeof globalThis.fetch;
  /** Alarms and the like; severities `warning` and `error` are for an operator to act on. */
  readonly onEvent: (event: TrustEvent) => void;
  readonly cron?: CronSchedule;
  readonly schedule?: Schedule;
  /** False: roots are taken as they are kept, and nothing is fetched now. Default true. */
  readonly refreshAtStart?: boolean;
  /** The program of the threads that verify; another one in tests. */
  readonly entry?: URL;
};

/** Between two looks at the roots' ages, while nothing is told of them: a timer can be late, as after the machine slept. */
const ROOTS_AGE_MS = 1_000;

/**
 * Opens all that signatures are verified by.
 *
 * @throws CodedError `config.invalid`, `root.*`, `durable.file_*` for what is configured and cannot be read; revocations that cannot be
 *   read are a state instead, in which nothing counts
 */
export async function openTrust(options: TrustOptions): Promise<Trust> {
  const { config, state, now, cron = cronTasks, schedule = timers } = options;
  const onEvent = guardedEvents(options.onEvent);
  const material = await openMaterial({ ...options, onEvent });
  const problems = config.freshness.live === undefined ? [] : liveLogProblems(config.freshness.live, rootNamed);
  if (problems.length > 0) {
    await material.close();
    throw new CodedError('config.invalid', `trust.freshness.live.logs: ${problems.join('; ')}`);
  }
  const verifier = createVerifier({
    limits: config.verification,
    onEvent,
    ...(options.entry !== undefined && { entry: options.entry }),
  });
  const verdicts = createVerdicts(config.verification.verdicts, now);
  const freshness = createFreshness({
    state,
    now,
    onEvent: onFreshness,
    rememberedCheckpoints: config.freshness.remembered_checkpoints,
  });
  /** Of the roots and of what logs are believed; revocations have their own. */
  let changes = 0;
  const listeners = createListeners<DocumentHandle>((why, cause) =>
    onEvent({
      code: 'trust.listener_failed',
      severity: 'error',
      message: `a verdict that turned was not taken up: ${why}`,
      cause,
    }),
  );
  const generation = () => changes + material.revocations.current().generation;
  const documents = createDocuments({
    judge,
    stand: (verdict, time) => {
      const standing = material.stand(verdict, time);
      return { ...standing, until: Math.min(standing.until, time + ROOTS_AGE_MS) };
    },
    generation,
    freshness,
    now,
    onChange,
    onEnd: (time) => ends.at(time),
  });

  const retries = createRetries(schedule, documents.retry);
  const ends = createWake(schedule, now, documents.look);
  const renewals = createRenewals(async (anew) => {
    await documents.renew(anew);
    if (!documents.isSettled()) retries.want();
  });

  async function judge(
    { kind, digest, bytes, bundles, content, contentDigest }: HeldDocument,
    anew: boolean,
  ): Promise<Judgement> {
    const question: Question = {
      document: digest,
      kind,
      bundles: bundles.map((bundle) => sha256(bundle)),
      content: contentDigest,
      roots: material.rootDigests(),
      authorities: material.digest,
      verifier: VERIFIER_VERSION,
    };
    const job = jobOf(material, { kind, artifact: { digest, bytes }, bundles, content }, now());
    return { key: keyOf(question), verdict: await verdicts.ask(question, () => verifier.verify(job), anew) };
  }

  function onFreshness(event: FreshnessEvent): void {
    onEvent(freshnessReport(event));
    // What was admitted on that log's word is reviewed at once.
    if (event.type === 'log_distrusted') changed();
  }

  function onChange(change: DocumentChange): void {
    onEvent(changeReport(change));
    if (change.type === 'verdict_changed') listeners.tell(change.document);
  }

  function changed(): void {
    changes += 1;
    void renewals.ask(false);
  }

  const endings = [material.roots.onChange(changed), material.revocations.onChange(() => void renewals.ask(false))];
  function onIdentity(listener: () => void): () => void {
    const ends = [material.roots.onChange(listener), material.revocations.onChange(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  const endSchedule = cron(config.verification.renew, () => renewals.ask(true));
  const live = liveWatch();
  live?.start();

  function rootNamed(name: string): ReturnType<RootOf> {
    const root = material.roots.current()[name];
    return root !== undefined && 'root' in root ? root.root : root;
  }

  function liveWatch(): LiveWatch | undefined {
    if (config.freshness.live === undefined) return undefined;
    return watchLogs({
      config: config.freshness.live,
      rootOf: rootNamed,
      marks: freshness.marks,
      fetch: options.fetch,
      now,
      onEvent: onFreshness,
      cron,
    });
  }

  return {
    verify: async ({ kind, name, bytes, bundles, contentOf, strictMark }) => {
      const copy = new Uint8Array(bytes);
      const digest = sha256(copy);
      const copies = bundles.map((bundle) => new Uint8Array(bundle));
      const tooLarge = copy.byteLength > config.verification.max_document_bytes;
      const content = tooLarge ? NO_CONTENT : ownContent(contentOf(copy));
      const handle = await documents.hold({
        kind,
        ...(name !== undefined && { name }),
        digest,
        bytes: copy,
        bundles: copies,
        content,
        contentDigest: digestOfContent(content),
        strictMark: strictMark ?? isStrict(config.freshness, kind, name ?? digest),
      });
      if (!documents.isSettled(handle)) retries.want();
      return handle;
    },
    signatures: documents.signatures,
    verdict: documents.verdict,
    release: documents.release,
    renew: () => renewals.ask(true),
    state: () => ({
      ...healthOf(material),
      documents: documents.size(),
      verdicts: verdicts.size(),
      pending: verifier.pending(),
    }),
    identity: () => identityOf(material),
    objects: () => objectsOf(material),
    onIdentity,
    generation,
    onVerdict: listeners.add,
    close: async () => {
      for (const end of endings) end();
      retries.close();
      ends.close();
      listeners.clear();
      await Promise.all([endSchedule(), live?.stop(), material.close()]);
      await Promise.all([renewals.close(), verifier.close()]);
    },
  };
}
