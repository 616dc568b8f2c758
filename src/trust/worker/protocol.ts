import { isJsonObject } from '../../model/json.ts';

// What a pool and its threads say to one another. A thread first says READY, then answers each task under its number.

/** Says that a thread's code is loaded: from then on its deadline counts. */
export const READY = 'ready';

/** To a thread. */
export type TaskMessage = { readonly number: number; readonly task: unknown };

/** From a thread. */
export type AnswerMessage = { readonly number: number; readonly answer: unknown };

/** True for a thread's first word. */
export function isReady(message: unknown): boolean {
  return message === READY;
}

/** True for the form of an answer; what it holds is for whoever asked to check. */
export function isAnswer(message: unknown): message is AnswerMessage {
  return isJsonObject(message) && typeof message.number === 'number' && 'answer' in message;
}

/** True for the form of a task. */
export function isTask(message: unknown): message is TaskMessage {
  return isJsonObject(message) && typeof message.number === 'number' && 'task' in message;
}
