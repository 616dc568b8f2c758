import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { sha256 } from '../../../src/model/digest.ts';
import { type Certificate, parseCertificate } from '../../../src/trust/certificate/certificate.ts';
import { isAuthority, maySign, PURPOSE, purposesOf } from '../../../src/trust/certificate/extensions.ts';
import { claimsOf, issuersOf, namesOf } from '../../../src/trust/certificate/fulcio.ts';
import { isAnchor, issuersInPath } from '../../../src/trust/certificate/path.ts';
import { parseTrustRoot } from '../../../src/trust/root/parse-trust-root.ts';
import { thrownWith } from '../../thrown.ts';
import { type CertificateDescription, fulcio, replaceExtension } from '../lab/certificate.ts';
import { GITHUB, PERSON, WORKFLOW } from '../lab/certificates.ts';
import { bitString, explicit, implicit, integer, none, octets, oid, sequence, tagged, utf8 } from '../lab/der.ts';
import { textAt } from '../lab/edit.ts';
import { createLab } from '../lab/lab.ts';
import type { Made } from '../lab/made.ts';
import { scenario } from '../lab/scenarios.ts';

const lab = createLab();
const leafOf = (made: Made): Buffer =>
  Buffer.from(textAt(made.bundle, 'verificationMaterial.certificate.rawBytes'), 'base64');
const made = (alter: (leaf: CertificateDescription) => CertificateDescription = (leaf) => leaf): Certificate =>
  parseCertificate(leafOf(lab.make(scenario('v0.3 message'), { leaf: alter })), 'the leaf');
const der = leafOf(lab.make(scenario('v0.3 message')));
const NAMES = '2.5.29.17';
const USER_NAME = '1.3.6.1.4.1.57264.1.7';
const named = (...names: readonly Buffer[]): Certificate =>
  made((leaf) => replaceExtension(leaf, NAMES, { oid: NAMES, critical: true, value: sequence(...names) }));

describe('a certificate', () => {
  it('is taken apart as OpenSSL takes it apart', () => {
    const leaf = parseCertificate(der, 'the leaf');
    const openssl = new X509Certificate(der);
    assert.equal(leaf.digest, `sha256:${openssl.fingerprint256.replaceAll(':', '').toLowerCase()}`);
    assert.equal(leaf.keyDigest, sha256(openssl.publicKey.export({ type: 'spki', format: 'der' })));
    assert.deepEqual(purposesOf(leaf), openssl.keyUsage);
    assert.deepEqual(purposesOf(leaf), [PURPOSE.codeSigning]);
    assert.equal(isAuthority(leaf), openssl.ca);
    assert.equal(maySign(leaf), true);
    assert.equal(openssl.subjectAltName, `URI:${namesOf(leaf)[0]?.text}`);
    assert.equal(leaf.extensions.length, 28);
  });

  it('is refused cut off, or with anything behind it', () => {
    for (let length = 0; length < der.length; length += 7) {
      thrownWith('trust.certificate_malformed', () => parseCertificate(der.subarray(0, length), 'it'));
    }
    thrownWith('trust.certificate_malformed', () => parseCertificate(Buffer.concat([der, Buffer.alloc(1)]), 'it'));
    thrownWith('trust.certificate_malformed', () => parseCertificate(Buffer.concat([der, der]), 'it'));
  });

  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const name = sequence();
  const extension = sequence(oid('1.2.3'), octets(utf8('x')));
  const tbs = (...rest: readonly Buffer[]): Buffer =>
    sequence(explicit(0, integer(2)), integer(1), algorithm, name, sequence(), name, sequence(), ...rest);
  const whole = (body: Buffer, outer = algorithm): Buffer =>
    sequence(body, outer, bitString(sequence(integer(1), integer(1))));

  it('has the members of RFC 5280 in their order', () => {
    assert.equal(parseCertificate(whole(tbs(explicit(3, sequence(extension)))), 'it').extensions.length, 1);
    assert.equal(parseCertificate(whole(tbs()), 'it').extensions.length, 0);
  });

  for (const [what, bytes] of [
    ['of version 1', whole(sequence(integer(1), algorithm, name, sequence(), name, sequence()))],
    [
      'of version 2',
      whole(sequence(explicit(0, integer(1)), integer(1), algorithm, name, sequence(), name, sequence())),
    ],
    ['that names two signature algorithms', whole(tbs(), sequence(oid('1.2.840.10045.4.3.3')))],
    ['with something after its extensions', whole(tbs(explicit(3, sequence(extension)), none()))],
    ['with extensions that are no list', whole(tbs(explicit(3, extension, extension)))],
    ['with an extension without value', whole(tbs(explicit(3, sequence(sequence(oid('1.2.3'))))))],
    [
      'with an extension of four members',
      whole(tbs(explicit(3, sequence(sequence(oid('1.2.3'), none(), none(), none()))))),
    ],
    [
      'with a critical that is neither',
      whole(tbs(explicit(3, sequence(sequence(oid('1.2.3'), tagged(1, Buffer.of(1)), octets(none())))))),
    ],
    ['with more than three members', sequence(tbs(), algorithm, bitString(Buffer.alloc(1)), none())],
    ['without signature', sequence(tbs(), algorithm)],
  ] as const) {
    it(`is refused ${what}`, () => {
      thrownWith('trust.certificate_malformed', () => parseCertificate(bytes, 'it'));
    });
  }
});

describe("Fulcio's extensions", () => {
  it('name the issuer twice', () => assert.deepEqual(issuersOf(made()), { raw: GITHUB, der: GITHUB }));

  it('are claims, each by its name', () => {
    const claims = claimsOf(made());
    assert.equal(Object.keys(claims).length, 15);
    assert.equal(claims.build_signer_uri, WORKFLOW);
    assert.equal(claims.runner_environment, 'github-hosted');
    assert.equal(claims.source_repository_uri, 'https://github.com/acme/tools');
    assert.equal(claims.source_repository_ref, 'refs/tags/v1.4.0');
    assert.equal(claims.source_repository_identifier, '632596897');
    assert.equal(claims.source_repository_owner_identifier, '131804563');
    assert.equal(claims.build_trigger, 'push');
    assert.equal(claims.deployment_environment, undefined);
    assert.equal(claims.token_subject, 'repo:acme/tools:ref:refs/tags/v1.4.0');
  });

  it('are UTF8Strings to the last byte', () => {
    const ref = '1.3.6.1.4.1.57264.1.14';
    const withRef = (value: Buffer) =>
      made((leaf) => replaceExtension(leaf, ref, { oid: ref, critical: false, value }));
    assert.equal(claimsOf(withRef(utf8('refs/heads/größe'))).source_repository_ref, 'refs/heads/größe');
    for (const value of [
      Buffer.from('refs/heads/main'),
      Buffer.concat([utf8('refs/heads/main'), none()]),
      utf8(Buffer.from([0xff])),
      tagged(0x13, Buffer.from('refs/heads/main')),
      Buffer.alloc(0),
    ]) {
      thrownWith('trust.certificate_malformed', () => claimsOf(withRef(value)));
    }
    assert.equal(claimsOf(made((leaf) => replaceExtension(leaf, ref, fulcio(14, 'v2')))).source_repository_ref, 'v2');
  });
});

describe('a subject alternative name', () => {
  const userName = (type: string, value: Buffer): Buffer => explicit(0, oid(type), explicit(0, value));

  it("is a URI, a mail address, or Fulcio's user name", () => {
    assert.deepEqual(namesOf(named(implicit(6, Buffer.from(WORKFLOW)))), [{ text: WORKFLOW }]);
    assert.deepEqual(namesOf(named(implicit(1, Buffer.from(PERSON)))), [{ text: PERSON }]);
    assert.deepEqual(namesOf(named(userName(USER_NAME, utf8('alice!acme.example')))), [{ text: 'alice!acme.example' }]);
  });

  it('of another kind has no text', () => {
    assert.deepEqual(namesOf(named(implicit(2, Buffer.from('acme.example')))), [{}]);
    assert.deepEqual(namesOf(named(userName('1.3.6.1.4.1.311.20.2.3', utf8('alice@acme.example')))), [{}]);
    assert.deepEqual(namesOf(named()), []);
  });

  it('is refused where its value is no UTF8String', () => {
    for (const name of [
      userName(USER_NAME, tagged(0x16, Buffer.from('alice'))),
      explicit(0, oid(USER_NAME), utf8('alice')),
      explicit(0, oid(USER_NAME), explicit(0, utf8('alice')), none()),
      explicit(0, oid(USER_NAME)),
    ]) {
      thrownWith('trust.certificate_malformed', () => namesOf(named(name)));
    }
  });

  it('keeps bytes apart that ASCII would take for one', () => {
    const twin = Buffer.from(PERSON.replace('r', '\u00f2'), 'latin1');
    assert.notEqual(namesOf(named(implicit(1, twin)))[0]?.text, PERSON);
  });
});

describe('the path of a leaf', () => {
  const of = (name: string) => {
    const bundle = lab.make(scenario(name));
    return { leaf: parseCertificate(leafOf(bundle), 'the leaf'), root: parseTrustRoot(bundle.trustedRootBytes) };
  };

  it('leads through every intermediate to the anchor', () => {
    const { leaf, root } = of('v0.3 message under two intermediates');
    const path = issuersInPath(leaf, root, [lab.now]);
    assert.deepEqual(path.map(isAnchor), [false, false, true]);
    assert.deepEqual(
      path.map(({ subject }) => subject.toString()),
      [leaf, ...path].slice(0, -1).map(({ issuer }) => issuer.toString()),
    );
  });

  it('leads nowhere at a time at which no authority counts, or from a stranger', () => {
    const { leaf, root } = of('v0.3 message');
    assert.deepEqual(issuersInPath(leaf, root, [0]), []);
    assert.equal(issuersInPath(leaf, root, [0, lab.now]).length, 2);
    const stranger = createLab({ seed: 2 }).make(scenario('v0.3 message'));
    assert.deepEqual(issuersInPath(parseCertificate(leafOf(stranger), 'it'), root, [lab.now]), []);
  });
});
