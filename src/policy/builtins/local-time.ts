import type { BuiltinContext, Builtins } from './answer.ts';

/** 1973-01-01 and 2200-01-01: in between, no zone of OPA's data changes but at a full minute of UTC, and no offset has odd seconds. */
const FIRST_SECOND = 94_694_400;
const LAST_SECOND = 7_258_118_400;
const MAX_ZONES = 64;
const MAX_MINUTES = 256;
const ZONE = /^[A-Za-z0-9_+\-/]{1,64}$/;

/**
 * What the distance of a place from UTC was. OPA's own time zone data answer, once per zone and minute; Node's are of another year
 * and would decide differently.
 */
export class Offsets {
  private readonly opa: Builtins;
  private readonly zones = new Map<string, Map<number, number>>();

  constructor(opa: Builtins) {
    this.opa = opa;
  }

  /** Undefined where only OPA knows: early and late times, unknown zones, the machine's own (`Local`). */
  at(zone: string, seconds: number, context: BuiltinContext): number | undefined {
    if (!(seconds >= FIRST_SECOND && seconds < LAST_SECOND)) return undefined;
    if (zone === 'UTC' || zone === '') return 0;
    const minute = Math.floor(seconds / 60);
    const known = this.zones.get(zone)?.get(minute);
    if (known !== undefined) return known;
    if (zone === 'Local' || !ZONE.test(zone)) return undefined;
    const offset = this.ask(zone, minute * 60, context);
    if (offset !== undefined) this.keep(zone, minute, offset);
    return offset;
  }

  private ask(zone: string, seconds: number, context: BuiltinContext): number | undefined {
    const operand = [`[${seconds}000000000,"${zone}","2006-01-02T15:04:05"]`];
    const answer = this.opa.call('time.format', operand, context);
    if (answer.kind !== 'value') return undefined;
    const local = Date.parse(`${answer.text.slice(1, -1)}Z`) / 1000;
    const offset = local - seconds;
    return Number.isInteger(offset) && Math.abs(offset) < 86_400 * 2 ? offset : undefined;
  }

  /** Bounded, the oldest out first: who writes policies or replays years of records does not fill the memory. */
  private keep(zone: string, minute: number, offset: number): void {
    let minutes = this.zones.get(zone);
    if (minutes === undefined) {
      if (this.zones.size >= MAX_ZONES) dropOldest(this.zones);
      minutes = new Map();
      this.zones.set(zone, minutes);
    }
    if (minutes.size >= MAX_MINUTES) dropOldest(minutes);
    minutes.set(minute, offset);
  }
}

function dropOldest<K>(map: Map<K, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
