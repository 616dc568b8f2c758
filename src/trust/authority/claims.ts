import type { ClaimName } from './authority.ts';

/** Fulcio's certificate extensions that the configuration can ask for (fulcio docs/oid-info.md), in the order of their OIDs. */
export const CLAIM_NAMES = [
  'build_signer_uri',
  'build_signer_digest',
  'runner_environment',
  'source_repository_uri',
  'source_repository_digest',
  'source_repository_ref',
  'source_repository_identifier',
  'source_repository_owner_uri',
  'source_repository_owner_identifier',
  'build_config_uri',
  'build_config_digest',
  'build_trigger',
  'run_invocation_uri',
  'source_repository_visibility',
  'deployment_environment',
  'token_subject',
] as const satisfies readonly ClaimName[];
