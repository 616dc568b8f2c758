import { printable } from '../../model/printable.ts';
import type { Artifact } from '../artifact.ts';
import type { Statement } from '../bundle/statement.ts';
import { statementIsAbout } from '../bundle/subject.ts';
import type { FailureCode } from '../failure.ts';
import type { Authority, DocumentKind } from './authority.ts';

/**
 * Why what an authority signed does not vouch for a document of this kind; undefined where it does.
 *
 * Where the authority names a predicateType for the kind, a Statement of that type vouches and nothing else; where it names none, a
 * signature over the document itself does and no Statement: a signed `{"result": "REJECTED"}` is about the document, too.
 */
export function vouchFailure(
  { vouchesFor }: Pick<Authority, 'vouchesFor'>,
  kind: DocumentKind,
  statement: Statement | undefined,
  artifact: Artifact,
): { readonly code: FailureCode; readonly message: string } | undefined {
  const vouches = vouchesFor.get(kind);
  if (vouches === undefined) {
    return { code: 'kind_not_vouched', message: `the authority may not vouch for ${printable(kind, 64)}` };
  }
  const { predicateType } = vouches;
  const asked = `a document of kind ${printable(kind, 64)}`;
  if (statement === undefined) {
    if (predicateType === undefined) return undefined;
    const message = `the signature is over the document itself; for ${asked} the authority vouches by a Statement of type ${predicateType}`;
    return { code: 'predicate_does_not_vouch', message };
  }
  if (predicateType !== statement.predicateType) {
    const wanted =
      predicateType === undefined
        ? 'the authority vouches by a signature over the document itself'
        : `the authority vouches by one of type ${predicateType}`;
    const message = `the Statement is of type ${printable(statement.predicateType, 200)}; for ${asked} ${wanted}`;
    return { code: 'predicate_does_not_vouch', message };
  }
  return subjectFailure(statement, artifact);
}

/** Why a Statement is not about the artifact: none of its subjects is. Others may stand beside the one that is. */
export function subjectFailure(
  statement: Statement,
  artifact: Artifact,
): { readonly code: FailureCode; readonly message: string } | undefined {
  if (statementIsAbout(statement, artifact)) return undefined;
  return { code: 'subject_mismatch', message: `no subject of the Statement is ${artifact.digest}` };
}
