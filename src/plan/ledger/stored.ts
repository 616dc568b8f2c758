import { z } from 'zod';
import type { Milliseconds } from '../../model/clock.ts';
import { isSha256Digest, type Sha256Digest, sha256 } from '../../model/digest.ts';
import { PASSING_PREFIX } from '../../model/shared-state.ts';
import { parseStrictJsonText } from '../../model/strict-json.ts';

/** What is kept of a plan: how often each step was spent, and by whom where no record is known of yet. */
export type StoredPlan = {
  /** The plan's end: what is kept of it means nothing any more a while after. */
  readonly until: Milliseconds;
  /** By the step's place in the plan; open reservations count. */
  readonly spent: readonly number[];
  /** By the step's place: the decision that spent it last, or ''. */
  readonly last: readonly string[];
  readonly open: readonly Reservation[];
};

/** A step that is spent for a decision whose record is not known to be durable. */
export type Reservation = {
  /** Of this reservation alone: a decision may have to reserve again. */
  readonly token: string;
  /** The decision's. */
  readonly id: string;
  readonly step: number;
  /** Digest of caller, session and call. */
  readonly call: string;
  /** The id of the log that the record goes to: its owner alone can say whether it is there. */
  readonly log: string;
  /** Where in that log the record can stand at the earliest. */
  readonly from: number;
};

/** What is kept of a call that has spent a step. */
export type StoredCall = {
  readonly until: Milliseconds;
  /** `released`: it has not, after all. */
  readonly state: 'reserved' | 'recorded' | 'released';
  /** The plan's hash. */
  readonly plan: string;
  readonly step: number;
  readonly binding: string;
  /** Of the reservation behind it. */
  readonly token: string;
  readonly id: string;
  readonly time: Milliseconds;
  readonly expires: Milliseconds;
};

/** Reservations of one plan that are open at once, so that all of it fits into a value of the store. */
export const MAX_OPEN = 128;

export const PLAN_PREFIX = `${PASSING_PREFIX}plan/`;
export const CALL_PREFIX = `${PASSING_PREFIX}call/`;

/** The key of what is kept of a plan. */
export function planKey(hash: Sha256Digest): string {
  return `${PLAN_PREFIX}${hash.slice('sha256:'.length)}`;
}

/** The plan that a key is about; undefined for a key of another form. */
export function hashOfKey(key: string): Sha256Digest | undefined {
  const hash = `sha256:${key.slice(PLAN_PREFIX.length)}`;
  return key.startsWith(PLAN_PREFIX) && isSha256Digest(hash) ? hash : undefined;
}

/** The key of what is kept of a call. */
export function callKey(call: string): string {
  return `${CALL_PREFIX}${call}`;
}

/** Which call it is: of whom, in which session, under which name. An array has one form, so no two calls share a digest. */
export function callDigest(
  caller: { readonly issuer: string; readonly id: string },
  session: string | undefined,
  call: string,
): string {
  return hex(JSON.stringify([caller.issuer, caller.id, session ?? null, call]));
}

function hex(text: string): string {
  return sha256(text).slice('sha256:'.length);
}

/** Nothing has been spent of it. */
export function unspent(steps: number, until: Milliseconds): StoredPlan {
  return { until, spent: new Array<number>(steps).fill(0), last: new Array<string>(steps).fill(''), open: [] };
}

const time = z.int().min(0);
const id = z.string().max(64);
const place = z.int().min(0).max(255);

const planForm = z
  .strictObject({
    v: z.literal(1),
    until: time,
    spent: z.array(z.int().min(0)).min(1).max(256),
    last: z.array(id),
    open: z
      .array(
        z.strictObject({
          token: id,
          id,
          step: place,
          call: z.string().max(64),
          log: z.string().max(64),
          from: z.int().min(0),
        }),
      )
      .max(MAX_OPEN),
  })
  .refine(({ spent, last }) => spent.length === last.length)
  .refine(({ spent, open }) => spent.every((count, step) => open.filter((one) => one.step === step).length <= count));

const callForm = z.strictObject({
  v: z.literal(1),
  until: time,
  state: z.enum(['reserved', 'recorded', 'released']),
  plan: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  step: place,
  binding: z.string().max(64),
  token: id,
  id,
  time,
  expires: time,
});

export function writePlan(plan: StoredPlan): string {
  return JSON.stringify({ v: 1, ...plan });
}

export function writeCall(call: StoredCall): string {
  return JSON.stringify({ v: 1, ...call });
}

/** @throws whatever a value that was not written here makes the parsers throw */
export function readPlan(text: string): StoredPlan {
  const { v: _v, ...plan } = planForm.parse(parseStrictJsonText(text, LIMITS));
  return plan;
}

/** @throws as `readPlan` */
export function readCall(text: string): StoredCall {
  const { v: _v, ...call } = callForm.parse(parseStrictJsonText(text, LIMITS));
  return call;
}

const LIMITS = { maxBytes: 65_536, maxDepth: 8 };
