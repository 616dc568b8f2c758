import { paint, printable, printableJson, type Terminal } from './terminal.ts';

/** What was signed, by name: `bundle` is where the bundle was written. */
export type Signed = Readonly<Record<string, string>> & { readonly bundle: string };

/** Tells what was signed and written, as lines or as one JSON object. */
export function reportSigned(signed: Signed, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(`${printableJson(JSON.stringify({ signed }))}\n`);
    return;
  }
  terminal.out(`${paint(terminal, 'green', 'signed')} ${printable(signed.bundle)}\n`);
  for (const [name, value] of Object.entries(signed)) {
    if (name !== 'bundle') terminal.out(`  ${name.replaceAll('_', ' ').padEnd(14)} ${printable(value)}\n`);
  }
}
