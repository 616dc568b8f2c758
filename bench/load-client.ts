// A closed-loop HTTP/1.1 client over bare sockets, in a process of its own: N connections, each sends its next request when the
// answer to the last is there. Lean on purpose: it must need less processor time than the service that it measures.
// Usage: node bench/load-client.ts URL CONNECTIONS MILLISECONDS < BODY; prints one line of JSON.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const url = new URL(process.argv[2] ?? '');
const connections = Number(process.argv[3]);
const milliseconds = Number(process.argv[4]);
const body = readFileSync(0);
const request = Buffer.concat([
  Buffer.from(
    `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  ),
  body,
]);
/** Microseconds, one for each answer. */
const latencies: number[] = [];
const statuses = new Map<string, number>();
let permits = 0;
let measuring = false;
const started = performance.now();
const WARM_UP = Math.min(2000, milliseconds / 2);

await Promise.all(Array.from({ length: connections }, drive));
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
console.log(
  JSON.stringify({
    perSecond: Math.round((latencies.length * 1000) / milliseconds),
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    answers: latencies.length,
    permits,
    statuses: Object.fromEntries(statuses),
  }),
);

function drive(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    socket.setNoDelay(true);
    let sentAt = 0;
    let pending = '';
    const send = () => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? Number.NaN);
      if (pending.length < end + 4 + length) return;
      const now = performance.now();
      measuring ||= now - started > WARM_UP;
      if (measuring) {
        latencies.push(Math.round((now - sentAt) * 1000));
        const status = pending.slice(9, 12);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (pending.includes('"decision":true')) permits++;
      }
      pending = '';
      if (now - started > WARM_UP + milliseconds) socket.end();
      else send();
    });
  });
}
