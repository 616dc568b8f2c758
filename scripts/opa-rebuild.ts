// Rebuilds wasm/opa/opa.wasm.zst and wasm/opa/THIRD_PARTY_LICENSES from wasm/opa: `node scripts/opa-rebuild.ts`.
// With --check it writes nothing and compares, the module before compression (another zstd may compress differently), and fails where they differ.
// Go makes the same bytes in any folder, but only at the same version: with any other, or none, --check says that it compared nothing and succeeds.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const SOURCE = fileURLToPath(new URL('../wasm/opa/', import.meta.url));
const MODULE = join(SOURCE, 'opa.wasm.zst');
const LICENSES = join(SOURCE, 'THIRD_PARTY_LICENSES');
const TARGET = { GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', GOWORK: 'off' };

function go(...args: string[]): string {
  return execFileSync('go', args, {
    cwd: SOURCE,
    env: { ...process.env, ...TARGET },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The Go version that the module is built with, from go.mod: another one makes other bytes. */
function pinnedVersion(): string {
  const version = /^go (\S+)$/m.exec(readFileSync(join(SOURCE, 'go.mod'), 'utf8'))?.[1];
  if (version === undefined) throw new Error('wasm/opa/go.mod names no Go version');
  return `go${version}`;
}

function installedVersion(): string | undefined {
  try {
    return /go version (\S+)/.exec(
      execFileSync('go', ['version'], { encoding: 'utf8', env: { ...process.env, ...TARGET } }),
    )?.[1];
  } catch {
    return undefined;
  }
}

function build(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'opa-rebuild-'));
  const output = join(folder, 'opa.wasm');
  try {
    go('build', '-buildmode=c-shared', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', output, '.');
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The licences of every Go module that is linked in, of what those modules hold of others, and Go's own. */
function licenses(): string {
  const format = '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}';
  const packages = go('list', '-deps', '-f', format, '.')
    .split('\n')
    .filter((line) => line !== '');
  const folders = new Map<string, Set<string>>();
  for (const line of packages) {
    const [module, top, folder] = line.split('\t');
    if (module === undefined || top === undefined || folder === undefined) throw new Error(`go list said ${line}`);
    const known = folders.get(module) ?? new Set([top]);
    for (let at = folder; at.startsWith(`${top}/`); at = dirname(at)) known.add(at);
    folders.set(module, known);
  }
  const parts = [`Go's standard library and runtime, ${pinnedVersion()}\n${textsIn(go('env', 'GOROOT').trim())}`];
  for (const [module, within] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const texts = [...within]
      .sort()
      .map(textsIn)
      .filter((text) => text !== '');
    if (texts.length === 0) throw new Error(`${module} holds no licence`);
    parts.push(`${module}\n${texts.join('\n')}`);
    if (module.startsWith('github.com/open-policy-agent/opa ')) parts.push(...embedded([...within][0] ?? ''));
  }
  const rule = '='.repeat(100);
  return `The licences of what opa.wasm.zst contains. Written by scripts/opa-rebuild.ts.\n${rule}\n${parts.join(`\n${rule}\n`)}`;
}

/** OPA puts its C runtime into every policy that it compiles; what others wrote of that says so in its files' first comment. */
function embedded(opa: string): string[] {
  const texts = ['lib/printf.c', 'libmpdec/mpdecimal.c'].map((source) => {
    const text = readFileSync(join(opa, 'wasm/src', source), 'utf8').replaceAll('\r\n', '\n');
    const comment = /^(?:\/\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[0];
    if (comment === undefined) throw new Error(`wasm/src/${source} of OPA says nothing of its licence`);
    return `OPA's runtime for compiled policies: wasm/src/${source}\n${comment.trimEnd()}\n`;
  });
  // Fetched when OPA's runtime is built, and so not in the Go module.
  const fetched = [
    `RE2\n${readFileSync(join(SOURCE, 'licenses/RE2'), 'utf8').trimEnd()}`,
    // Its exceptions release what a compiler puts into a program from the conditions on copies.
    'libc++ of LLVM, under the Apache License 2.0 with LLVM exceptions: https://llvm.org/LICENSE.txt',
  ];
  return [...texts, ...fetched.map((text) => `OPA's runtime for compiled policies: ${text}\n`)];
}

function textsIn(folder: string): string {
  return readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice|patents)([.-].*)?$/i.test(name))
    .sort()
    .map((name) => `--- ${name}\n${readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trimEnd()}\n`)
    .join('\n');
}

function rebuild(): void {
  const module = build();
  writeFileSync(LICENSES, licenses());
  const compressed = zstdCompressSync(module, {
    params: { [constants.ZSTD_c_compressionLevel]: 22, [constants.ZSTD_c_checksumFlag]: 1 },
    pledgedSrcSize: module.length,
  });
  writeFileSync(MODULE, compressed);
  console.log(`wrote wasm/opa/opa.wasm.zst: ${module.length} bytes, ${compressed.length} compressed`);
}

function check(): void {
  const differing = [];
  if (!build().equals(zstdDecompressSync(readFileSync(MODULE)))) differing.push('opa.wasm.zst');
  if (licenses() !== readFileSync(LICENSES, 'utf8')) differing.push('THIRD_PARTY_LICENSES');
  if (differing.length > 0) {
    console.error(
      `wasm/opa: ${differing.join(' and ')} is not what the source builds; run: node scripts/opa-rebuild.ts`,
    );
    process.exitCode = 1;
    return;
  }
  console.log('wasm/opa: opa.wasm.zst and THIRD_PARTY_LICENSES are what the source builds');
}

const [pinned, installed] = [pinnedVersion(), installedVersion()];
if (process.argv.includes('--check')) {
  if (installed === pinned) check();
  else console.log(`wasm/opa: NOT compared: this needs ${pinned}, and ${installed ?? 'no Go'} is installed`);
} else if (installed === pinned) {
  rebuild();
} else {
  console.error(`wasm/opa is built with ${pinned} only; ${installed ?? 'no Go'} is installed`);
  process.exitCode = 1;
}
