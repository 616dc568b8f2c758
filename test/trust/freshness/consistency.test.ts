import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ConsistencyResult, nodeHash, verifyConsistency } from '../../../src/trust/freshness/consistency.ts';
import { Tree } from './tree.ts';

const SIZES = 130;
const BIG = 20_000;

function check(tree: Tree, from: number, to: number, proof = tree.consistency(from, to)): ConsistencyResult {
  return verifyConsistency(at(tree, from), at(tree, to), proof);
}

function at(tree: Tree, size: number) {
  return { size: BigInt(size), root: tree.root(size) };
}

describe('proofs of consistency (RFC 9162, section 2.1.4.2)', () => {
  const tree = new Tree(BIG);

  it(`hold for every pair of sizes up to ${SIZES}`, () => {
    for (let to = 1; to <= SIZES; to += 1) {
      for (let from = 1; from <= to; from += 1) assert.equal(check(tree, from, to), 'consistent', `${from} to ${to}`);
    }
  });

  it(`hold for random pairs up to ${BIG}`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: BIG }), fc.integer({ min: 1, max: BIG }), (one, other) => {
        assert.equal(check(tree, Math.min(one, other), Math.max(one, other)), 'consistent');
      }),
      { numRuns: 300 },
    );
  });

  it('do not hold with a hash changed, left out, added or swapped, for any pair', () => {
    for (let to = 2; to <= 70; to += 1) {
      for (let from = 1; from < to; from += 1) {
        const proof = tree.consistency(from, to);
        for (const [place, hash] of proof.entries()) {
          const changed = Buffer.from(hash);
          changed[place % 32] = (changed[place % 32] ?? 0) ^ 1;
          const others = [
            proof.with(place, changed),
            proof.toSpliced(place, 1),
            proof.toSpliced(place, 0, hash),
            proof.with(place, hash.subarray(1)),
          ];
          for (const other of others) assert.notEqual(check(tree, from, to, other), 'consistent', `${from} to ${to}`);
        }
        assert.notEqual(check(tree, from, to, [...proof, tree.root(to)]), 'consistent');
        assert.notEqual(
          check(tree, from, to, [...proof, ...Array.from({ length: 64 }, () => tree.root(1))]),
          'consistent',
        );
      }
    }
  });

  it('show another beginning, by the proof of the new tree itself', () => {
    const fork = new Tree(5, 'another').grow(SIZES);
    for (let to = 6; to <= SIZES; to += 1) {
      for (let from = 5; from < to; from += 1) {
        const found = verifyConsistency(at(tree, from), at(fork, to), fork.consistency(from, to));
        // A power of two has no hash in the proof that would tell the older root: there it is no evidence, and does not hold either.
        assert.equal(found, (from & (from - 1)) === 0 ? 'unproved' : 'inconsistent', `${from} to ${to}`);
        assert.equal(verifyConsistency(at(tree, from), at(fork, to), tree.consistency(from, to)), 'unproved');
      }
    }
  });

  it('are as long as their sizes ask for, also where the log signs what a longer or shorter one leads to', () => {
    for (let to = 3; to <= 40; to += 1) {
      for (let from = 1; from < to; from += 1) {
        const proof = tree.consistency(from, to);
        const extra = tree.root(1);
        for (const root of [nodeHash(tree.root(to), extra), nodeHash(extra, tree.root(to))]) {
          const longer = { size: BigInt(to), root };
          assert.equal(verifyConsistency(at(tree, from), longer, [...proof, extra]), 'unproved', `${from} to ${to}`);
        }
        const shorter = { size: BigInt(4 * to), root: tree.root(to) };
        assert.equal(verifyConsistency(at(tree, from), shorter, proof), 'unproved', `${from} to ${4 * to}`);
      }
    }
  });

  it('of one size need the same root and nothing else', () => {
    assert.equal(check(tree, 7, 7, []), 'consistent');
    assert.equal(check(tree, 7, 7, [tree.root(7)]), 'unproved');
    assert.equal(verifyConsistency(at(tree, 7), at(new Tree(7, 'other'), 7), []), 'inconsistent');
  });

  it('are no question for the empty tree, or backwards', () => {
    assert.throws(() => verifyConsistency({ size: 0n, root: tree.root(0) }, at(tree, 3), []), TypeError);
    assert.throws(() => verifyConsistency(at(tree, 4), at(tree, 3), []), TypeError);
  });
});
