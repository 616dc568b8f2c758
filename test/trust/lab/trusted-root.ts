import type { Json } from '../../../src/model/json.ts';
import type { CtLogInstance, LogInstance, TsaInstance } from './instances.ts';

export type RootInputs = {
  readonly logs: readonly LogInstance[];
  readonly ctLogs: readonly CtLogInstance[];
  readonly tsas: readonly TsaInstance[];
  /** Lowest first, DER. */
  readonly authorities: readonly Buffer[];
  readonly from: Date;
};

const day = (time: Date): string => time.toISOString().replace('.000Z', 'Z');

/** The TrustedRoot (protobuf-specs, JSON) that trusts these, everything open-ended. */
export function trustedRootJson({ logs, ctLogs, tsas, authorities, from }: RootInputs): Json {
  const validFor = { start: day(from) };
  const log = ({ baseUrl, key, id, operator }: LogInstance | CtLogInstance): Json => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: key.spki.toString('base64'), keyDetails: key.details, validFor },
    logId: { keyId: id.toString('base64') },
    operator,
  });
  const chain = (certificates: readonly Buffer[]): Json => ({
    certificates: certificates.map((der) => ({ rawBytes: der.toString('base64') })),
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: logs.map(log),
    certificateAuthorities: [
      {
        subject: { organization: 'lab.example', commonName: 'lab root' },
        uri: 'https://fulcio.lab.example',
        certChain: chain(authorities),
        validFor,
        operator: 'lab',
      },
    ],
    ctlogs: ctLogs.map(log),
    timestampAuthorities: tsas.map(({ uri, chain: certificates, operator, name }) => ({
      subject: { organization: `${operator}.example`, commonName: name },
      uri,
      certChain: chain(certificates),
      validFor,
      operator,
    })),
  };
}
