// A replica for test/fault/marks.ts: does what it is told with the marks in the store that its arguments name, until it is killed.
import { stateConfig } from '../../src/state/config.ts';
import { openState } from '../../src/state/open.ts';
import { createFreshness } from '../../src/trust/freshness/freshness.ts';
import type { Command, Reply } from './marks-protocol.ts';

const [url = ''] = process.argv.slice(2);
const state = await openState(stateConfig.parse({ store: 'redis', url, timeout_ms: 1000 }), '/');
const { admit, marks } = createFreshness({ state, now: Date.now, onEvent: () => undefined });

// A parent that is gone tells nobody to stop.
process.on('disconnect', () => process.exit(1));
process.on('message', (command: Command) => {
  perform(command).then(
    (reply) => process.send?.(reply),
    () => process.send?.({ id: command.id, result: 'state_unavailable' }),
  );
});
process.send?.({ id: -1, result: 'ready' } satisfies Reply);

async function perform(command: Command): Promise<Reply> {
  const { id } = command;
  switch (command.do) {
    case 'admit': {
      const found = await admit(command.request);
      return { id, result: found.admitted ? 'admitted' : found.code };
    }
    case 'raise': {
      const { live } = await marks.read(command.log);
      const from = live === undefined ? undefined : { size: live.size.toString(), root: live.root };
      const to = { size: BigInt(command.to.size), root: command.to.root, time: Date.now() };
      const { raised, outcome } = await marks.raise(command.log, from, to);
      return { id, result: outcome.kind === 'distrusted' ? outcome.distrust.code : raised ? 'raised' : 'not_raised' };
    }
    case 'read': {
      const { live } = await marks.read(command.log);
      return { id, result: 'read', live: live === undefined ? 0 : Number(live.size) };
    }
  }
}
