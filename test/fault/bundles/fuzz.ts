import { describeThrown } from '../../../src/errors.ts';
import { artifactOf } from '../../../src/trust/artifact.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import { failureOf } from '../../../src/trust/failure.ts';
import { type VerifyBundleInput, verifyBundle } from '../../../src/trust/verify-bundle.ts';
import { randomOf } from '../../random.ts';
import { createLab } from '../../trust/lab/lab.ts';
import type { Made } from '../../trust/lab/made.ts';
import { scenario } from '../../trust/lab/scenarios.ts';
import { trustedBy } from '../../trust/lab/verify.ts';
import { isWithin, type Meaning, meaningOf } from './meaning.ts';
import { mutated, pick, type Random } from './mutate.ts';

/** Verified in a fraction of a millisecond: most mutations are of these. */
const CHEAP = [
  'keyed message ecdsa-sha2-256-nistp256',
  'keyed dsse ecdsa-sha2-256-nistp256',
  'keyed message ed25519',
  'keyed dsse ed25519',
  'keyed message ed25519-ph',
  'keyed message ecdsa-sha2-384-nistp384',
  'keyed dsse rsa-sign-pss-2048-sha256',
  'keyed message rsa-sign-pkcs1-2048-sha256',
] as const;
/** Certificates, logs and timestamps of every kind. */
const WHOLE = [
  'v0.1 message',
  'v0.2 message',
  'v0.3 message',
  'v0.3 message timestamped',
  'v0.3 message snake_case',
  'v0.3 message in a log of one',
  'v0.1 DSSE intoto v0.1',
  'v0.2 DSSE intoto',
  'v0.3 DSSE dsse',
  'v0.3 DSSE hashedrekord',
  'v0.3 message Rekor v2',
  'v0.3 message Rekor v2 ECDSA',
  'v0.3 message Rekor v2 witnessed',
  'v0.3 DSSE Rekor v2',
  'v0.3 DSSE Rekor v2 hashedrekord',
  'v0.3 message two of each',
  'legacy message',
  'legacy message keyed',
  'legacy DSSE intoto',
  'keyed message logged',
  'keyed message Rekor v2',
  'keyed DSSE logged',
  'keyed DSSE Rekor v2',
  'keyed DSSE timestamped',
] as const;
const SHARE_OF_CHEAP = 0.7;
const HOUR = 3_600_000;

type Original = {
  readonly name: string;
  readonly made: Made;
  readonly trusted: VerifyBundleInput['trusted'];
};

/** What came of a range of mutations. */
export type Tally = {
  readonly refused: number;
  /** Verified, and equal in meaning. */
  readonly verified: number;
  /** What must not be: with the number of the mutation, which with the seed makes it again. */
  readonly failures: readonly string[];
};

/** The bundles that are mutated: the same for a seed, but for RSA. */
export class BundleFuzzer {
  readonly #seed: number;
  readonly #cheap: readonly Original[];
  readonly #whole: readonly Original[];
  readonly #meanings: readonly Meaning[];

  constructor(seed: number) {
    this.#seed = seed;
    const lab = createLab({ seed });
    const original = (name: string): Original => {
      const made = lab.make(scenario(name));
      return { name, made, trusted: trustedBy(made) };
    };
    this.#cheap = CHEAP.map(original);
    this.#whole = WHOLE.map(original);
    this.#meanings = [...this.#cheap, ...this.#whole].map((one) => {
      const result = verify(one, one.made.bundleBytes);
      if (result === undefined || 'code' in result)
        throw new Error(`${one.name} does not verify unmutated: ${result?.code}`);
      return result;
    });
  }

  /** Makes and tries the mutations numbered so, each by itself: any of them can be made again alone. */
  run(first: number, count: number): Tally {
    let refused = 0;
    let verified = 0;
    const failures: string[] = [];
    for (let number = first; number < first + count; number += 1) {
      const { one, bytes } = this.mutation(number);
      const result = verify(one, bytes);
      if ('signed' in result) {
        if (isWithin(result, this.#meanings)) verified += 1;
        else failures.push(`mutation ${number} of ${one.name} verifies and means something else`);
      } else if (result.code === 'verifier_failed') {
        failures.push(`mutation ${number} of ${one.name} broke the verifier: ${result.message}`);
      } else refused += 1;
    }
    return { refused, verified, failures };
  }

  /** The mutated bundle of a number, and what it was made of. */
  mutation(number: number): { readonly one: Original; readonly bytes: Buffer } {
    const random: Random = randomOf(this.#seed * 0x1_0000_01b3 + number);
    const one = pick(random, random() < SHARE_OF_CHEAP ? this.#cheap : this.#whole);
    const other = pick(random, [...this.#whole, ...this.#cheap]);
    const source = ({ made }: Original) => ({ bytes: made.bundleBytes, json: made.bundle });
    return { one, bytes: mutated(source(one), source(other), random) };
  }
}

type Refused = { readonly code: string; readonly message: string };

/** What the bytes mean if they verify; what is thrown where nothing may be thrown counts as a break. */
function verify({ made, trusted }: Original, bytes: Buffer): Meaning | Refused {
  const { artifact, allowCosignLegacy, thresholds, signedAt } = made;
  try {
    const bundle = parseBundle(bytes, { allowCosignLegacy });
    const result = verifyBundle({
      bundle,
      artifact: artifactOf(artifact),
      trusted,
      thresholds,
      now: signedAt + HOUR,
    });
    if (!result.verified) return result;
    return meaningOf(bytes, result.proved, allowCosignLegacy, trusted.root !== undefined);
  } catch (thrown) {
    return { code: failureOf(thrown), message: describeThrown(thrown) };
  }
}
