// 100,000 malformed requests over real sockets: no crash, no permit, no 500.
// Usage: node test/fault/fuzz.ts [REQUESTS] [SEED]
import { rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { randomOf } from '../random.ts';
import { shippedDigest } from '../shipped-tools.ts';
import { demonstrationFolder, startService } from './service-process.ts';

const requests = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const CLIENTS = 32;
const random = randomOf(seed);
console.log(`${requests} requests, seed ${seed}`);

/** A request that the shipped policies permit: whatever is made of it must not be permitted once it is malformed. */
const permitted = {
  subject: { type: 'agent', id: 'alice', properties: { team: 'core' } },
  action: { name: 'tools/call', properties: { arguments: { path: '/workspace/README.md' } } },
  resource: {
    type: 'tool',
    id: 'filesystem/read_text_file',
    properties: { note: 'é😀', digest: shippedDigest('filesystem', 'read_text_file') },
  },
  context: { session: 's1', call: 'c1', ticket: 'OPS-1', supported_obligations: ['x'] },
};
/** A request that they deny: whatever is made of it, malformed or not, must not be permitted. */
const denied = { ...permitted, subject: { type: 'agent', id: 'nobody' } };

type Sent = { body: Buffer; headers: Record<string, string>; malformed: boolean };
type Maker = () => Sent;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const pick = <T>(items: readonly T[]): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};
const malformed = (body: Buffer, headers: Record<string, string> = {}): Sent => ({ body, headers, malformed: true });
const strange = [null, true, 0, -1, '', [], [[]], {}, 'a'.repeat(2000), ['x'], { type: 1 }] as const;

/** Each makes a request that no honest client sends; all but the mutations of a denied one are malformed for sure. */
const makers: readonly Maker[] = [
  // Cut anywhere.
  () => {
    const body = json(permitted);
    return malformed(body.subarray(0, Math.floor(random() * body.length)));
  },
  // A byte that JSON has nowhere outside strings, or that UTF-8 has nowhere at all.
  () => {
    const body = json(permitted);
    const at = Math.floor(random() * body.length);
    return malformed(
      Buffer.concat([body.subarray(0, at), Buffer.of(pick([0x00, 0xff, 0xc0, 0x1f])), body.subarray(at)]),
    );
  },
  // A required member gone, or of another type.
  () => {
    const entity = pick(['subject', 'action', 'resource'] as const);
    if (random() < 0.3) return malformed(json({ ...permitted, [entity]: pick(strange) }));
    const name = entity === 'action' ? 'name' : pick(['type', 'id']);
    const value = random() < 0.5 ? undefined : pick(strange);
    return malformed(json({ ...permitted, [entity]: { ...permitted[entity], [name]: value === 'x' ? null : value } }));
  },
  // A reserved member of the context of another type.
  () =>
    malformed(
      json({
        ...permitted,
        context: { ...permitted.context, [pick(['session', 'call', 'plan'])]: pick([1, [], true, '']) },
      }),
    ),
  // Duplicate members, also written differently.
  () => {
    const again = pick(['"subject":{"type":"agent","id":"alice"}', '"\\u0073ubject":{}', '"context":{}']);
    return malformed(Buffer.from(`{${again},${JSON.stringify(permitted).slice(1)}`));
  },
  // Half surrogates, numbers that lose digits, control characters, depth, size.
  () => {
    const value = pick([
      '"\\ud800"',
      '"\\udfff x"',
      '9007199254740993',
      '1e999',
      '-1e400',
      '"\u0001"',
      '01',
      '.5',
      '+1',
      'NaN',
      "'x'",
      '[1,]',
      '{"a":1,}',
      '//x',
      '"\\x"',
    ]);
    return malformed(Buffer.from(JSON.stringify(permitted).replace('"core"', value)));
  },
  () =>
    malformed(
      Buffer.from(JSON.stringify(permitted).replace('"core"', `${'['.repeat(65 + Math.floor(random() * 5000))}`)),
    ),
  () =>
    malformed(Buffer.from(JSON.stringify(permitted).replace('"core"', `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`))),
  // Another content type, another encoding, request ids that cannot be echoed.
  () =>
    malformed(json(permitted), {
      'Content-Type': pick([
        'text/plain',
        'application/xml',
        'application/jsonp',
        'application/json; charset=latin1',
        '',
      ]),
    }),
  () => malformed(json(permitted), { 'Content-Encoding': pick(['gzip', 'br', 'deflate', 'x']) }),
  () => malformed(json(permitted), { 'X-Request-ID': pick(['a b', 'x'.repeat(300), 'ü']) }),
  // Nothing, or something else altogether.
  () =>
    malformed(
      pick([
        Buffer.alloc(0),
        Buffer.from('null'),
        Buffer.from('[]'),
        Buffer.from('"x"'),
        Buffer.from('\ufeff{}'),
        json([permitted]),
      ]),
    ),
  // Noise on a denied request: it may stay well-formed, but never becomes a permit.
  () => {
    const body = Buffer.from(json(denied));
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--)
      body[Math.floor(random() * body.length)] = Math.floor(random() * 256);
    return { body, headers: {}, malformed: false };
  },
  () => {
    const body = JSON.stringify({
      ...denied,
      [pick(['facts', '__proto__', 'constructor', 'decision', 'context'])]: {
        permit: true,
        decision: true,
        principal: { roles: ['developer'] },
      },
    });
    return { body: Buffer.from(body), headers: {}, malformed: false };
  },
];

const { folder, config } = demonstrationFolder();
const service = await startService(config);
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const seen = new Map<string, number>();
const wrong: string[] = [];
let sent = 0;
const good = await send({ body: json(permitted), headers: {}, malformed: false });
if (!/"decision":true/.test(good.text)) throw new Error(`the untouched request is not permitted: ${good.text}`);

await Promise.all(
  Array.from({ length: CLIENTS }, async () => {
    while (sent < requests) {
      sent++;
      if (sent % 20_000 === 0) console.log(`${sent} sent`);
      const one = pick(makers)();
      judge(one, await send(one));
    }
  }),
);
for (let count = 0; count < 200; count++) await rawNoise();

const after = await send({ body: json(permitted), headers: {}, malformed: false });
if (!/"decision":true/.test(after.text)) wrong.push(`the untouched request is not permitted any more: ${after.text}`);
agent.destroy();
const code = await service.end('SIGTERM');
if (code !== 0) wrong.push(`the service ended with ${code}: ${service.stderr()}`);
console.log(
  `answers: ${[...seen]
    .sort()
    .map(([status, count]) => `${status} × ${count}`)
    .join(', ')}; and 200 connections of noise`,
);
for (const line of wrong.slice(0, 20)) console.log(`WRONG ${line}`);
console.log(`${sent} malformed requests: ${wrong.length} answered wrongly`);
rmSync(folder, { recursive: true });
process.exit(wrong.length === 0 ? 0 : 1);

function judge(one: Sent, { status, text }: { status: number; text: string }): void {
  seen.set(String(status), (seen.get(String(status)) ?? 0) + 1);
  const permit = /"decision"\s*:\s*true/.test(text);
  const expected = one.malformed ? status === 400 : status === 200 || status === 400;
  if (permit || !expected)
    wrong.push(
      `${status} ${text.slice(0, 200)} for ${JSON.stringify(one.headers)} ${one.body.toString('latin1').slice(0, 300)}`,
    );
}

function send({ body, headers }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${service.decisions}/access/v1/evaluation`,
      {
        agent,
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Content-Length': body.length, ...latin1(headers) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What is no HTTP at all; the connection may be answered or closed, the service goes on. */
function rawNoise(): Promise<void> {
  const { hostname, port } = new URL(service.decisions);
  const noise = pick([
    'GET / HTTP/9.9\r\n\r\n',
    'POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n',
    `POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`,
    'POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n',
    'POST /access/v1/evaluation HTTP/1.1\r\n\r\n',
    Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256))),
  ]);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end(noise));
    socket.on('data', (data) => {
      if (/"decision":true/.test(data.toString('latin1'))) wrong.push(`a permit for noise: ${data.toString('latin1')}`);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

function latin1(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]),
  );
}
