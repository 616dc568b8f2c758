// Runs as a process of its own: reads one request from standard input, answers on standard output, ends. See child.ts.
import { readFileSync, writeSync } from 'node:fs';
import { isJsonObject, type Json } from '../../model/json.ts';
import { startOpa } from './instance.ts';
import { opaModule } from './module.ts';
import { systemHost } from './wasi.ts';

/** The same bytes each time: what is built must not hang on how Go shuffles its maps. */
function repeatable(): (bytes: Uint8Array) => void {
  let state = 0x2545f491;
  return (bytes) => {
    for (let index = 0; index < bytes.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[index] = state & 0xff;
    }
  };
}

function answer(request: Json): Json {
  if (!isJsonObject(request)) throw new TypeError('the request is no object');
  const { requests, megabytes } = request;
  if (!Array.isArray(requests) || typeof megabytes !== 'number') throw new TypeError('the request is incomplete');
  const opa = startOpa(opaModule(megabytes), { host: { ...systemHost, random: repeatable() } });
  const answers: Json[] = [];
  for (const one of requests) {
    try {
      const { kind, text } = opa.operate(JSON.stringify(one));
      if (kind !== 'value') return { trap: text };
      answers.push(JSON.parse(text));
    } catch (thrown) {
      return { trap: `${thrown}: ${opa.captured().split('\n', 1)[0]}` };
    }
  }
  return { answers };
}

const bytes = Buffer.from(JSON.stringify(answer(JSON.parse(readFileSync(0, 'utf8')))));
for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written);
