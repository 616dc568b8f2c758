import { z } from 'zod';
import { authoritiesConfig } from './authority/config.ts';
import { rulesConfig } from './authority/rule-config.ts';
import { freshnessConfig } from './freshness/config.ts';
import { revocationsConfig } from './revocation/config.ts';
import { rootsConfig } from './root/config.ts';
import { verificationConfig } from './worker/config.ts';

/**
 * The configuration's `trust`: whose signatures count for what. Left out, nothing is verified, and every fact about signatures says
 * `no_trust_configured`.
 */
export const trustConfig = z
  .strictObject({
    roots: rootsConfig,
    authorities: authoritiesConfig,
    rules: rulesConfig,
    revocations: revocationsConfig,
    freshness: freshnessConfig,
    verification: verificationConfig,
  })
  .superRefine((trust, context) => {
    for (const { path, message } of crossChecks(trust)) context.addIssue({ code: 'custom', path: [...path], message });
  });

/** The configuration's `trust`, checked, defaults filled in. Files that it names are not read yet. */
export type TrustConfig = z.infer<typeof trustConfig>;

type Parts = Pick<TrustConfig, 'roots' | 'authorities' | 'rules' | 'freshness'>;
type Problem = { readonly path: readonly (string | number)[]; readonly message: string };

/** What one part says of another. */
function crossChecks({ roots, authorities, rules, freshness }: Parts): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (path: Problem['path'], message: string) => problems.push({ path, message });
  const knownRoots = new Set(Object.keys(roots));
  const known = new Map(Object.entries(authorities));
  const named = new Set(
    [...known.values()].flatMap((one) => one.attestations.flatMap((attestation) => attestation.by)),
  );

  for (const [name, authority] of known) {
    const path = ['authorities', name];
    if (authority.root !== undefined && !knownRoots.has(authority.root)) {
      report([...path, 'root'], `is not among roots (${listed(knownRoots)})`);
    }
    for (const [index, attestation] of authority.attestations.entries()) {
      for (const [place, other] of attestation.by.entries()) {
        if (known.has(other)) continue;
        report([...path, 'attestations', index, 'by', place], `is not among authorities (${listed(known.keys())})`);
      }
    }
    const kinds = Object.keys(authority.vouches_for);
    if (kinds.length === 0 && !named.has(name)) {
      report(
        [...path, 'vouches_for'],
        'is empty, and no attestation is asked of this authority; say what it vouches for',
      );
    }
    for (const kind of kinds) {
      if (rules.some((rule) => rule.kinds.includes(kind) && rule.authorities.includes(name))) continue;
      report([...path, 'vouches_for', kind], `counts in no rule; name ${kind} and ${name} together in one of rules`);
    }
  }
  for (const [index, rule] of rules.entries()) {
    for (const [place, name] of rule.authorities.entries()) {
      const authority = known.get(name);
      const path = ['rules', index, 'authorities', place];
      if (authority === undefined) report(path, `is not among authorities (${listed(known.keys())})`);
      for (const kind of authority === undefined ? [] : rule.kinds) {
        if (Object.hasOwn(authority?.vouches_for ?? {}, kind)) continue;
        report(path, `may not vouch for ${kind}; add it to its vouches_for, or make a rule for ${kind} without it`);
      }
    }
  }
  const ruled = new Set(rules.flatMap(({ kinds }) => kinds));
  for (const [index, { kind }] of freshness.strict_marks.entries()) {
    if (ruled.has(kind)) continue;
    const message = `is of no rule, so nothing would ever be marked; name one of the kinds of rules (${listed(ruled)})`;
    report(['freshness', 'strict_marks', index, 'kind'], message);
  }
  for (const [index, log] of (freshness.live?.logs ?? []).entries()) {
    if (!knownRoots.has(log.root))
      report(['freshness', 'live', 'logs', index, 'root'], `is not among roots (${listed(knownRoots)})`);
  }
  return problems;
}

function listed(names: Iterable<string>): string {
  return [...names].join(', ') || 'there are none';
}
