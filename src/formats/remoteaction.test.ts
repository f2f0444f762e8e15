import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { actionDigest, type Blob, inputRootDigest } from './remoteaction.ts';

const A: Blob = { digest: 'a'.repeat(64), size: 5 };
const hexOf = (bytes: string) => hash('sha256', Buffer.from(bytes, 'hex'), 'hex');
const text = (value: string) => Buffer.from(value).toString('hex');
/** A length-delimited field. */
const field = (number: number, hex: string) =>
  Buffer.from([(number << 3) | 2, hex.length / 2]).toString('hex') + hex;
const digestMessage = (digest: string, size: number) =>
  field(1, text(digest)) + (size ? `10${Buffer.from([size]).toString('hex')}` : '');

test('a directory is the bytes that the protocol says', () => {
  const node = field(1, text('fruit.go')) + field(2, digestMessage(A.digest, A.size));
  expect(inputRootDigest(new Map([['fruit.go', A]])).digest).toBe(hexOf(field(1, node)));
});

test('no input is the empty message', () => {
  expect(inputRootDigest(new Map())).toEqual({ digest: hexOf(''), size: 0 });
});

test('names stand in byte order, files before directories, whatever order they came in', () => {
  const paths = ['b/c.go', 'a.go', 'b/a/x', 'Z.go'];
  const root = (order: readonly string[]) => inputRootDigest(new Map(order.map((path) => [path, A])));
  expect(root(paths)).toEqual(root(paths.toReversed()));
});

test('an action is its command and its inputs', () => {
  const command = {
    arguments: ['compile', 'fruit.go'],
    environment: { B: '2', A: '1' },
    outputPaths: ['p.x', 'p.a'],
  };
  const inputs = new Map([['fruit.go', A]]);
  const pair = (name: string, value: string) => field(2, field(1, text(name)) + field(2, text(value)));
  const encoded =
    field(1, text('compile')) +
    field(1, text('fruit.go')) +
    pair('A', '1') +
    pair('B', '2') +
    field(7, text('p.a')) +
    field(7, text('p.x'));
  const root = inputRootDigest(inputs);
  const action =
    field(1, digestMessage(hexOf(encoded), encoded.length / 2)) +
    field(2, digestMessage(root.digest, root.size));
  expect(actionDigest(command, inputs)).toBe(hexOf(action));
});
