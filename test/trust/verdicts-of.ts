import { sha256 } from '../../src/model/digest.ts';
import type { Rule } from '../../src/trust/authority/authority.ts';
import type { AuthorityMatch, DocumentVerdict } from '../../src/trust/verdict.ts';
import { NOTHING_PROVED } from './proved.ts';

/** A match by a key of this name. */
export function keyMatch(authority: string, key: string, more: Partial<AuthorityMatch> = {}): AuthorityMatch {
  const digest = sha256(key);
  return {
    authority,
    fact: { authority, mode: 'keyed', key: digest },
    reliesOn: { keys: [digest], certificates: [], identities: [] },
    proved: NOTHING_PROVED,
    ...more,
  };
}

/** A match by an identity. */
export function identityMatch(authority: string, subject: string, issuer = 'https://issuer.example'): AuthorityMatch {
  return {
    authority,
    fact: { authority, mode: 'keyless', issuer, subject },
    reliesOn: {
      keys: [sha256(`key of ${subject}`)],
      certificates: [sha256(`leaf of ${subject}`), sha256('intermediate')],
      identities: [{ issuer, subject }],
    },
    proved: NOTHING_PROVED,
  };
}

export function rule(authorities: readonly string[], atLeast = 1, name = 'rule'): Rule {
  return { name, kinds: ['catalogue'], authorities, atLeast };
}

export function verdictOf(
  by: readonly AuthorityMatch[],
  rules: readonly Rule[],
  failed: DocumentVerdict['failed'] = [],
): DocumentVerdict {
  return {
    document: sha256('document'),
    kind: 'catalogue',
    by,
    failed,
    rules,
    checks: [],
  };
}
