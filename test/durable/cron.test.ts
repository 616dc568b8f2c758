import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { cronExpression, cronTasks } from '../../src/durable/cron.ts';

describe('a cron expression in a configuration', () => {
  for (const expression of ['*/15 * * * *', '17 */6 * * *', '0 * * * *', '30 */5 * * * *', '* * * * *']) {
    it(`accepts ${expression}`, () => {
      assert.equal(cronExpression.parse(expression), expression);
    });
  }

  for (const expression of ['* * * * * *', '*/20 * * * * *', '0,30 * * * * *']) {
    it(`refuses ${expression}, which runs several times a minute`, () => {
      const { success, error } = cronExpression.safeParse(expression);
      assert.equal(success, false);
      assert.match(error?.issues[0]?.message ?? '', /several times a minute/);
    });
  }

  for (const expression of ['', 'hourly', '61 * * * *', '* * *', `${'1,'.repeat(100)}1 * * * *`]) {
    it(`refuses ${JSON.stringify(expression.slice(0, 20))}, which is none`, () => {
      assert.equal(cronExpression.safeParse(expression).success, false);
    });
  }
});

describe('a task by a cron expression', () => {
  const MINUTE = 60_000;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 10, 22) });
    mock.method(Math, 'random', () => 0);
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
  });

  /** Lets this much time go by, a second at a time, and what waits for it go on. */
  async function pass(milliseconds: number): Promise<void> {
    for (let gone = 0; gone < milliseconds; gone += 1000) {
      mock.timers.tick(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('passes over what falls into a run that goes on, and says nothing: the lines of the log are JSON', async () => {
    const written: unknown[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      mock.method(stream, 'write', (text: unknown) => written.push(text));
    }
    for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      mock.method(console, name, (text: unknown) => written.push(text));
    }
    const running = Promise.withResolvers<void>();
    let runs = 0;
    const end = cronTasks('* * * * *', () => {
      runs += 1;
      return running.promise;
    });
    await pass(3 * MINUTE);
    assert.equal(runs, 1);
    running.resolve();
    await pass(MINUTE);
    await end();
    mock.restoreAll();
    assert.deepEqual([runs, written], [2, []]);
  });

  it('lets what a run throws against its word end the process, as any other defect does', async () => {
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught: unknown[] = [];
    process.on('uncaughtException', (error) => caught.push(error));
    const defect = new Error('a defect');
    try {
      const end = cronTasks('* * * * *', () => Promise.reject(defect));
      await pass(MINUTE);
      await end();
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
    assert.deepEqual(caught, [defect]);
  });
});
