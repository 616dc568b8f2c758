// Decides every example with the shipped bundle and prints a table; ends with 2 where an answer is not the expected one.
import { readdirSync } from 'node:fs';
import { styleText } from 'node:util';
import { activatePolicy, loadOffline } from '../src/compose.ts';
import { demonstrationFile, readConfig } from '../src/config.ts';
import { type Example, evaluateExample, readExample } from './examples.ts';

const folder = new URL('../examples/', import.meta.url);
const config = readConfig(demonstrationFile());
const sources = await loadOffline(config);
const policy = await activatePolicy(config);
const examples: Example[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => readExample(new URL(name, folder)));

const style = (format: Parameters<typeof styleText>[0], text: string) =>
  styleText(format, text, { stream: process.stdout });
let surprises = 0;
const wide = Math.max(...examples.map(({ request }) => request.resource.id.length));
const who = Math.max(...examples.map(({ request }) => request.subject.id.length));
console.log(`policy ${policy.identity.revision} ${policy.identity.digest}\n`);
for (const example of examples) {
  const { verdict } = await evaluateExample(example, sources, policy.evaluate);
  const asExpected = verdict.permit === example.expect.decision;
  if (!asExpected) surprises++;
  const { request } = example;
  console.log(
    [
      verdict.permit ? style('green', 'PERMIT') : style('red', 'DENY  '),
      request.subject.id.padEnd(who),
      request.resource.id.padEnd(wide),
      example.time,
      asExpected ? '' : style('yellow', 'UNEXPECTED '),
    ].join('  ') + example.description,
  );
  for (const { code, message } of verdict.reasons) console.log(style('gray', `        ${code}: ${message}`));
}
await sources.close();
console.log(`\n${examples.length} examples, ${examples.length - surprises} as expected`);
process.exitCode = surprises === 0 ? 0 : 2;
