import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../formats/digest.ts';
import { realHost } from '../host/host.ts';
import { LocalStore, type StoredOutput } from './local.ts';

const KEY = 'ab'.repeat(32);
let directory: string;
let reported: Diagnostic[];
let store: LocalStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kw-store-'));
  reported = [];
  store = new LocalStore(realHost(), directory, (diagnostic) => reported.push(diagnostic));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function keep(text: string, key = KEY): StoredOutput {
  const path = join(directory, 'output');
  writeFileSync(path, text);
  const output = { name: 'output', digest: digestOfBytes(text), size: text.length };
  store.keep(key, [{ ...output, path }], 5);
  return output;
}

function objectPath(output: StoredOutput): string {
  return join(directory, 'store/v1/cas/sha256', output.digest.slice(0, 2), output.digest);
}

test('gives back what it was given, as a file of its own', () => {
  const output = keep('binary');
  expect(store.lookUp(KEY)).toEqual({ outputs: [output], milliseconds: 5 });
  const restored = join(directory, 'deep/restored');
  expect(store.restore(output, restored)).toBe(true);
  writeFileSync(restored, 'stripped by the user');
  expect(readFileSync(objectPath(output), 'utf8')).toBe('binary');
});

test('learns more of what it holds, and nothing of what it does not', () => {
  const output = keep('binary');
  const stamping = { places: [[7]], hasGnuBuildId: true };
  store.learn(KEY, { stamping });
  expect(store.lookUp(KEY)).toEqual({ outputs: [output], milliseconds: 5, stamping });
  store.learn('cd'.repeat(32), { stamping });
  expect(store.lookUp('cd'.repeat(32))).toBeUndefined();
});

test('a flipped bit is found when the object is used, set aside, and a miss from then on', () => {
  const output = keep('binary');
  chmodSync(objectPath(output), 0o644);
  writeFileSync(objectPath(output), 'bjnary');
  expect(store.restore(output, join(directory, 'restored'))).toBe(false);
  expect(reported.map((diagnostic) => diagnostic.code)).toEqual(['store/corrupt']);
  expect(store.lookUp(KEY)).toBeUndefined();
});

test('verify finds what no build has asked for', () => {
  const output = keep('binary');
  expect(store.verify()).toEqual([]);
  chmodSync(objectPath(output), 0o644);
  writeFileSync(objectPath(output), 'bjnary');
  expect(store.verify()).toEqual([output.digest]);
});

test('prune keeps within the limit and leaves no record of what went', () => {
  keep('first', 'aa'.repeat(32));
  keep('second!', 'bb'.repeat(32));
  expect(store.prune(0)).toEqual({ objects: 2, bytes: 12 });
  expect(store.lookUp('aa'.repeat(32))).toBeUndefined();
  expect(store.size()).toEqual({ objects: 0, bytes: 0 });
});

test('a torn record is a miss', () => {
  keep('binary');
  writeFileSync(join(directory, 'store/v1/actions', KEY.slice(0, 2), `${KEY}.json`), '{"outputs":[{"na');
  expect(store.lookUp(KEY)).toBeUndefined();
});

test('a store that cannot be used is one warning, and no failure', () => {
  writeFileSync(join(directory, 'file'), '');
  store = new LocalStore(realHost(), join(directory, 'file'), (diagnostic) => reported.push(diagnostic));
  keep('binary');
  keep('binary');
  expect(store.lookUp(KEY)).toBeUndefined();
  expect(reported.map((diagnostic) => diagnostic.code)).toEqual(['store/unusable']);
});
