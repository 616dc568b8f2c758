import type { TextMatch } from './authority.ts';
import type { ClaimName } from './claims.ts';
import { literalEnds, mostOf } from './literal-ends.ts';
import { patternProblem } from './pattern.ts';
import { type PatternNode, patternTree } from './pattern-tree.ts';

/**
 * True for an issuer that anybody may come to run: every pattern but a choice of issuers written out whole. Whoever runs an issuer says
 * who its subjects are, and at many hosts (of clusters, of pipelines) the path behind it is a tenant's, who is anybody.
 */
export function matchesAnyIssuer(issuer: TextMatch): boolean {
  return !provesWhose(issuer, (node) => literalEnds(node, 'first').every(({ whole }) => whole));
}

/**
 * True for a subject that anybody can have who may sign up with a provider: every pattern that does not prove whose its matches are,
 * by its structure and not by its text, so that no spelling passes. Whose they are stands at the beginning of URIs
 * (`https://HOST/OWNER/`, `spiffe://TRUST-DOMAIN/`) and at the end of addresses (`@DOMAIN`, and `!DOMAIN` of Fulcio's user names).
 */
export function matchesAnybody(subject: TextMatch): boolean {
  return !provesWhose(subject, (node) => isOwned(node, OWNED_URI) || isAddressed(node));
}

const OWNED_URI = /^(?:https:\/\/[^/]+\/[^/]+|spiffe:\/\/[^/]+)\//;

/** What GitHub and GitLab put into a token's `sub`, besides. */
const OWNED_TOKEN = /^(?:repo|project_path):[^/:]+\//;

/** Where everybody can have a mailbox. */
const ANYBODYS_MAIL = new Set([
  ...['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'live.com', 'msn.com', 'yahoo.com', 'ymail.com'],
  ...[
    'icloud.com',
    'me.com',
    'mac.com',
    'aol.com',
    'proton.me',
    'protonmail.com',
    'pm.me',
    'gmx.com',
    'gmx.de',
    'gmx.net',
  ],
  ...[
    'web.de',
    'mail.com',
    'mail.ru',
    'yandex.com',
    'yandex.ru',
    'qq.com',
    '163.com',
    '126.com',
    'zoho.com',
    'fastmail.com',
  ],
  ...['tutanota.com', 'users.noreply.github.com'],
]);

/** Every alternative may prove it in its own way. What is no pattern is reported as such, and matches nothing. */
function provesWhose(match: TextMatch, proves: (node: PatternNode) => boolean): boolean {
  if ('exact' in match || patternProblem(match.pattern) !== undefined) return true;
  const tree = patternTree(match.pattern.slice(1, -1));
  return tree !== undefined && alternatives(tree).every(proves);
}

function alternatives(node: PatternNode): readonly PatternNode[] {
  if (node.kind === 'choice') return node.branches.flatMap(alternatives);
  const [only, ...more] = node.kind === 'sequence' ? node.parts : [];
  return only !== undefined && more.length === 0 ? alternatives(only) : [node];
}

/** Each match is one of the texts that stand there, or begins as a URI of somebody's does. */
function isOwned(node: PatternNode, owned: RegExp): boolean {
  return literalEnds(node, 'first').every(({ text, whole }) => whole || owned.test(text));
}

/**
 * Each match ends in an address's sign and domain, and holds the sign once: a branch at GitHub can be called `x@acme.example`, and its
 * subject ends so, with another `@` before. It can be called `x!acme.example` too, with no other `!`: a user's name holds no slash.
 */
function isAddressed(node: PatternNode): boolean {
  return ['@', '!'].some(
    (sign) =>
      mostOf(sign, node) === 1 &&
      (sign === '@' || mostOf('/', node) === 0) &&
      literalEnds(node, 'last').every(({ text }) => {
        const at = text.lastIndexOf(sign);
        const domain = text.slice(at + 1);
        return at >= 0 && /^[^@!/]+$/.test(domain) && !ANYBODYS_MAIL.has(domain.toLowerCase());
      }),
  );
}

/**
 * Claims that say whose a certificate is. Others hold for anybody's: whoever pushes has a trigger and a runner, and a reusable workflow
 * (`build_signer_uri`) signs for whoever calls it. A fork has the same commits, so no digest says whose.
 */
const OF_SOMEBODY: ReadonlySet<ClaimName> = new Set([
  'source_repository_uri',
  'source_repository_identifier',
  'source_repository_owner_uri',
  'source_repository_owner_identifier',
  'build_config_uri',
  'run_invocation_uri',
  'token_subject',
]);

/** True for a claim that tells one signer from another, so that the subject may leave that open. */
export function narrows(name: ClaimName, claim: TextMatch): boolean {
  if (!OF_SOMEBODY.has(name)) return false;
  if (name !== 'token_subject') return provesWhose(claim, (node) => isOwned(node, OWNED_URI));
  // Also one written out can be anybody's: `environment:production`.
  if ('exact' in claim) return OWNED_TOKEN.test(claim.exact) || OWNED_URI.test(claim.exact);
  return provesWhose(claim, (node) => isOwned(node, OWNED_URI) || isOwned(node, OWNED_TOKEN));
}
