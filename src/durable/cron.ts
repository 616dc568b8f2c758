import { createTask, validateDetailed } from 'node-cron';
import { z } from 'zod';

/** Runs something that never throws by a cron expression, UTC; what it returns ends that. Injected, so that no test waits. */
export type CronSchedule = (expression: string, run: () => Promise<unknown>) => () => Promise<void>;

/**
 * A cron expression in a configuration, read in UTC: five fields, or six with seconds first; once a minute at most. Each run is put
 * off by up to a minute at random, so that seconds would promise what does not happen.
 */
export const cronExpression = z
  .string()
  .max(200)
  .superRefine((expression, context) => {
    const { valid, fields, errors } = validateDetailed(expression);
    if (!valid) {
      const what = errors.map((error) => error.message).join('; ');
      context.addIssue({
        code: 'custom',
        message: `is no cron expression (${what.slice(0, 200)}); write one such as "17 */6 * * *", every six hours`,
      });
    } else if ((fields?.second.length ?? 0) > 1) {
      context.addIssue({
        code: 'custom',
        message: 'runs several times a minute, which is too often; name one second, or leave seconds out',
      });
    }
  });

/** Milliseconds by which a run is put off at random, so that replicas do not ask a mirror, a log or the state all at once. */
const SPREAD_MS = 60_000;

/**
 * What node-cron would write to standard error, whose lines are JSON. That a run is passed over while the one before goes on is meant.
 * What a run reports it reports itself; an error that comes out of it after all is a defect, and ends the process as any other does.
 */
const logger = {
  info: () => undefined,
  warn: () => undefined,
  debug: () => undefined,
  error: (message: string | Error, cause?: Error) =>
    queueMicrotask(() => {
      throw cause ?? (message instanceof Error ? message : new Error(message));
    }),
};

/** node-cron's tasks, which do not keep the process alive and write nothing. */
export const cronTasks: CronSchedule = (expression, run) => {
  const task = createTask(expression, run, {
    timezone: 'UTC',
    noOverlap: true,
    suppressMissedWarning: true,
    maxRandomDelay: SPREAD_MS,
    unref: true,
    logger,
  });
  void task.start();
  return async () => {
    await task.destroy();
  };
};
