import { expect, test } from 'vitest';
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { Threads } from './threads.ts';

/** A thread that answers with the square, complains of words and dies of nothing. */
const DIAGNOSTICS = [error('disk/full', { what: 'no number', help: 'give one' })];
const MODULE = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { parentPort, threadId } from 'node:worker_threads';
  parentPort.on('message', (request) => {
    if (request === undefined) throw new Error('gone');
    const diagnostics = ${JSON.stringify(DIAGNOSTICS)};
    if (typeof request !== 'number') return parentPort.postMessage({ diagnostics });
    if (request > 9) parentPort.postMessage({ note: 'more than one digit' });
    setTimeout(() => parentPort.postMessage({ value: [request * request, threadId] }), 20);
  });
`)}`,
);

test('every request gets its own answer, from no more threads than asked for', async () => {
  const threads = new Threads<number, [number, number]>(MODULE, 2);
  const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => threads.ask(n)));
  await threads.close();
  expect(answers.map(([square]) => square)).toEqual([1, 4, 9, 16, 25]);
  expect(new Set(answers.map(([, thread]) => thread)).size).toBe(2);
});

test('of what waits the heaviest goes first, equals in their order, to threads that were started before', async () => {
  const threads = new Threads<number, [number]>(MODULE, 1);
  threads.start(5);
  const done: number[] = [];
  const ask = async (n: number, weight?: number) => {
    await threads.ask(n, undefined, weight);
    done.push(n);
  };
  await Promise.all([ask(1, 1), ask(2), ask(3, 2), ask(4, 9), ask(5, 2)]);
  await threads.close();
  expect(done).toEqual([1, 4, 3, 5, 2]);
});

test('what a thread tells on the way reaches who asked, before the answer', async () => {
  const threads = new Threads<number, [number]>(MODULE, 1);
  const heard: unknown[] = [];
  const ask = async (n: number) => heard.push((await threads.ask(n, (note) => heard.push(n, note)))[0]);
  await Promise.all([ask(9), ask(10)]);
  await threads.close();
  expect(heard).toEqual([81, 10, 'more than one digit', 100]);
});

test('a failure arrives with its diagnostics, and the thread goes on', async () => {
  const threads = new Threads<number | string, [number]>(MODULE, 1);
  const failed = await threads.ask('seven').catch((problem: unknown) => problem);
  expect(failed).toBeInstanceOf(Failure);
  expect((failed as Failure).diagnostics).toEqual(DIAGNOSTICS);
  expect((await threads.ask(3))[0]).toBe(9);
  await threads.close();
});

test('a thread that dies fails its own request; another takes the next', async () => {
  const threads = new Threads<number | undefined, [number]>(MODULE, 1);
  const [dead, next] = await Promise.allSettled([threads.ask(undefined), threads.ask(4)]);
  expect(dead).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
  expect(next).toMatchObject({ status: 'fulfilled', value: [16, expect.any(Number)] });
  await threads.close();
});
