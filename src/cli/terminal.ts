import { styleText } from 'node:util';

/** What a command may do to the terminal: injected, so that tests read what users would. */
export type Terminal = {
  /** Writes to standard output; a result, never a diagnosis. */
  readonly out: (text: string) => void;
  /** Writes to standard error: progress, warnings, errors. */
  readonly err: (text: string) => void;
  /** Shows one line of progress in place of the one before, '' for none; absent where standard error is no terminal. */
  readonly progress?: (text: string) => void;
  /** Colours are on only where standard output is a terminal and NO_COLOR is not set. */
  readonly colour: boolean;
  /** How many characters a line holds; absent where nobody knows. */
  readonly columns?: number;
  /** The folder that relative paths on the command line are meant against. */
  readonly cwd: string;
  /** The password of a private key, where the environment gives one (EXEQUATUR_KEY_PASSWORD, else COSIGN_PASSWORD). */
  readonly keyPassword?: string;
  /** Asks for a line that is not shown; undefined when the user broke off. Absent where nobody sits at a terminal. */
  readonly askSecretly?: (question: string) => Promise<string | undefined>;
  /** Resolves when the user or the system asks the process to end (SIGINT, SIGTERM). */
  readonly interrupted: AbortSignal;
  /**
   * How the command ends: 0 only for success or a permit, 2 for everything else. Hooks of coding agents take any other code for
   * consent, so there is no third one. A command that throws ends with 2.
   */
  readonly setExit: (code: 0 | 2) => void;
};

type Style = Parameters<typeof styleText>[0];

/** The text in a style, or as it is where colours are off. */
export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.colour ? styleText(style, text, { validateStream: false }) : text;
}

/** The text with control characters made visible, a tab as two blanks: what a log or an agent says must not drive the operator's terminal. */
export function printable(text: string): string {
  return text.replaceAll('\t', '  ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return `\\u{${point.toString(16)}}`;
  });
}

/** JSON, on one line, that says the same and drives no terminal: what would is escaped as JSON escapes it. */
export function printableJson(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
