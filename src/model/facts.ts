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
  readonly server_identity: 'asserted' | 'matched';
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
};

/** A tool that no catalogue lists. */
export type UnknownTool = {
  readonly known: false;
  readonly code: 'not_in_catalogue' | 'not_a_tool_call' | 'server_not_named';
};

export type ToolFacts = KnownTool | UnknownTool;

/** The request names no plan. */
export type NoPlan = { readonly named: false; readonly known: false; readonly code: 'no_plan_named' };
/** The request names a plan that is not held here. */
export type UnknownPlan = {
  readonly named: true;
  readonly known: false;
  readonly hash: string;
  readonly code: 'no_plans_configured' | 'plan_unknown';
};
/** The request names a plan that is held here. */
export type KnownPlan = {
  readonly named: true;
  readonly known: true;
  readonly hash: Sha256Digest;
  readonly signatures: Signatures;
  readonly valid: boolean;
  readonly agent_matches: boolean;
  readonly audience_matches: boolean;
  readonly step: string;
  readonly step_matches: boolean;
  readonly in_order: boolean;
  readonly used: boolean;
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
