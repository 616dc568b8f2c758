// A thread for tests that does as its task says: echoes, hangs, dies, eats memory, lies.
import { parentPort } from 'node:worker_threads';
import { isJsonObject } from '../../../../src/model/json.ts';
import { isTask, READY } from '../../../../src/trust/worker/protocol.ts';

const port = parentPort;
if (port === null) throw new Error('this is the program of a thread');
let answered = 0;

port.on('message', (message: unknown) => {
  if (!isTask(message) || !isJsonObject(message.task)) throw new Error('no task');
  const { number, task } = message;
  const answer = () => port.postMessage({ number, answer: { echo: task, answered: answered++ } });
  switch (task.do) {
    case 'echo':
      return answer();
    case 'loop':
      for (;;);
    case 'backtrack':
      // What hung the real library: a pattern of the attacker's that never comes to an end.
      return void /^(a+)+$/.test(`${'a'.repeat(64)}!`);
    case 'throw':
      throw new Error('broken');
    case 'exit':
      return process.exit(0);
    case 'memory': {
      const held: string[][] = [];
      for (;;) held.push(Array.from({ length: 100_000 }, (_, index) => `${index}`));
    }
    case 'stack': {
      const deeper = (): number => deeper() + 1;
      return void deeper();
    }
    case 'wrong number':
      return port.postMessage({ number: number + 1, answer: 'for somebody else' });
    case 'no answer':
      return port.postMessage('what?');
    case 'twice':
      answer();
      return answer();
    case 'print':
      process.stdout.write('x'.repeat(1024 * 1024));
      process.stderr.write('x'.repeat(1024 * 1024));
      return answer();
    case 'environment':
      return port.postMessage({ number, answer: Object.keys(process.env) });
  }
});
port.postMessage(READY);
