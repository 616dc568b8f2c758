import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A small folder of policies that passes every check. */
export const SMALL_FOLDER = fileURLToPath(new URL('../vectors/policy/folder', import.meta.url));

/** A new folder with these files, for as long as the test runs. A null removes one that the copied folder has. */
export async function withFolder<Result>(
  files: Readonly<Record<string, string | Uint8Array | null>>,
  use: (folder: string) => Promise<Result>,
  copied?: string,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-policies-'));
  try {
    if (copied !== undefined) cpSync(copied, folder, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      if (content === null) rmSync(file);
      else writeFileSync(file, content);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
