// Signed catalogues of 10 and of 100,000 tools, each with a schema of its own: how long loading takes, how long it keeps the event loop from
// anything else, and what a look-up costs then.
// Usage: node bench/catalogue.ts [TOOLS]
import { cpus } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadOffline } from '../src/compose.ts';
import { readConfig } from '../src/config.ts';
import { catalogueOf, deploy, digestOfDefinition, SIGNERS, toolDefinition } from '../test/e2e/deployment.ts';

const most = Number(process.argv[2] ?? 100_000);
const PER_DOCUMENT = 10_000;

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}`);
for (const count of [10, most]) await measure(count);

async function measure(count: number): Promise<void> {
  const place = deploy(SIGNERS);
  for (let first = 0; first < count; first += PER_DOCUMENT) {
    const here = Math.min(PER_DOCUMENT, count - first);
    const tools = Object.fromEntries(
      Array.from({ length: here }, (_, index) => {
        const name = nameOf(first + index);
        return [name, { effect: 'read' as const, definition: definitionOf(name) }];
      }),
    );
    const id = `catalogue-${first}`;
    place.put('catalogue', id, catalogueOf({ [`server-of-${letters(first)}`]: tools }, { id }), 'release');
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const from = performance.now();
  await using sources = await loadOffline(readConfig(place.config));
  const took = performance.now() - from;
  delay.disable();
  const id = `server-of-${letters(0)}/${nameOf(0)}`;
  const digest = digestOfDefinition(definitionOf(nameOf(0)));
  const resource = { type: 'tool', id, properties: { digest } };
  const args = { path: 'a' };
  const now = Date.now();
  const known = sources.lookUpTool(resource, args, now);
  if (!known.known || known.drift !== 'none')
    throw new Error(JSON.stringify([known, sources.catalogue.idle()[0]?.message]));
  const times: number[] = [];
  for (let batch = 0; batch < 50; batch += 1) {
    const began = performance.now();
    for (let call = 0; call < 1000; call += 1) sources.lookUpTool(resource, args, now);
    times.push(performance.now() - began);
  }
  times.sort((one, other) => one - other);
  const listed = sources.catalogue
    .active()
    .reduce((sum, { content }) => sum + (content.servers[0]?.tools.length ?? 0), 0);
  console.log(
    `${String(listed).padStart(7)} tools: loaded in ${took.toFixed(0)} ms, the event loop held for ${(delay.max / 1e6).toFixed(0)} ms at most; look-up ${((times[25] ?? 0) * 1000).toFixed(0)} ns; ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB resident`,
  );
  place.remove();
}

/** Names that nobody takes for one another. */
function nameOf(index: number): string {
  return `tool_${letters(index)}`;
}

function letters(index: number): string {
  return [...String(index)].map((digit) => 'abcdefghjk'[Number(digit)]).join('');
}

function definitionOf(name: string) {
  return toolDefinition(name, {
    inputSchema: {
      type: 'object',
      properties: { path: { type: 'string', description: `What ${name} reads.` }, [name]: { type: 'integer' } },
    },
  });
}
