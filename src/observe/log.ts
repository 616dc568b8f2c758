import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { z } from 'zod';
import { CodedError, codeOf } from '../errors.ts';

/** The configuration's `log`: what the service says of itself, as JSON lines on standard error. */
export const logConfig = z
  .strictObject({
    /** `debug`, `info`, `warn`, `error` or `silent`. Default `info`. */
    level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .prefault({});

export type LogConfig = z.infer<typeof logConfig>;

/** Structured logging: an event's name and its particulars. Never the place of a decision's record. */
export type Log = {
  readonly info: (event: string, detail?: Readonly<Record<string, unknown>>) => void;
  readonly warn: (event: string, detail?: Readonly<Record<string, unknown>>) => void;
  readonly error: (event: string, error: unknown, detail?: Readonly<Record<string, unknown>>) => void;
};

/** A log on standard error, or on the stream given. */
export function createLog(config: LogConfig, stream: DestinationStream = destination({ dest: 2, sync: true })): Log {
  const logger: Logger = pino(
    {
      level: config.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    stream,
  );
  return {
    info: (event, detail = {}) => logger.info(detail, event),
    warn: (event, detail = {}) => logger.warn(detail, event),
    error: (event, error, detail = {}) => logger.error({ ...detail, error: describe(error) }, event),
  };
}

/** An error with its chain of causes; what is thrown may be anything. */
function describe(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { thrown: String(error) };
  return {
    code: codeOf(error),
    message: error.message,
    ...(error instanceof CodedError && { detail: error.detail }),
    ...(!(error instanceof CodedError) && { stack: error.stack }),
    ...(error.cause !== undefined && depth < 5 && { cause: describe(error.cause, depth + 1) }),
  };
}
