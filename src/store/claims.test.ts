import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../../tests/trees.ts';
import { realHost } from '../host/host.ts';
import { Claims } from './claims.ts';

const host = realHost();
const KEY = 'ab'.repeat(32);

async function withLivingProcess(work: (pid: number) => void): Promise<void> {
  const child = spawn('sleep', ['60']);
  work(child.pid as number);
  child.kill();
  await once(child, 'exit');
}

test('work that a living process has claimed is left to it, and taken over when that has died', async () => {
  const directory = scratch('claims');
  const claims = new Claims(host, directory);
  await withLivingProcess((pid) => {
    writeFileSync(join(directory, KEY), `${pid}`);
    expect(claims.take(KEY)).toBe(false);
  });
  expect(claims.take(KEY)).toBe(true);
  claims.release(KEY);
  expect(existsSync(join(directory, KEY))).toBe(false);
});

test('a claim that is older or newer than any work can be is void: clocks jump', async () => {
  const directory = scratch('claims');
  for (const hours of [-1, 1]) {
    const jumped = { ...host, clock: { ...host.clock, now: () => Date.now() + hours * 3_600_000 } };
    await withLivingProcess((pid) => {
      writeFileSync(join(directory, KEY), `${pid}`);
      expect(new Claims(jumped, directory).take(KEY)).toBe(true);
    });
  }
});

test('where claims cannot be written everybody works for himself', () => {
  const directory = join(scratch('claims'), 'file');
  writeFileSync(directory, '');
  const claims = new Claims(host, directory);
  expect(claims.take(KEY)).toBe(true);
  expect(() => claims.release(KEY)).not.toThrow();
});
