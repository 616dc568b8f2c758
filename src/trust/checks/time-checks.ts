import type { Milliseconds } from '../../model/clock.ts';
import { rfc3339 } from '../../model/clock.ts';
import { extensionOf, OID, PURPOSE, purposesOf } from '../certificate/extensions.ts';
import type { BundleCheck, ProvedContext } from './bundle-check.ts';

/** How far another's clock may be ahead of ours. */
const SKEW: Milliseconds = 60_000;

/** What the library leaves open about times, and about the time at which a pinned key signed. */
export const TIME_CHECKS: readonly BundleCheck[] = [
  {
    name: 'timestamps were granted',
    code: 'timestamp_invalid',
    stage: 'proved',
    concerns: ({ timestamps }) => timestamps.length > 0,
    refuse: ({ timestamps }) =>
      timestamps.every(({ granted }) => granted)
        ? undefined
        : 'the response of a timestamp authority says that it refused',
  },
  {
    name: 'purpose of timestamp authorities',
    code: 'timestamp_invalid',
    stage: 'proved',
    concerns: ({ timestamps }) => timestamps.length > 0,
    refuse: ({ timestamps }) =>
      timestamps.every(({ certificate }) => {
        const purposes = purposesOf(certificate);
        // RFC 3161, section 2.3: that purpose alone, and critical.
        const critical = extensionOf(certificate, OID.extendedKeyUsage)?.critical === true;
        return critical && purposes?.length === 1 && purposes[0] === PURPOSE.timeStamping;
      })
        ? undefined
        : 'the certificate of a timestamp authority is not restricted to time stamping (extended key usage, critical)',
  },
  {
    name: 'times are past',
    code: 'timestamp_invalid',
    stage: 'proved',
    concerns: ({ times }) => times.length > 0,
    refuse: ({ times, now }) => {
      const future = times.find(({ time }) => time > now + SKEW);
      return future === undefined
        ? undefined
        : `a verified time (${rfc3339(future.time)}) lies in the future; check the clock of this machine`;
    },
  },
  {
    name: 'start of the key',
    code: 'key_not_yet_valid',
    stage: 'proved',
    only: 'keyed',
    concerns: isDated('validFrom'),
    refuse: atEachMoment(({ validFrom }, moment) => validFrom !== undefined && moment < validFrom, 'not yet valid'),
  },
  {
    name: 'end of the key',
    code: 'key_expired',
    stage: 'proved',
    only: 'keyed',
    concerns: isDated('validTo'),
    refuse: atEachMoment(({ validTo }, moment) => validTo !== undefined && moment > validTo, 'no longer valid'),
  },
  {
    name: 'revocation of the key',
    code: 'key_revoked',
    stage: 'proved',
    only: 'keyed',
    concerns: isDated('revokedAt'),
    refuse: atEachMoment(({ revokedAt }, moment) => revokedAt !== undefined && moment >= revokedAt, 'revoked'),
  },
];

type Validity = {
  readonly validFrom?: Milliseconds;
  readonly validTo?: Milliseconds;
  readonly revokedAt?: Milliseconds;
};

function isDated(date: keyof Validity): (context: ProvedContext) => boolean {
  return ({ signer }) => signer.mode === 'keyed' && signer.key[date] !== undefined;
}

/** Where nothing verified says when the key signed, it must be good now. */
function atEachMoment(
  isBad: (key: Validity, moment: Milliseconds) => boolean,
  what: string,
): (context: ProvedContext) => string | undefined {
  return ({ signer, times, now }) => {
    if (signer.mode !== 'keyed') return undefined;
    const moments = times.length === 0 ? [now] : times.map(({ time }) => time);
    const bad = moments.find((moment) => isBad(signer.key, moment));
    if (bad === undefined) return undefined;
    const when = times.length === 0 ? 'and nothing verified says that it signed at another time' : 'when it signed';
    return `the key was ${what} at ${rfc3339(bad)}, ${when}`;
  };
}
