import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scratch } from '../../tests/trees.ts';
import { realHost } from './host.ts';
import type { Launcher } from './launcher.ts';

let directory: string;
let launcher: Launcher;
let groups: number[];
let controller: AbortController;

beforeEach(() => {
  directory = scratch('a b');
  [groups, controller] = [[], new AbortController()];
  const made = realHost().processes.launcher(directory, controller.signal, (pid) => groups.push(pid));
  if (!made) throw new Error('this machine has no shell');
  launcher = made;
});
afterEach(() => launcher.close());

function run(...argv: string[]) {
  return launcher.run({ argv, environment: { WORD: "it's $HOME" }, workingDirectory: directory });
}

describe('a launcher', () => {
  test('gives programs their words, their directory and no other environment', async () => {
    const script = 'printf "%s|" "$@"; pwd; env; exit 3';
    const { exitCode, output } = await run('/bin/sh', '-c', script, 'sh', "a 'b' $c", '', '\\n\n');
    expect(exitCode).toBe(3);
    expect(output).toContain(`a 'b' $c||\\n\n|${directory}\n`);
    const names = output.match(/^\w+(?==)/gm)?.filter((name) => name !== '_');
    expect(names?.sort()).toEqual(['PWD', 'WORD']);
    expect(output).toContain("WORD=it's $HOME\n");
  });

  test('tells how a program ended, one after the other in the same shell', async () => {
    for (const _ of Array(20)) {
      expect(await run('/bin/sh', '-c', 'exit 0')).toEqual({ exitCode: 0, signal: undefined, output: '' });
      expect(await run('/bin/sh', '-c', 'echo why >&2; exit 7')).toMatchObject({
        exitCode: 7,
        output: 'why\n',
      });
      expect(await run('/bin/sh', '-c', 'kill -9 $$')).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
    }
    expect(groups).toHaveLength(1);
  });

  test('reads each script whole before the next takes its place', async () => {
    const long = 'x'.repeat(20_000);
    for (const i of Array(30).keys())
      expect((await run('/bin/sh', '-c', 'exit 0', ...(i % 2 ? [long] : []))).exitCode).toBe(0);
  });

  test('runs as many at once as are asked for, and names a program that is not there', async () => {
    const all = await Promise.all([run('/bin/sleep', '0.1'), run('/nowhere/tool'), run('/bin/sleep', '0.1')]);
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 127, 0]);
    expect(all[1]?.output).toContain('/nowhere/tool');
    expect(groups).toHaveLength(3);
  });

  test('ends its programs when the run is interrupted', async () => {
    const started = Date.now();
    const work = run('/bin/sh', '-c', 'sleep 60 & sleep 60');
    setTimeout(() => controller.abort(), 100);
    expect((await work).exitCode).not.toBe(0);
    expect(Date.now() - started).toBeLessThan(20_000);
  });
});
