import { codeOf, describeThrown } from '../../src/errors.ts';
import { PASSING_PREFIX, type SharedState } from '../../src/model/shared-state.ts';
import { stateConfig } from '../../src/state/config.ts';
import { openState } from '../../src/state/open.ts';

/**
 * A process of its own that opens the store of the configuration given (as JSON), and raises shared keys until it is killed. It says
 * `saw KEY REVISION VALUE` of what it read, `ack KEY REVISION VALUE` of what was confirmed to it, and `error CODE`. Now and then it writes a
 * key of its own that passes, once, and removes what passes of any process: `gone KEY`.
 */
const [configText = '', folder = '', name = '', keys = '1'] = process.argv.slice(2);

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

async function run(): Promise<void> {
  const state = await openState(stateConfig.parse(JSON.parse(configText)), folder);
  say('ready');
  const writer = async (lane: number): Promise<never> => {
    for (let n = lane; ; n += 1) {
      const key = `key-${n % Number(keys)}`;
      const value = `${name}-${lane}-${n}`;
      try {
        const entry = await state.read(key);
        if (entry !== undefined) say(`saw ${key} ${entry.revision} ${entry.value}`);
        const revision = entry?.revision ?? 0;
        if (await state.compareAndSet(key, revision, value)) say(`ack ${key} ${revision + 1} ${value}`);
        if (n % 4 === 0) {
          await state.compareAndSet(`${PASSING_PREFIX}${value}`, 0, value);
          await removeSome(state);
        }
      } catch (error) {
        say(`error ${codeOf(error) ?? describeThrown(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, (_, lane) => writer(lane)));
}

/** Others remove the same at the same time: one of them is told that it did. */
async function removeSome(state: SharedState): Promise<void> {
  for (const key of await state.list(PASSING_PREFIX, 3)) {
    const entry = await state.read(key);
    if (entry !== undefined && (await state.remove(key, entry.revision))) say(`gone ${key}`);
  }
}

run().catch((error: unknown) => {
  say(`error ${codeOf(error) ?? describeThrown(error)}`);
  process.exitCode = 2;
});
