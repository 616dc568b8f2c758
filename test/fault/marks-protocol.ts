import type { LogName, TreeHead } from '../../src/trust/freshness/event.ts';
import type { AdmissionRequest } from '../../src/trust/freshness/freshness.ts';

/** What a replica is told to do. */
export type Command =
  | { readonly id: number; readonly do: 'admit'; readonly request: AdmissionRequest }
  | { readonly id: number; readonly do: 'raise'; readonly log: LogName; readonly to: TreeHead }
  | { readonly id: number; readonly do: 'read'; readonly log: LogName };

/** How it went: `admitted`, `raised`, `not_raised`, `read`, `ready`, or the code of a refusal. */
export type Reply = { readonly id: number; readonly result: string; readonly live?: number };
