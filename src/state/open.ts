import { resolve } from 'node:path';
import { nodeFiles, readWhole } from '../durable/files.ts';
import { type CodedError, codeOf, describeThrown } from '../errors.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { RedisStateConfig, StateConfig } from './config.ts';
import { stateFailure } from './failure.ts';
import { initFileState, openFileState, readStateFile } from './file.ts';
import { memoryState } from './memory.ts';
import type { RedisSecrets } from './redis/session.ts';
import { initRedisState, openRedisState, type StateSummary, showRedisState } from './redis/store.ts';

/**
 * Opens the configured store; the one that memory is begins empty, any other must have been made by `initState`.
 *
 * @param folder against which relative paths are meant: the configuration's
 * @throws CodedError `state.*`; docs/state.md lists them
 */
export async function openState(config: StateConfig, folder: string): Promise<SharedState> {
  switch (config.store) {
    case 'memory':
      return memoryState(config);
    case 'file':
      return openFileState(resolve(folder, config.path), config);
    case 'redis':
      return openRedisState(config, () => readSecrets(config, folder));
  }
}

/**
 * Makes the configured store, new and empty.
 *
 * @param overwrite forgets the store that stands there
 * @returns the new store's id
 * @throws CodedError `state.exists` where something stands there and may not be overwritten; `state.nothing_to_keep` for memory; and others
 */
export async function initState(config: StateConfig, folder: string, overwrite: boolean): Promise<string> {
  switch (config.store) {
    case 'memory':
      throw nothingToKeep();
    case 'file':
      return initFileState(resolve(folder, config.path), { overwrite });
    case 'redis':
      return initRedisState(config, await readSecrets(config, folder), overwrite);
  }
}

/** Looks at the configured store without changing it, also while a service has it open. */
export async function showState(config: StateConfig, folder: string): Promise<StateSummary> {
  switch (config.store) {
    case 'memory':
      throw nothingToKeep();
    case 'file': {
      const { store, revision, entries } = await readStateFile(resolve(folder, config.path));
      return { store, revision, entries: entries.size };
    }
    case 'redis':
      return showRedisState(config, await readSecrets(config, folder));
  }
}

function nothingToKeep(): CodedError {
  return stateFailure(
    'nothing_to_keep',
    'The configuration keeps state in memory (state.store), where each process begins with nothing. Configure state.store: file or redis.',
  );
}

/** No password is longer, no set of authorities that a server needs larger. */
const MAX_SECRET_BYTES = 1024 * 1024;

async function readSecrets(config: RedisStateConfig, folder: string): Promise<RedisSecrets> {
  const [password, ca] = await Promise.all([
    config.password_file === undefined ? undefined : readSecret(resolve(folder, config.password_file), 'password_file'),
    config.ca_file === undefined ? undefined : readSecret(resolve(folder, config.ca_file), 'ca_file'),
  ]);
  return {
    ...(password === undefined ? {} : { password: password.replace(/\r?\n$/, '') }),
    ...(ca === undefined ? {} : { ca }),
  };
}

async function readSecret(path: string, setting: string): Promise<string> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readWhole(nodeFiles, path, MAX_SECRET_BYTES);
  } catch (cause) {
    throw unreadable(path, setting, codeOf(cause) ?? describeThrown(cause), cause);
  }
  if (bytes === undefined) throw unreadable(path, setting, 'ENOENT');
  const text = bytes.toString('utf8');
  if (text.trim() === '') throw unreadable(path, setting, 'it is empty');
  return text;
}

function unreadable(path: string, setting: string, why: string, cause?: unknown): CodedError {
  return stateFailure(
    'unreadable',
    `state.${setting} names ${path}, which cannot be read (${why}). Name a file that this user may read.`,
    { cause, detail: { path } },
  );
}
