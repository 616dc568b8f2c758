import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * Asks at a terminal for one line that is not shown while it is typed. The question goes to standard error: standard output is for results.
 *
 * @returns the line without its end; undefined when the user broke off (control-C, or the end of the input)
 */
export function askSecretly(
  question: string,
  input: NodeJS.ReadableStream,
  errors: NodeJS.WritableStream,
): Promise<string | undefined> {
  // readline repeats what is typed to its output, which is nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  errors.write(question);
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      errors.write('\n');
      resolve(undefined);
    });
  });
}
