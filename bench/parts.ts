// What the parts of one decision cost: median microseconds, each by itself, the disk left out.
// Usage: node bench/parts.ts
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { composeLine } from '../src/audit/line.ts';
import { saltPool } from '../src/audit/salt.ts';
import { activatePolicy, loadOffline } from '../src/compose.ts';
import { demonstrationFile, readConfig } from '../src/config.ts';
import { createIds } from '../src/decision/decision-id.ts';
import { gatherFacts } from '../src/decision/facts.ts';
import { decisionRecord } from '../src/decision/record.ts';
import { evaluationAnswer } from '../src/http/answer.ts';
import { createIdentify } from '../src/identity/identify.ts';
import { bindingHash } from '../src/model/binding.ts';
import { sha256 } from '../src/model/digest.ts';
import { parseEvaluationRequest } from '../src/model/parse-request.ts';
import { parseStrictJson } from '../src/model/strict-json.ts';

const config = readConfig(demonstrationFile());
const sources = await loadOffline(config);
const policy = await activatePolicy(config);
const newId = createIds(randomBytes);
const body = readFileSync(new URL('./request.json', import.meta.url));
const time = Date.now();
const request = parseEvaluationRequest(parseStrictJson(body));
const identify = createIdentify(config.authentication);
const identified = identify(request.subject, { remoteAddress: '127.0.0.1', host: '127.0.0.1' });
const { facts } = await gatherFacts(request, identified, time, sources);
const { subject, action, resource, context } = request;
const input = { subject, action, resource, context, facts };
const { verdict } = policy.evaluate(input);
const digest = sha256('');
const deployment = { engine: { version: '0', opa: '0' }, catalogue: () => ({ digest }), trust: () => ({ digest }) };
const id = newId(time);
const expiresAt = new Date(time).toISOString();
const parts = {
  id,
  facts,
  request,
  verdict,
  policy: policy.identity,
  bindingHash: bindingHash(request),
  expiresAt,
  latencyUs: 100,
  trace: {},
  deployment,
};
const draft = decisionRecord(parts);
const salt = saltPool(randomBytes);
const place = { index: 41, previous: null };
const who = { instance: 'exequatur', tenant: 'default' };
const line = composeLine(draft, draft.payload, salt, place, who);
const decision = {
  id,
  time: facts.time,
  verdict,
  policy: policy.identity,
  expiresAt,
  bindingHash: parts.bindingHash,
  audit: { origin: 'exequatur/exequatur', index: 41 },
};

console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}; body ${body.length} bytes, input ${JSON.stringify(input).length}, record and payload ${line.bytes}`,
);
console.log(`the verdict is ${verdict.permit ? 'a permit' : 'a denial'}`);
console.log('median µs  part');
measure('parse the body strictly', () => parseStrictJson(body));
const value = parseStrictJson(body);
measure('parse the request', () => parseEvaluationRequest(value));
measure('gather the facts (catalogue, arguments against their schema, environment)', () =>
  gatherFacts(request, identified, time, sources),
);
measure('evaluate the policy', () => policy.evaluate(input));
measure('binding hash', () => bindingHash(request));
measure('id', () => newId(time));
measure('compose the record (RFC 8785, SHA-256)', () =>
  composeLine(decisionRecord(parts), draft.payload, salt, place, who),
);
await sources.close();
measure('write the answer', () => JSON.stringify(evaluationAnswer(decision)));

function measure(part: string, run: () => unknown): void {
  const BATCH = 100;
  for (let count = 0; count < 5000; count++) run();
  const times: number[] = [];
  for (let batch = 0; batch < 100; batch++) {
    const from = performance.now();
    for (let count = 0; count < BATCH; count++) run();
    times.push(((performance.now() - from) * 1000) / BATCH);
  }
  times.sort((a, b) => a - b);
  console.log(`${(times[50] ?? Number.NaN).toFixed(1).padStart(9)}  ${part}`);
}
