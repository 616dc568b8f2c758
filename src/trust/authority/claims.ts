/**
 * Fulcio's certificate extensions that are read, and that the configuration can ask for, by the names of their OIDs' table (fulcio
 * docs/oid-info.md) in snake_case. In the order of their OIDs, without a gap: the first is `.9`.
 */
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
] as const;

export type ClaimName = (typeof CLAIM_NAMES)[number];
