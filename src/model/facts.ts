import type { Sha256Digest } from './digest.ts';

/** How the caller proved who it is. `asserted`: it did not; only a demonstration on loopback accepts that. */
export type AuthenticationMethod = 'jwt' | 'mtls' | 'token' | 'asserted';

/** An identity is always a pair: the same id from another issuer is somebody else. */
export type Identity = { readonly issuer: string; readonly id: string };

/** Who connected. */
export type Caller = Identity & { readonly method: AuthenticationMethod };

/** For whom. `roles` are those that the credential's claims carry; bindings in policy data add to them in Rego. */
export type Principal = Identity & { readonly authenticated: true; readonly roles: readonly string[] };

/** The effect of a tool as its catalogue states it. */
export type Effect = 'read' | 'write' | 'destructive';

/**
 * A signature that was verified, as far as a decision may rely on it: every member comes from an authenticated field, and what is
 * missing was not proved.
 */
export type VerifiedSignature = {
  /** The name of the configured authority that vouches. */
  readonly authority: string;
  readonly mode: 'keyed' | 'keyless';
  /** SHA-256 of the key's SubjectPublicKeyInfo; keyed alone. */
  readonly key?: Sha256Digest;
  /** OIDC issuer and subject alternative name of the certificate; keyless alone. */
  readonly issuer?: string;
  readonly subject?: string;
  /** From Fulcio's extensions, where the certificate carries them. */
  readonly source?: { readonly repository?: string; readonly ref?: string; readonly digest?: string };
  /** The entry in a transparency log: origin of its checkpoint, index of its proof (decimal). */
  readonly log?: { readonly origin: string; readonly index: string };
  /** RFC 3339: the earliest time that a timestamp authority (`tsa`) or a log's SET (`log`) vouched for. */
  readonly time?: string;
  readonly time_source?: 'tsa' | 'log';
  readonly attestations?: readonly { readonly predicate_type: string; readonly authority: string }[];
};

/** What was found about a document's signatures. Not verified: `failed` says why, by code. */
export type Signatures = {
  readonly verified: boolean;
  readonly by: readonly VerifiedSignature[];
  readonly failed: readonly { readonly code: string; readonly authority?: string }[];
};

/** Facts about a tool that the catalogue lists. */
export type KnownTool = {
  readonly known: true;
  readonly server: string;
  /** `asserted`: the caller observed none; `matched`: what it observed is what the catalogue says; `mismatched`: it is another server's. */
  readonly server_identity: 'asserted' | 'matched' | 'mismatched';
  readonly name: string;
  readonly version: string;
  readonly effect: Effect;
  /** SHA-256 over the RFC 8785 form of the whole definition. */
  readonly digest: Sha256Digest;
  readonly drift: 'none' | 'changed' | 'unobserved';
  /** False as well when the call has no arguments at all; `arguments_code` then says which. */
  readonly arguments_valid: boolean;
  readonly arguments_code?: 'arguments_absent' | 'arguments_do_not_match_schema';
  readonly signatures: Signatures;
  /** The document that lists it. */
  readonly catalogue: DocumentReference;
};

/** Which version of which document. */
export type DocumentReference = { readonly id: string; readonly version: number };

/** Why a document does not count, by code, and of whom that is said. */
export type DocumentFailure = { readonly code: string; readonly authority?: string };

/** A tool that no active document lists. */
export type UnknownTool =
  | { readonly known: false; readonly code: 'not_in_catalogue' | 'not_a_tool_call' | 'server_not_named' }
  /**
   * `catalogue_refused`: a document lists it that has never counted here; `catalogue_withdrawn`: one that did and does no longer;
   * `catalogue_unreadable`: no document that can be read lists it, but one is there that cannot be. Nothing else that such a document
   * says is a fact.
   */
  | {
      readonly known: false;
      readonly code: 'catalogue_refused' | 'catalogue_withdrawn' | 'catalogue_unreadable';
      readonly failed: readonly DocumentFailure[];
    };

export type ToolFacts = KnownTool | UnknownTool;

/** The request names no plan. */
export type NoPlan = { readonly named: false; readonly known: false; readonly code: 'no_plan_named' };

/**
 * What the call is among those of its caller and session. `new`: its first time; `repeated`: the same call again, while its permit
 * holds; `conflict`: its name stands for another request already; `missing`: it has no name (`context.call`), so nothing can be spent for it.
 */
export type CallState = 'new' | 'repeated' | 'conflict' | 'missing';

/** The request names a plan that does not count here. */
export type UnknownPlan = {
  readonly named: true;
  readonly known: false;
  readonly hash: string;
  readonly code: UnknownPlanCode;
  /** Why a plan that is here does not count; empty where none is. */
  readonly failed: readonly DocumentFailure[];
  readonly call: CallState;
};

/**
 * `plan_refused`: it is here and has never counted; `plan_withdrawn`: it did count and does no longer; `plan_superseded`: a later version
 * took its place; `state_unavailable`: what was spent of it cannot be known now.
 */
export type UnknownPlanCode =
  | 'no_plans_configured'
  | 'plan_unknown'
  | 'plan_refused'
  | 'plan_withdrawn'
  | 'plan_superseded'
  | 'state_unavailable';

/** The request names a plan that is held here and whose signatures count. */
export type KnownPlan = {
  readonly named: true;
  readonly known: true;
  readonly hash: Sha256Digest;
  readonly document: DocumentReference;
  readonly signatures: Signatures;
  /** Issued, and not expired. */
  readonly valid: boolean;
  /** The principal is the plan's agent, by the chain of actors and in the session that the plan names, where it names them. */
  readonly agent_matches: boolean;
  readonly audience_matches: boolean;
  /** The step that the call names; null where it names none or the plan has no such step. */
  readonly step: string | null;
  /** The call is of the step's tool, with no higher effect and with arguments that the step allows. */
  readonly step_matches: boolean;
  readonly in_order: boolean;
  /** The step has been spent as often as it may be. */
  readonly used: boolean;
  readonly call: CallState;
};

export type PlanFacts = NoPlan | UnknownPlan | KnownPlan;

/** What Exequatur verified, looked up or was configured with: `input.facts` in Rego. Nothing in it was merely said. */
export type Facts = {
  /** RFC 3339, UTC, milliseconds: the decision's own time. */
  readonly time: string;
  /** One of the configured environments, or `unknown`, which counts as the strictest. */
  readonly environment: string;
  readonly tenant: string;
  readonly caller: Caller;
  readonly principal: Principal;
  readonly actors: readonly Identity[];
  readonly tool: ToolFacts;
  readonly plan: PlanFacts;
};
