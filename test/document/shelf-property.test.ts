import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createVersions } from '../../src/document/versions.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import type { KeyName } from '../trust/authority/keys.ts';
import { type ShelfWorld, shelfWith, type TrustedWorld, trustedWorld } from './shelf-world.ts';
import { bundlesBy, written } from './written.ts';

const SOURCES = ['a.json', 'b.json', 'c.json'];
const MINUTE = 60_000;

type Offer = {
  readonly source: string;
  readonly id: string;
  readonly version: number;
  readonly thing: string;
  /** Minutes until it expires. */
  readonly minutes: number;
  readonly by: readonly KeyName[];
  /** The bundles are those of other bytes. */
  readonly altered: boolean;
  readonly half: boolean;
};
type Step =
  | { readonly do: 'offer'; readonly offer: Offer }
  | { readonly do: 'retract'; readonly source: string }
  | { readonly do: 'revoke'; readonly keys: readonly KeyName[] }
  | { readonly do: 'advance'; readonly minutes: number }
  | { readonly do: 'break'; readonly what: 'log' | 'state' | 'nothing' };

const source = fc.constantFrom(...SOURCES);
const keys = fc.constantFrom<readonly KeyName[]>([], ['p256'], ['another'], ['p256', 'another']);
const offer: fc.Arbitrary<Offer> = fc.record({
  source,
  id: fc.constantFrom('x', 'y'),
  version: fc.integer({ min: 1, max: 3 }),
  thing: fc.constantFrom('t', 'u'),
  minutes: fc.constantFrom(30, 120, 100_000),
  by: fc.oneof({ weight: 3, arbitrary: fc.constant<readonly KeyName[]>(['p256']) }, keys),
  altered: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  half: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: offer.map((made): Step => ({ do: 'offer', offer: made })) },
  { weight: 2, arbitrary: source.map((from): Step => ({ do: 'retract', source: from })) },
  { weight: 2, arbitrary: keys.map((named): Step => ({ do: 'revoke', keys: named })) },
  { weight: 1, arbitrary: fc.constantFrom(1, 20, 60).map((minutes): Step => ({ do: 'advance', minutes })) },
  { weight: 1, arbitrary: fc.constantFrom('log', 'state', 'nothing').map((what): Step => ({ do: 'break', what })) },
);

describe('documents on a shelf, whatever happens', () => {
  let world: TrustedWorld;
  /** Two documents never had the same id in two runs, which share what is remembered. */
  let run = 0;
  let revoked: readonly KeyName[] = [];

  before(async () => {
    world = await trustedWorld();
  });
  after(() => world.close());

  it('never count without signatures, a record, or the highest version, and say no more than happens', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        run += 1;
        let away = false;
        const state: SharedState = {
          ...world.state,
          read: (key) => (away ? Promise.reject(new Error('gone')) : world.state.read(key)),
        };
        const versions = createVersions(state, world.time.now);
        const made = shelfWith({ trust: world.trust, versions }, world.time);
        const offers = new Map<string, Offer & { readonly expires: number }>();
        await revoke([]);
        for (const one of steps) {
          await take(one, made, offers, (what) => {
            made.log.broken = what === 'log';
            away = what === 'state';
          });
          await made.rest();
          check(made, offers);
        }
        assert.ok(made.records.length <= steps.length * SOURCES.length * 4, `${made.records.length} records`);
        made.log.broken = false;
        away = false;
        // Whatever was to be made up for has been by then; the same again is no news.
        for (let minute = 0; minute < 4; minute += 1) await pass(made);
        const settled = made.told();
        for (let minute = 0; minute < 3; minute += 1) await pass(made);
        const news = made.told().slice(settled.length);
        assert.ok(
          news.every((line) => line.endsWith('document_expired') || line.startsWith('activated')),
          news.join(),
        );
        check(made, offers);
        await made.shelf.close();
      }),
      { numRuns: 120 },
    ));

  async function pass({ rest }: ShelfWorld): Promise<void> {
    world.time.advance(MINUTE);
    await rest();
  }

  async function revoke(named: readonly KeyName[]): Promise<void> {
    revoked = named;
    await world.revoke(...named);
  }

  async function take(
    one: Step,
    { shelf }: ShelfWorld,
    offers: Map<string, Offer & { readonly expires: number }>,
    breaks: (what: 'log' | 'state' | 'nothing') => void,
  ): Promise<void> {
    switch (one.do) {
      case 'offer': {
        const { source: from, id, version, thing, minutes, by, altered, half } = one.offer;
        const issued = world.time.now();
        const expires = issued + minutes * MINUTE;
        const bytes = written({ id: `${id}${run}`, version, things: [`${thing}${run}`], issued, expires });
        offers.set(sha256(bytes), { ...one.offer, expires });
        const bundles = bundlesBy(altered ? Buffer.from('other bytes') : bytes, ...by);
        await shelf.offer({ source: from, bytes, bundles, half });
        return;
      }
      case 'retract':
        return shelf.retract(one.source);
      case 'revoke':
        return revoke(one.keys);
      case 'advance':
        world.time.advance(one.minutes * MINUTE);
        return;
      case 'break':
        breaks(one.what);
    }
  }

  function check(
    { shelf, records }: ShelfWorld,
    offers: ReadonlyMap<string, Offer & { readonly expires: number }>,
  ): void {
    const activated = records.filter(({ type }) => type === 'activated');
    const seen = new Map<string, string>();
    for (const document of shelf.active()) {
      const standing = shelf.standing(document, world.time.now());
      if (!standing.counts) continue;
      const { header, digest, content } = document;
      // Equal bytes may have been offered with several sets of bundles: each is judged by what was recorded of it.
      const made = offers.get(digest) ?? assert.fail('it was never offered');
      assert.equal(standing.signatures.verified, true);
      assert.ok(
        standing.signatures.by.every(({ authority }) => !revoked.includes(authority === 'board' ? 'p256' : 'another')),
        'a revoked key counts',
      );
      assert.ok(world.time.now() < made.expires, 'it has expired');
      assert.ok(
        activated.some((record) => record.digest === digest),
        'it was never recorded',
      );
      const highest = Math.max(...activated.filter(({ id }) => id === header.id).map(({ version }) => version ?? 0));
      assert.equal(header.version, highest);
      assert.equal(seen.has(header.id), false, 'two versions count');
      seen.set(header.id, digest);
      for (const thing of content.things) {
        assert.equal(seen.has(thing), false, 'two documents hold the same');
        seen.set(thing, digest);
      }
    }
    for (const { failed } of shelf.idle()) assert.ok(failed.length > 0);
  }
});
