import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { readDataFile } from './data.ts';
import { type PolicyProblem, refuseAny } from './refusal.ts';

/** One file of policies or data. */
export type PolicyFile = {
  /** Below the folder, with slashes: `controls/window.rego`. */
  readonly path: string;
  readonly text: string;
  /** Where it was read: the folder as it was named, and the path. */
  readonly source: string;
};

/** Policies and their data as they lie in one folder, or in several, one laid over the other. Sorted by path. */
export type PolicyFolder = {
  readonly files: readonly PolicyFile[];
  /** The data files together, each below its folder's names. */
  readonly data: JsonObject;
};

/** Bounds; what exceeds them is refused. Bytes, numbers, levels of folders, levels of data. */
export const FOLDER_LIMITS = {
  maxFileBytes: 4_194_304,
  maxBytes: 33_554_432,
  maxFiles: 1024,
  maxFolderDepth: 16,
  maxDataDepth: 64,
} as const;

const DATA_FILE = /^data\.(?:ya?ml|json)$/;
const READ_BY_OPA = /\.(?:rego|ya?ml|json)$/;
const ATTEMPTS = 5;

/**
 * Reads folders of policies, a file in a later one replacing that of the same path in an earlier one. Names that begin with a dot are passed over
 * (editors' and Git's, and the `..data` of Kubernetes, whose links are followed), and so is what OPA does not read (a README).
 *
 * @throws PolicyRefusal with every problem: `policy.folder_unreadable`, `policy.file_unreadable`, `policy.file_encoding`, `policy.too_large`,
 *   `policy.unexpected_data_file`, `policy.data_twice`, `policy.data_conflict`, `policy.data_reserved`, `policy.data_*`, `policy.yaml_*`, `json.*`.
 */
export async function readPolicyFolders(folders: readonly string[]): Promise<PolicyFolder> {
  const problems: PolicyProblem[] = [];
  const byPath = new Map<string, PolicyFile>();
  for (const folder of folders) {
    for (const file of await readWhole(folder, problems)) byPath.set(file.path, file);
  }
  refuseAny(problems);
  if (byPath.size === 0) {
    const message = 'no policies here: name a folder with .rego files';
    refuseAny([{ code: 'policy.folder_empty', message, file: folders.join(', ') }]);
  }
  const files = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const data = readData(files, problems);
  refuseAny(problems);
  return { files, data };
}

/** Reads one folder; again where Kubernetes exchanged what is mounted while it was read, so that no mixture counts. */
async function readWhole(folder: string, problems: PolicyProblem[]): Promise<readonly PolicyFile[]> {
  for (let attempt = 1; ; attempt++) {
    const before = await mountedVersion(folder);
    const found: PolicyProblem[] = [];
    const files = await readTree(folder, found);
    if (before === (await mountedVersion(folder))) {
      problems.push(...found);
      return files;
    }
    if (attempt === ATTEMPTS) {
      problems.push({
        code: 'policy.folder_unreadable',
        message: 'what is mounted here changes while it is read; try again',
        file: folder,
      });
      return [];
    }
  }
}

async function mountedVersion(folder: string): Promise<string | undefined> {
  try {
    return await readlink(join(folder, '..data'));
  } catch {
    return undefined;
  }
}

async function readTree(folder: string, problems: PolicyProblem[]): Promise<readonly PolicyFile[]> {
  const files: PolicyFile[] = [];
  let bytes = 0;
  let current = folder;
  const walk = async (path: string, depth: number): Promise<void> => {
    const at = path === '' ? folder : join(folder, path);
    current = at;
    if (depth > FOLDER_LIMITS.maxFolderDepth)
      return refuse(at, 'policy.too_large', 'folders nest too deep, or a link leads back to its own folder');
    for (const name of (await readdir(at)).sort()) {
      if (name.startsWith('.')) continue;
      const below = path === '' ? name : `${path}/${name}`;
      const source = join(folder, below);
      current = source;
      const status = await stat(source);
      if (status.isDirectory()) await walk(below, depth + 1);
      else if (READ_BY_OPA.test(name)) {
        bytes += status.size;
        const tooLarge = status.size > FOLDER_LIMITS.maxFileBytes || bytes > FOLDER_LIMITS.maxBytes;
        if (tooLarge || files.length >= FOLDER_LIMITS.maxFiles) {
          return refuse(
            source,
            'policy.too_large',
            'the policies are too large or too many; keep large catalogues out of them',
          );
        }
        const text = status.isFile() ? await readText(source) : undefined;
        if (text === undefined)
          refuse(source, 'policy.file_encoding', 'this is no file of UTF-8 without a byte order mark; save it as such');
        else files.push({ path: below, text, source });
      }
    }
  };
  const refuse = (file: string, code: string, message: string) => {
    problems.push({ code, message, file });
  };
  try {
    await walk('', 0);
  } catch (error) {
    refuse(
      current,
      'policy.folder_unreadable',
      `cannot be read (${codeOf(error) ?? 'unknown error'}); see that it exists and may be read`,
    );
  }
  return files;
}

async function readText(source: string): Promise<string | undefined> {
  const bytes = await readFile(source);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith('\ufeff') ? undefined : text;
  } catch {
    return undefined;
  }
}

function readData(files: readonly PolicyFile[], problems: PolicyProblem[]): JsonObject {
  let data: JsonObject = {};
  const folders = new Map<string, string>();
  for (const { path, text, source } of files) {
    if (path.endsWith('.rego')) continue;
    const levels = path.split('/').slice(0, -1);
    const refuse = (code: string, message: string) => problems.push({ code, message, file: source });
    if (!DATA_FILE.test(path.slice(levels.join('/').length).replace('/', ''))) {
      refuse(
        'policy.unexpected_data_file',
        'OPA would read this as data; name it data.yaml or data.json, or keep it elsewhere',
      );
      continue;
    }
    const other = folders.get(levels.join('/'));
    if (other !== undefined) {
      refuse(
        'policy.data_twice',
        `${other} is data of the same folder; keep one of them (an overlay replaces a file of the same name only)`,
      );
      continue;
    }
    folders.set(levels.join('/'), source);
    const reading = readDataFile(source, text, {
      maxBytes: FOLDER_LIMITS.maxFileBytes,
      maxDepth: FOLDER_LIMITS.maxDataDepth,
    });
    if (!reading.ok) {
      problems.push(...reading.problems);
      continue;
    }
    const placed = levels.reduceRight<JsonObject>((value, level) => ({ [level]: value }), reading.value);
    if (Object.hasOwn(placed, 'exequatur')) {
      refuse(
        'policy.data_reserved',
        'data below the key exequatur would overrule the rules of the policies; use another key',
      );
      continue;
    }
    const merged = merge(data, placed);
    if (merged === undefined)
      refuse('policy.data_conflict', 'another file says something else at the same place; say it once');
    else data = merged;
  }
  return data;
}

/** Two objects as OPA puts files together: members of both, undefined where they disagree. */
function merge(first: JsonObject, second: JsonObject): JsonObject | undefined {
  const members = new Map<string, Json>(Object.entries(first));
  for (const [key, value] of Object.entries(second)) {
    const known = member(first, key);
    const together =
      known === undefined ? value : isJsonObject(known) && isJsonObject(value) ? merge(known, value) : undefined;
    if (together === undefined) return undefined;
    members.set(key, together);
  }
  return Object.fromEntries(members);
}
