import assert from 'node:assert/strict';
import { cronExpression } from '../../src/durable/cron.ts';

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
