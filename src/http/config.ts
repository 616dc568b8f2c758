import { z } from 'zod';

const host = z.string().min(1).max(253);
const port = z.int().min(0).max(65_535);

/** The configuration's `listen`: where decisions are served. Port 0 takes a free one. */
export const listenConfig = z.strictObject({ host: host.default('127.0.0.1'), port: port.default(8470) }).prefault({});

/** The configuration's `operations`: where health is served. It decides nothing. */
export const operationsConfig = z
  .strictObject({ host: host.default('127.0.0.1'), port: port.default(8471) })
  .prefault({});

/** The configuration's `limits`: bounds on what callers may send and hold. */
export const limitsConfig = z
  .strictObject({
    /** Bytes of a request's body. */
    body_bytes: z
      .int()
      .min(1024)
      .max(4 * 1024 * 1024)
      .default(262_144),
    /** Nesting of a request's body. */
    body_depth: z.int().min(8).max(256).default(64),
    /** Decisions under way at once; beyond, callers get 503 with Retry-After. */
    in_flight: z.int().min(1).max(100_000).default(512),
    /** Open connections; beyond, new ones are closed at once. Each may hold a body of `body_bytes` that is still arriving. */
    connections: z.int().min(1).max(100_000).default(1024),
    /** Milliseconds for a request's headers, and for the whole request, to arrive. */
    headers_ms: z.int().min(100).max(120_000).default(15_000),
    request_ms: z.int().min(100).max(300_000).default(30_000),
    /** Milliseconds after which an idle connection is closed. */
    keep_alive_ms: z.int().min(100).max(600_000).default(65_000),
    /** Milliseconds that a permit holds. */
    permit_ms: z.int().min(1000).max(3_600_000).default(60_000),
    /** Milliseconds for decisions under way to end when the service is asked to stop. */
    drain_ms: z.int().min(0).max(300_000).default(10_000),
  })
  .refine((limits) => limits.headers_ms <= limits.request_ms, {
    path: ['headers_ms'],
    message: 'must not exceed request_ms',
  })
  .prefault({});

export type ListenConfig = z.infer<typeof listenConfig>;
export type LimitsConfig = z.infer<typeof limitsConfig>;
