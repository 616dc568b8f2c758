import { createTask } from 'node-cron';

/** Runs something by a cron expression, UTC; what it returns ends that. Injected, so that no test waits. */
export type CronSchedule = (expression: string, run: () => Promise<unknown>) => () => Promise<void>;

/** Milliseconds by which a run is put off at random, so that replicas do not ask a mirror all at once. */
const SPREAD_MS = 60_000;

/** node-cron's tasks, which do not keep the process alive. */
export const cronTasks: CronSchedule = (expression, run) => {
  const task = createTask(expression, run, {
    timezone: 'UTC',
    noOverlap: true,
    suppressMissedWarning: true,
    maxRandomDelay: SPREAD_MS,
    unref: true,
  });
  void task.start();
  return async () => {
    await task.destroy();
  };
};
