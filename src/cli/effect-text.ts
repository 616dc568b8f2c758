import type { Effect } from '../model/facts.ts';
import { paint, type Terminal } from './terminal.ts';

const STYLES = { read: 'green', write: 'yellow', destructive: 'red' } as const;

/** An effect in its colour, as wide as the longest of them. */
export function paintEffect(effect: Effect, terminal: Terminal): string {
  return paint(terminal, STYLES[effect], effect.padEnd('destructive'.length));
}
