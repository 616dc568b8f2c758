import { X509Certificate } from '@sigstore/core';
import { isJsonObject, type JsonObject, member, within } from '../../model/json.ts';
import type { FailureCode } from '../failure.ts';
import { fromCanonicalBase64 } from './base64.ts';
import { BUNDLE_MEDIA_TYPES } from './media-type.ts';
import { BUNDLE_SHAPE, type Field } from './shape.ts';
import { type Found, listWithin, walk } from './spelling.ts';

/** A bundle's JSON on its way in. */
type FormSubject = {
  /** As it was sent. */
  readonly sent: JsonObject;
  /** The same with every member under its camelCase name. */
  readonly json: JsonObject;
};

/** One thing that a bundle's form must satisfy. */
export type FormCheck = {
  readonly name: string;
  readonly code: FailureCode;
  /** Why the bundle is refused, and where; undefined: this check has nothing against it. */
  readonly refuse: (subject: FormSubject) => string | undefined;
};

/** What the library would accept of a bundle's form and is refused here, in the order in which it is looked for. */
export const FORM_CHECKS: readonly FormCheck[] = [
  {
    name: 'media type',
    code: 'bundle_unsupported',
    refuse: ({ json }) => {
      const mediaType = member(json, 'mediaType');
      if (typeof mediaType === 'string' && BUNDLE_MEDIA_TYPES.has(mediaType)) return undefined;
      return `mediaType is none of ${[...BUNDLE_MEDIA_TYPES.keys()].join(', ')}`;
    },
  },
  {
    // Early: what follows looks at each part.
    name: 'number of parts',
    code: 'bundle_too_many_parts',
    refuse: ({ sent }) =>
      firstPlace(
        sent,
        ({ field, value }) => field?.kind === 'list' && Array.isArray(value) && value.length > field.most,
        'has more parts than are read',
      ),
  },
  {
    name: 'one spelling',
    code: 'bundle_ambiguous',
    refuse: ({ sent }) => firstPlace(sent, ({ twice }) => twice, 'stands there in camelCase and in snake_case'),
  },
  {
    name: 'known members',
    code: 'bundle_unsupported',
    refuse: ({ sent }) => firstPlace(sent, ({ field }) => field === undefined, 'is no member that bundles have'),
  },
  {
    name: 'kinds of members',
    code: 'bundle_malformed',
    refuse: ({ sent }) =>
      firstPlace(sent, (found) => !isOfItsKind(found), 'is of another kind than bundles have there'),
  },
  {
    name: 'canonical base64',
    code: 'bundle_malformed',
    refuse: ({ sent }) =>
      firstPlace(
        sent,
        ({ field, value }) =>
          field?.kind === 'bytes' && typeof value === 'string' && fromCanonicalBase64(value) === undefined,
        'is no base64 in canonical form (standard alphabet, padded)',
      ),
  },
  {
    name: 'natural numbers',
    code: 'bundle_malformed',
    refuse: ({ sent }) =>
      firstPlace(
        sent,
        ({ field, value }) => field?.kind === 'natural' && !isNatural(value),
        'is no whole number from 0 to 2^63 - 1',
      ),
  },
  {
    name: 'one content',
    code: 'bundle_ambiguous',
    refuse: ({ json }) => severalOf(json, 'messageSignature', 'dsseEnvelope'),
  },
  {
    name: 'one kind of key material',
    code: 'bundle_ambiguous',
    refuse: ({ json }) => {
      const material = member(json, 'verificationMaterial');
      return isJsonObject(material)
        ? severalOf(material, 'certificate', 'x509CertificateChain', 'publicKey')
        : undefined;
    },
  },
  {
    // The library asks for it from v0.2 on: a newer bundle that calls itself v0.1 would do without.
    name: 'inclusion proofs',
    code: 'inclusion_proof_missing',
    refuse: ({ json }) => {
      const entries = listWithin(json, 'verificationMaterial', 'tlogEntries');
      const without = entries.findIndex(
        (entry) => !isJsonObject(entry) || within(entry, 'inclusionProof', 'checkpoint', 'envelope') === undefined,
      );
      return without < 0
        ? undefined
        : `verificationMaterial.tlogEntries[${without}] has no inclusion proof with a checkpoint`;
    },
  },
  {
    name: 'no authority in the chain',
    code: 'bundle_holds_authority',
    refuse: ({ json }) => {
      const certificates = listWithin(json, 'verificationMaterial', 'x509CertificateChain', 'certificates').map(
        (certificate) => String(isJsonObject(certificate) ? member(certificate, 'rawBytes') : undefined),
      );
      const found = certificates.findIndex(
        (text, index) => index > 0 && (certificates.indexOf(text) < index || isSelfIssued(text)),
      );
      return found < 0
        ? undefined
        : `certificate ${found} of verificationMaterial.x509CertificateChain is a root, or stands there twice: leave out all but the leaf and intermediates`;
    },
  },
];

const HASH_ALGORITHMS: ReadonlySet<unknown> = new Set([
  'SHA2_256',
  'SHA2_384',
  'SHA2_512',
  'SHA3_256',
  'SHA3_384',
  // protobuf's JSON reads an enum by its number as well.
  1,
  2,
  3,
  4,
  5,
]);

function isOfItsKind({ field, value }: Found): boolean {
  // What nobody knows is another check's concern.
  return field === undefined || matches(field, value);
}

function matches(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case 'text':
    case 'bytes':
      return typeof value === 'string';
    case 'natural':
      return typeof value === 'string' || typeof value === 'number';
    case 'hash_algorithm':
      return HASH_ALGORITHMS.has(value);
    case 'message':
      return isJsonObject(value);
    case 'list':
      return Array.isArray(value);
  }
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;

function isNatural(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  return typeof value === 'string' && DECIMAL.test(value) && BigInt(value) < 2n ** 63n;
}

function firstPlace(json: JsonObject, wrong: (found: Found) => boolean, what: string): string | undefined {
  for (const found of walk(json, BUNDLE_SHAPE)) if (wrong(found)) return `${found.place} ${what}`;
  return undefined;
}

function severalOf(json: JsonObject, ...names: readonly string[]): string | undefined {
  const present = names.filter((name) => Object.hasOwn(json, name));
  return present.length > 1 ? `${present.join(' and ')} are both there; a bundle has one of them` : undefined;
}

/** A certificate in base64 that names itself as its issuer. One that cannot be read is for the checks of certificates. */
function isSelfIssued(text: string): boolean {
  try {
    const certificate = X509Certificate.parse(Buffer.from(text, 'base64'));
    return certificate.issuer.equals(certificate.subject);
  } catch {
    return false;
  }
}
