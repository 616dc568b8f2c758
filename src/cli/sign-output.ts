import { type BigIntStats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readBounded } from '../durable/bounded-read.ts';
import { CodedError } from '../errors.ts';
import { BUNDLE_LIMITS } from '../trust/bundle/limits.ts';
import { parseBundle } from '../trust/bundle/parse-bundle.ts';
import { printable } from './terminal.ts';

/** A file that a command reads, named on its command line: what it is, and its path. */
export type NamedInput = { readonly what: string; readonly path: string };

/** The files that a command line names, by what they are; those that it does not name are left out. */
export function inputsAt(named: Readonly<Record<string, string | undefined>>, cwd: string): readonly NamedInput[] {
  return Object.entries(named).flatMap(([what, path]) =>
    path === undefined ? [] : [{ what, path: resolve(cwd, path) }],
  );
}

/**
 * Refuses to write a bundle over a file that is read, by whatever path or link it is named, and with `force` over anything else than a
 * bundle: a key that was replaced is gone. Looked at before a password is asked for.
 *
 * @throws CodedError `sign.output_is_input`, `sign.output_not_bundle`
 */
export function checkOutput(path: string, inputs: readonly NamedInput[], force: boolean): void {
  const there = statOf(path);
  if (there === undefined) return;
  for (const input of inputs) {
    if (!isSame(there, statOf(input.path))) continue;
    throw new CodedError(
      'sign.output_is_input',
      `${printable(path)} is ${input.what} itself; name another --output for the bundle`,
    );
  }
  if (force && !holdsBundle(path)) {
    throw new CodedError(
      'sign.output_not_bundle',
      `${printable(path)} holds something else than a bundle, and --force replaces bundles alone; name another --output, or remove the file yourself`,
    );
  }
}

/** Undefined where nothing is, or nothing can be known: then the file cannot be written either. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function isSame(one: BigIntStats, other: BigIntStats | undefined): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}

function holdsBundle(path: string): boolean {
  const read = readBounded(path, BUNDLE_LIMITS.bytes);
  if (!('bytes' in read)) return false;
  try {
    parseBundle(read.bytes, { allowCosignLegacy: true });
    return true;
  } catch {
    return false;
  }
}
