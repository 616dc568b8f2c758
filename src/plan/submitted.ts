import { z } from 'zod';
import { type DocumentPair, SUBMITTED_PREFIX } from '../document/shelved.ts';
import { CodedError } from '../errors.ts';
import { type Clock, type Milliseconds, rfc3339 } from '../model/clock.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { Identity } from '../model/facts.ts';
import { MAX_STATE_VALUE_BYTES, PASSING_PREFIX, type SharedState } from '../model/shared-state.ts';
import { parseStrictJsonText } from '../model/strict-json.ts';
import { createUpdate } from '../trust/freshness/update.ts';
import type { PlansConfig } from './config.ts';

/** A plan that a caller hands in, with its bundle, both as they stand in their files. */
export type Submission = { readonly plan: string; readonly bundle: string };

/** Plans that were submitted, in the store that replicas share: until they end, each replica finds them there. */
export type SubmittedPlans = {
  /**
   * Makes room for a plan within its submitter's quota; false where it has room already.
   *
   * @throws CodedError `plan.quota_exceeded`, `plan.too_large`, `state.*`
   */
  readonly reserve: (
    submitter: Identity,
    hash: Sha256Digest,
    submission: Submission,
    until: Milliseconds,
  ) => Promise<boolean>;
  /**
   * Keeps the plan durably, for all replicas.
   *
   * @throws CodedError `state.*`
   */
  readonly keep: (
    submitter: Identity,
    hash: Sha256Digest,
    submission: Submission,
    until: Milliseconds,
  ) => Promise<void>;
  /** Gives the room back: the plan was refused. */
  readonly giveBack: (submitter: Identity, hash: Sha256Digest) => Promise<void>;
  /**
   * The plan as it was submitted, wherever that was; undefined where nobody did.
   *
   * @throws CodedError `state.*`, `plan.submission_torn`
   */
  readonly find: (hash: Sha256Digest) => Promise<DocumentPair | undefined>;
};

const time = z.int().min(0);

const storedForm = z.strictObject({
  v: z.literal(1),
  until: time,
  submitter: z.strictObject({ issuer: z.string(), id: z.string() }),
  submitted: z.string(),
  plan: z.string(),
  bundle: z.string(),
});
const quotaForm = z.strictObject({
  v: z.literal(1),
  until: time,
  plans: z.array(z.strictObject({ hash: z.string(), until: time, bytes: z.int().min(0) })).max(400),
});
type Room = z.infer<typeof quotaForm>['plans'][number];

/** Where a plan that was submitted is said to come from. */
export function sourceOfSubmitted(hash: string): string {
  return `${SUBMITTED_PREFIX}${hash}`;
}

/** True for what `sourceOfSubmitted` gives. */
export function isSubmitted(source: string): boolean {
  return source.startsWith(SUBMITTED_PREFIX);
}

export function createSubmittedPlans(
  state: SharedState,
  { quota }: Pick<PlansConfig, 'quota'>,
  now: Clock,
): SubmittedPlans {
  const update = createUpdate(state);

  function changeRoom(submitter: Identity, change: (rooms: readonly Room[]) => readonly Room[]): Promise<boolean> {
    return update(quotaKey(submitter), (entry) => {
      const before = entry === undefined ? [] : torn(() => quotaForm.parse(parse(entry.value))).plans;
      const current = before.filter(({ until }) => until > now());
      const changed = change(current);
      if (changed === current) return { result: false };
      const after = [...changed];
      const until = Math.max(now(), ...after.map((room) => room.until));
      return { write: JSON.stringify({ v: 1, until, plans: after }), result: true };
    });
  }

  return {
    reserve: (submitter, hash, submission, until) => {
      const bytes = storedText(submitter, submission, until, now).length;
      if (bytes > MAX_STATE_VALUE_BYTES) throw tooLarge(bytes);
      return changeRoom(submitter, (rooms) => {
        if (rooms.some((room) => room.hash === hash)) return rooms;
        const used = rooms.reduce((sum, room) => sum + room.bytes, 0);
        if (rooms.length >= quota.plans || used + bytes > quota.bytes) throw exceeded(rooms.length, used, quota);
        return [...rooms, { hash, until, bytes }];
      });
    },
    keep: async (submitter, hash, submission, until) => {
      const value = storedText(submitter, submission, until, now).toString('utf8');
      // Also over an earlier one: that one's signatures may count no longer.
      await update(submissionKey(hash), () => ({ write: value, result: undefined }));
    },
    giveBack: async (submitter, hash) => {
      await changeRoom(submitter, (rooms) => rooms.filter((room) => room.hash !== hash));
    },
    find: async (hash) => {
      const entry = await state.read(submissionKey(hash));
      if (entry === undefined) return undefined;
      const { plan, bundle } = torn(() => storedForm.parse(parse(entry.value)));
      const bytes = Buffer.from(plan);
      if (sha256(bytes) !== hash) torn(() => refuse('it is another plan'));
      return { source: sourceOfSubmitted(hash), bytes, bundles: [Buffer.from(bundle)] };
    },
  };
}

function storedText(submitter: Identity, { plan, bundle }: Submission, until: Milliseconds, now: Clock): Buffer {
  const { issuer, id } = submitter;
  return Buffer.from(
    JSON.stringify({ v: 1, until, submitter: { issuer, id }, submitted: rfc3339(now()), plan, bundle }),
  );
}

function submissionKey(hash: Sha256Digest): string {
  return `${PASSING_PREFIX}submitted/${hash.slice('sha256:'.length)}`;
}

function quotaKey({ issuer, id }: Identity): string {
  return `${PASSING_PREFIX}quota/${sha256(JSON.stringify([issuer, id])).slice('sha256:'.length)}`;
}

function parse(text: string) {
  return parseStrictJsonText(text, { maxBytes: MAX_STATE_VALUE_BYTES, maxDepth: 8 });
}

function refuse(why: string): never {
  throw new TypeError(why);
}

function torn<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CodedError(
      'plan.submission_torn',
      'what the store holds of a submitted plan is not what was written there; find out who writes to it',
      { cause },
    );
  }
}

function tooLarge(bytes: number): CodedError {
  return new CodedError(
    'plan.too_large',
    `the plan and its bundle take ${bytes} bytes; at most ${MAX_STATE_VALUE_BYTES} can be submitted. Put a larger one into a folder of plans.folders`,
    { detail: { bytes } },
  );
}

function exceeded(plans: number, bytes: number, quota: PlansConfig['quota']): CodedError {
  return new CodedError(
    'plan.quota_exceeded',
    `this submitter has ${plans} plans with ${bytes} bytes that have not ended; plans.quota allows ${quota.plans} and ${quota.bytes}. Wait until some end, or ask an operator`,
    { detail: { plans, bytes } },
  );
}
