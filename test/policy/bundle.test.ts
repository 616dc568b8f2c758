import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../src/model/digest.ts';
import { DEFAULT_BUNDLE_LIMITS, readBundle } from '../../src/policy/bundle.ts';
import { thrownWith } from '../thrown.ts';
import { type Entry, tar, tarball } from './archive.ts';

const vectors = new URL('../vectors/policy/engine/', import.meta.url);
const WASM: Entry = { name: '/policy.wasm', content: 'module' };
const manifest = (more: object = {}): Entry => ({
  name: '/.manifest',
  content: JSON.stringify({ revision: 'r7', wasm: [{ entrypoint: 'a/b', module: '/policy.wasm' }], ...more }),
});
const data = (text: string): Entry => ({ name: '/data.json', content: text });
const controls = (names: unknown) => manifest({ metadata: { exequatur: { controls: names } } });

describe('a bundle', () => {
  it('is read as opa build writes it', () => {
    const bytes = readFileSync(new URL('answers.tar.gz', vectors));
    const bundle = readBundle(bytes);
    assert.equal(bundle.manifest.revision, 'answers');
    assert.ok(bundle.manifest.entrypoints.includes('exequatur/decision'));
    assert.equal(bundle.manifest.controls, undefined);
    assert.deepEqual(bundle.data, {});
    assert.equal(bundle.digest, sha256(bytes));
    assert.deepEqual([...bundle.policyWasm.subarray(0, 4)], [0, 0x61, 0x73, 0x6d]);
  });

  it('says its controls, data and revision, and passes over sources, folders and signatures', () => {
    const bundle = readBundle(
      tarball(
        { name: './lib', type: '5' },
        { name: 'lib/a.rego', content: 'package a' },
        { name: '/.signatures.json', content: '{' },
        WASM,
        data('{"a": {"b": [1]}, "__proto__": {"exequatur": 1}}'),
        controls(['access', 'window']),
      ),
    );
    assert.deepEqual(bundle.manifest, { revision: 'r7', entrypoints: ['a/b'], controls: ['access', 'window'] });
    assert.deepEqual(Object.keys(bundle.data), ['a', '__proto__']);
    assert.equal(Buffer.from(bundle.policyWasm).toString(), 'module');
  });

  it('may leave data and revision out, and split long names', () => {
    const bundle = readBundle(
      tarball(
        WASM,
        { name: 'x.rego', prefix: 'a'.repeat(150) },
        { name: '.manifest', content: '{"wasm":[{"entrypoint":"x","module":"/policy.wasm"}]}' },
      ),
    );
    assert.deepEqual(bundle.data, {});
    assert.equal(bundle.manifest.revision, '');
  });

  const good = tarball(WASM, manifest());
  const archive = tar(WASM, manifest());
  const refused: readonly (readonly [string, string, Uint8Array])[] = [
    ['is no gzip stream', 'bundle.not_gzip', Buffer.from('PK\x03\x04')],
    ['is empty', 'bundle.truncated', Buffer.alloc(0)],
    ['has its stream cut short', 'bundle.truncated', good.subarray(0, good.length - 12)],
    ['has zeros after its stream', 'bundle.trailing_bytes', Buffer.concat([good, Buffer.alloc(4)])],
    ['has a second stream', 'bundle.trailing_bytes', Buffer.concat([good, tarball(data('{}'))])],
    [
      'has a damaged stream',
      'bundle.not_gzip',
      good.map((byte, index) => (index === good.length - 6 ? byte ^ 1 : byte)),
    ],
    ['ends within a file', 'bundle.truncated', gzipSync(archive.subarray(0, 515))],
    ['ends within a header', 'bundle.truncated', gzipSync(archive.subarray(0, 1100))],
    ['has no end', 'bundle.truncated', gzipSync(archive.subarray(0, archive.length - 1024))],
    ['has half an end', 'bundle.truncated', gzipSync(archive.subarray(0, archive.length - 512))],
    ['has bytes after its end', 'bundle.trailing_bytes', gzipSync(Buffer.concat([archive, Buffer.from('x')]))],
    ['has a wrong checksum', 'bundle.entry_header', tarball({ ...WASM, checksum: 1 }, manifest())],
    ['has another format', 'bundle.entry_header', gzipSync(tar(WASM).fill('x', 257, 262))],
    ['claims a size that it does not have', 'bundle.truncated', tarball({ ...WASM, size: 100_000 }, manifest())],
    ['holds a symbolic link', 'bundle.entry_type', tarball(WASM, manifest(), { name: 'data.json', type: '2' })],
    ['holds a hard link', 'bundle.entry_type', tarball(WASM, manifest(), { name: 'data.json', type: '1' })],
    ['holds an extended header', 'bundle.entry_type', tarball({ name: 'pax', type: 'x', content: '9 path=a' }, WASM)],
    ['climbs out', 'bundle.entry_path', tarball(WASM, manifest(), { name: '../policy.rego' })],
    ['climbs out from within', 'bundle.entry_path', tarball(WASM, manifest(), { name: 'a/../../data.json' })],
    ['hides a name', 'bundle.entry_path', tarball(WASM, manifest(), { name: 'a/./b.rego' })],
    ['has a backslash in a name', 'bundle.entry_path', tarball(WASM, manifest(), { name: '..\\data.json' })],
    ['has a control character in a name', 'bundle.entry_path', tarball(WASM, manifest(), { name: 'a\nb.rego' })],
    ['has a name that is not UTF-8', 'bundle.entry_path', tarball(WASM, manifest(), { name: '\xff.rego' })],
    ['has a file without a name', 'bundle.entry_path', tarball(WASM, manifest(), { name: '/' })],
    ['has a file twice', 'bundle.duplicate_entry', tarball(WASM, manifest(), { ...WASM, name: 'policy.wasm' })],
    ['has no policy', 'bundle.policy_missing', tarball(manifest())],
    ['has no manifest', 'bundle.manifest_missing', tarball(WASM)],
    ['has data that nobody reads', 'bundle.unexpected_entry', tarball(WASM, manifest(), { name: 'a/data.json' })],
    ['has data in YAML', 'bundle.unexpected_entry', tarball(WASM, manifest(), { name: 'data.yaml' })],
    ['is a delta', 'bundle.unexpected_entry', tarball(WASM, manifest(), { name: 'patch.json' })],
    [
      'has another module',
      'bundle.manifest_invalid',
      tarball(WASM, manifest({ wasm: [{ entrypoint: 'a', module: '/b.wasm' }] })),
    ],
    ['has no entrypoint', 'bundle.manifest_invalid', tarball(WASM, manifest({ wasm: [] }))],
    ['has a manifest that is no JSON', 'bundle.manifest_invalid', tarball(WASM, { name: '.manifest', content: '{' })],
    [
      'has a manifest with a member twice',
      'bundle.manifest_invalid',
      tarball(WASM, { name: '.manifest', content: '{"revision":"a","revision":"b"}' }),
    ],
    ['has a revision of another type', 'bundle.manifest_invalid', tarball(WASM, manifest({ revision: 7 }))],
    ['lists a control twice', 'bundle.manifest_invalid', tarball(WASM, controls(['access', 'access']))],
    ['lists no control', 'bundle.manifest_invalid', tarball(WASM, controls([]))],
    ['lists something that is no name', 'bundle.manifest_invalid', tarball(WASM, controls(['__proto__']))],
    ['has controls of another type', 'bundle.manifest_invalid', tarball(WASM, controls({ access: true }))],
    ['has data that is no JSON', 'bundle.data_invalid', tarball(WASM, manifest(), data('{"a",1}'))],
    ['has data with a member twice', 'bundle.data_invalid', tarball(WASM, manifest(), data('{"a":{"b":1,"b":2}}'))],
    [
      'has data that loses digits',
      'bundle.data_invalid',
      tarball(WASM, manifest(), data('{"a":12345678901234567890}')),
    ],
    ['has data that is no object', 'bundle.data_invalid', tarball(WASM, manifest(), data('[]'))],
    [
      'has data nested too deep',
      'bundle.data_invalid',
      tarball(WASM, manifest(), data(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)),
    ],
    [
      'has data that overrule rules',
      'bundle.data_overrules_policy',
      tarball(WASM, manifest(), data('{"exequatur":{"controls":{}}}')),
    ],
    [
      'escapes the name of such data',
      'bundle.data_overrules_policy',
      tarball(WASM, manifest(), data('{"\\u0065xequatur":1}')),
    ],
  ];
  for (const [what, code, bytes] of refused) {
    it(`is refused when it ${what}`, () => {
      thrownWith(code, () => readBundle(bytes));
    });
  }

  const limits = DEFAULT_BUNDLE_LIMITS;
  it('is bounded in bytes, inflated bytes, entries and the size of each', () => {
    thrownWith('bundle.too_large', () => readBundle(good, { ...limits, maxBytes: good.length - 1 }));
    const bomb = tarball(WASM, manifest(), data(`{"a":"${' '.repeat(1_000_000)}"}`));
    assert.ok(bomb.length < 5_000, 'it is small before it is inflated');
    thrownWith('bundle.inflates_too_large', () => readBundle(bomb, { ...limits, maxInflatedBytes: 1_000_000 }));
    thrownWith('bundle.entry_too_large', () => readBundle(bomb, { ...limits, maxDataBytes: 1_000_000 }));
    thrownWith('bundle.entry_too_large', () => readBundle(good, { ...limits, maxPolicyBytes: 5 }));
    thrownWith('bundle.too_many_entries', () => readBundle(good, { ...limits, maxEntries: 1 }));
    assert.equal(readBundle(good, { ...limits, maxEntries: 2, maxPolicyBytes: 6 }).manifest.revision, 'r7');
  });
});
