import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a script of package.json; returns its exit code and, when it is not 0, its words. */
function npmRun(script: string): { exitCode: number | null; words: string } {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], {
    cwd: root,
    encoding: 'utf8',
  });
  return { exitCode: status, words: status === 0 ? '' : `${stdout}${stderr}` };
}

test('the sources are formatted and free of lint', { timeout: 120_000 }, () => {
  expect(npmRun('lint')).toEqual({ exitCode: 0, words: '' });
});

test('the types hold', { timeout: 120_000 }, () => {
  expect(npmRun('types')).toEqual({ exitCode: 0, words: '' });
});
