import assert from 'node:assert/strict';
import { Command } from 'commander';
import { addCatalogueDiff } from '../../src/cli/catalogue-diff.ts';
import { addCatalogueImport } from '../../src/cli/catalogue-import.ts';
import type { ImportTerminal } from '../../src/cli/mcp-server.ts';
import { CodedError } from '../../src/errors.ts';

/** What a run of `catalogue import` or `catalogue diff` came to; `error` where it threw. */
export type Ran = {
  readonly out: string;
  readonly err: string;
  readonly exit: number | undefined;
  readonly error?: CodedError;
};

/** Runs one of the two commands, with the environment that the tests themselves run in. */
export async function runCatalogue(
  cwd: string,
  words: readonly string[],
  terminal: Partial<ImportTerminal> = {},
): Promise<Ran> {
  let [out, err] = ['', ''];
  let exit: number | undefined;
  const catalogue = new Command('catalogue').exitOverride().configureOutput({ writeErr: () => undefined });
  const whole: ImportTerminal = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour: false,
    cwd,
    environment: process.env,
    interrupted: new AbortController().signal,
    setExit: (code) => {
      exit = code;
    },
    ...terminal,
  };
  addCatalogueImport(catalogue, whole);
  addCatalogueDiff(catalogue, whole);
  try {
    await catalogue.parseAsync([...words], { from: 'user' });
    return { out, err, exit };
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(exit, undefined, 'a command that throws has not said how it ended');
    return { out, err, exit, error };
  }
}
