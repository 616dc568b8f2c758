import assert from 'node:assert/strict';
import fc from 'fast-check';
import { failureOf } from '../../../src/trust/failure.ts';
import { verifyPath } from '../../../src/trust/freshness/consistency.ts';
import { type ReadTile, tilePath, tileTree } from '../../../src/trust/freshness/tiles.ts';
import { Tree } from './tree.ts';

const SIZE = 70_000;

function reader(tree: Tree): ReadTile {
  return async ({ level, index, width }) => tree.tile(level, Number(index), width);
}

function head(tree: Tree, size: number) {
  return { size: BigInt(size), root: tree.root(size) };
}

describe('hash tiles (C2SP tlog-tiles)', () => {
  const tree = new Tree(SIZE);

  it('have the paths of the specification', () => {
    assert.equal(tilePath({ level: 0, index: 1_234_067n, width: 256 }), 'tile/0/x001/x234/067');
    assert.equal(tilePath({ level: 1, index: 0n, width: 3 }), 'tile/1/000.p/3');
    assert.equal(tilePath({ level: 2, index: 999n, width: 256 }), 'tile/2/999');
    assert.equal(tilePath({ level: 2, index: 1000n, width: 1 }), 'tile/2/x001/000.p/1');
  });

  it('give the roots of trees of every height', async () => {
    for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 69_999, SIZE]) {
      const path = await tileTree(BigInt(size), reader(tree)).path(BigInt(size));
      assert.deepEqual(
        path.map((hash) => Buffer.from(hash).toString('hex')),
        [tree.root(size).toString('hex')],
        `${size}`,
      );
    }
  });

  it('give proofs that hold, for pairs around the edges of tiles and at random', async () => {
    const edges = [1, 2, 3, 255, 256, 257, 300, 512, 65_535, 65_536, 65_537, 65_793, SIZE];
    const pairs = edges.flatMap((from) => edges.filter((to) => to > from).map((to) => [from, to] as const));
    for (const [from, to] of pairs) {
      const path = await tileTree(BigInt(to), reader(tree)).path(BigInt(from));
      assert.equal(verifyPath(head(tree, from), head(tree, to), path), 'consistent', `${from} to ${to}`);
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: SIZE }), fc.integer({ min: 1, max: SIZE }), async (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const path = await tileTree(BigInt(to), reader(tree)).path(BigInt(from));
        assert.equal(verifyPath(head(tree, from), head(tree, to), path), 'consistent');
      }),
      { numRuns: 60 },
    );
  });

  it('of a log that forked prove that it did, also from a size that is a power of two', async () => {
    const fork = new Tree(200, 'another').grow(3000);
    for (const from of [200, 256, 257, 1000, 1024, 2999]) {
      const path = await tileTree(3000n, reader(fork)).path(BigInt(from));
      assert.equal(verifyPath(head(tree, from), head(fork, 3000), path), 'inconsistent', `${from}`);
    }
  });

  it('that lie prove nothing', async () => {
    const lying: ReadTile = async ({ level, index, width }) => {
      const bytes = tree.tile(level, Number(index), width);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      return bytes;
    };
    const path = await tileTree(3000n, lying).path(700n);
    assert.equal(verifyPath(head(tree, 700), head(tree, 3000), path), 'unproved');
  });

  it('of another length are refused', async () => {
    const long: ReadTile = async ({ level, index, width }) =>
      Buffer.concat([tree.tile(level, Number(index), width), Buffer.alloc(32)]);
    await assert.rejects(tileTree(3000n, long).path(3000n), (error) => failureOf(error) === 'log_proof_invalid');
  });

  it('are read once each, and few of them', async () => {
    const read: string[] = [];
    const counting: ReadTile = async (tile) => {
      read.push(tilePath(tile));
      return reader(tree)(tile);
    };
    const tiles = tileTree(BigInt(SIZE), counting);
    await Promise.all([tiles.path(1n), tiles.path(65_537n), tiles.path(BigInt(SIZE))]);
    assert.equal(new Set(read).size, read.length);
    assert.ok(read.length <= 8, read.join(' '));
  });
});
