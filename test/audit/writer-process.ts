import { randomBytes } from 'node:crypto';
import { auditConfig } from '../../src/audit/config.ts';
import { openAuditLog } from '../../src/audit/log.ts';
import { timers } from '../../src/durable/schedule.ts';
import { codeOf } from '../../src/errors.ts';
import { draft } from './open-log.ts';

/**
 * A process of its own that opens the log in the folder given, says `ready` or the code of the error, and then appends from so many
 * writers until it is killed, saying each id once it is acknowledged. With 0 writers it only holds the log.
 */
const [folder = '', prefix = 'r', writers = '0'] = process.argv.slice(2);

async function run(): Promise<void> {
  const log = await openAuditLog({
    ...auditConfig.parse({ segment: { max_bytes: 1024 * 1024 } }),
    folder,
    instance: 'child',
    tenant: 'default',
    randomBytes,
    schedule: timers,
    onEvent: () => undefined,
  });
  process.stdout.write('ready\n');
  // A lock alone keeps no process alive.
  setInterval(() => undefined, 60_000);
  const writer = async (name: string): Promise<never> => {
    for (let n = 0; ; n += 1) {
      const id = `${prefix}-${name}-${n}`;
      await log.append(draft(id));
      process.stdout.write(`${id}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(writers) }, (_, number) => writer(String(number))));
}

run().catch((error: unknown) => {
  process.stdout.write(`${codeOf(error) ?? 'unknown'}\n`);
  process.exitCode = 2;
});
