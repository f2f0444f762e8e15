/** Command blocks marked `console run` do what the documents say, in a copy of the example. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { markdownFiles, PROJECT, printsAsDocumented, runnableBlocks } from '../documents.ts';
import { scratch } from '../trees.ts';
import { CACHE } from './monorepo.ts';

const documents = markdownFiles().filter((file) => runnableBlocks(file).length > 0);

test('the guide for beginners is among those that run', () => {
  expect(documents).toContain('docs/guide/getting-started.md');
});

test.each(documents)('%s', (file) => {
  const tree = scratch('orchard');
  cpSync(join(PROJECT, 'examples/orchard'), tree, {
    recursive: true,
    filter: (from) => !from.includes('/_output'),
  });
  const environment = {
    ...process.env,
    KUBEWRIGHT_CACHE: CACHE,
    PATH: `${programs()}:${process.env['PATH']}`,
  };
  for (const { command, output } of runnableBlocks(file).flat()) {
    const run = spawnSync('sh', ['-c', command], { cwd: tree, env: environment, encoding: 'utf8' });
    expect({ command, exitCode: run.status, words: run.status === 0 ? '' : run.stderr }).toEqual({
      command,
      exitCode: 0,
      words: '',
    });
    if (output.length > 0 && !printsAsDocumented(run.stdout, output)) {
      expect(`$ ${command}\n${run.stdout}`).toBe(`$ ${command}\n${output.join('\n')}`);
    }
  }
});

/** A directory with kubewright and kw, as an installation would put them on PATH. */
function programs(): string {
  const directory = join(scratch('bin'), 'programs');
  mkdirSync(directory);
  for (const name of ['kubewright', 'kw']) {
    const shim = join(directory, name);
    writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${PROJECT}bin/kubewright.cjs" "$@"\n`);
    chmodSync(shim, 0o755);
  }
  return directory;
}
