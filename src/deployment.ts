import type { Deployment } from './decision/record.ts';
import type { Documents } from './documents.ts';
import type { NamedObjects } from './named-objects.ts';
import { trustMembers } from './records.ts';
import type { Trust } from './trust/trust.ts';
import { OPA_VERSION, VERSION } from './version.ts';

/** What every record names of code, catalogue and trust; the last two by digests that follow what they are over. */
export function deploymentOf(
  named: Pick<NamedObjects, 'name'>,
  documents: Pick<Documents, 'manifest' | 'catalogue'>,
  trust: Trust | undefined,
): Deployment & { readonly end: () => void } {
  const nameCatalogue = () => ({ digest: named.name(documents.manifest()) });
  const nameTrust = () => (trust === undefined ? null : { digest: named.name(trustMembers(trust)) });
  let listed = documents.catalogue.active();
  let [catalogue, trusted] = [nameCatalogue(), nameTrust()];
  const end = trust?.onIdentity(() => {
    trusted = nameTrust();
  });
  return {
    engine: { version: VERSION, opa: OPA_VERSION },
    catalogue: () => {
      // The same list while nothing changed.
      const current = documents.catalogue.active();
      if (current !== listed) catalogue = nameCatalogue();
      listed = current;
      return catalogue;
    },
    trust: () => trusted,
    end: () => end?.(),
  };
}
