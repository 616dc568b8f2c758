// Writes src/catalogue/names/confusables.txt: which characters look like which others, as Unicode says (UTS #39 section 4). The
// argument is Unicode's own confusables.txt of a version (https://www.unicode.org/Public/VERSION/security/confusables.txt), or tables.rs
// of the crate unicode-security, which is made from it (`cargo fetch`, then in ~/.cargo/registry/src). `--check` compares and writes nothing.
// Usage: node scripts/run.js scripts/confusables.ts FILE [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
});
const text = readFileSync(positionals[0] ?? '', 'utf8');
const table = new URL('../src/catalogue/names/confusables.txt', import.meta.url);

const { version, pairs } = text.includes('CONFUSABLES: &') ? fromCrate(text) : fromUnicode(text);
if (version === undefined || pairs.length < 6000) throw new Error('this is no table of confusable characters');
const sources = new Map<string, number[]>();
for (const [source, prototype] of pairs) sources.set(prototype, [...(sources.get(prototype) ?? []), source]);
const lines = [...sources]
  .map(
    ([prototype, looking]) =>
      `${prototype};${looking
        .sort((a, b) => a - b)
        .map(hex)
        .join(' ')}`,
  )
  .sort();
const licence = readFileSync(table, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('# |'));
const written = [
  `# Characters that look like others, Unicode ${version}: PROTOTYPE;WHAT LOOKS LIKE IT, code points in hexadecimal.`,
  '# Made by scripts/confusables.ts from confusables.txt of UTS #39; not to be edited. The data are under this licence:',
  ...licence,
  ...lines,
  '',
].join('\n');
if (!values.check) writeFileSync(table, written);
else if (readFileSync(table, 'utf8') !== written) {
  console.log('src/catalogue/names/confusables.txt is not what this file gives');
  process.exitCode = 1;
}
console.log(`Unicode ${version}: ${pairs.length} characters look like one of ${lines.length} others`);

type Table = { readonly version: string | undefined; readonly pairs: readonly (readonly [number, string])[] };

function fromUnicode(file: string): Table {
  const pairs = file.split('\n').flatMap((line) => {
    const [source, prototype] = line.replace(/#.*/, '').split(';');
    if (source === undefined || prototype === undefined) return [];
    return [
      [
        Number.parseInt(source, 16),
        prototype
          .trim()
          .split(/\s+/)
          .map((one) => hex(Number.parseInt(one, 16)))
          .join(' '),
      ] as const,
    ];
  });
  return { version: /^# Version: (\S+)/m.exec(file)?.[1], pairs };
}

function fromCrate(file: string): Table {
  const version = /UNICODE_VERSION[^=]*= \((\d+), (\d+), (\d+)\)/.exec(file)?.slice(1).join('.');
  const pairs = [...file.matchAll(/\('((?:\\u\{[0-9a-f]+\})|[^\\])',\s*&\[([^\]]*)\]\)/g)].map(
    ([, source, prototype]) => {
      const points = [...(prototype ?? '').matchAll(/\\u\{([0-9a-f]+)\}/g)].map(([, point]) =>
        hex(Number.parseInt(point ?? '', 16)),
      );
      return [Number.parseInt((source ?? '').slice(3), 16), points.join(' ')] as const;
    },
  );
  return { version, pairs };
}

function hex(point: number): string {
  return point.toString(16).toUpperCase().padStart(4, '0');
}
