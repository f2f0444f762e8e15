import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryNameBeside } from '../../src/host/temporary.ts';
import { codes, Monorepo, outcomes } from './monorepo.ts';
import { gorootOf } from './toolchains.ts';

const OUTPUT = '_output/local/bin/linux/amd64/press';
const STEP = 'compile:cmd/press@linux/amd64';
/** Compiles the standard library anew: long enough to be interrupted. */
const SLOW = ['press', '-p', 'linux/amd64', '--goflags', '-a'];
const ROOT = process.getuid?.() === 0;
let repo: Monorepo;

beforeEach(() => {
  repo = new Monorepo();
});
afterEach(() => repo.dispose());

describe('Go code that does not compile', () => {
  test('is shown once, at its own place, with the targets that it stops', async () => {
    repo.replace('pkg/juice/juice.go', 'kilos * 6', 'pears * 6');
    const run = await repo.kubewright(['build', 'server', '-q', '--toolchain', '1.24.13']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr.split('\n').filter((line) => line.includes('undefined: pears'))).toHaveLength(2);
    expect(
      run.stderr,
    ).toContain(`error build/compile-failed: example.dev/orchard/pkg/juice does not compile: undefined: pears
  pkg/juice/juice.go:5:9
  5 │  return pears * 6 / 10
    │         ~ undefined: pears
  help: mend the place above and build again; it stops press linux/amd64`);
    expect(repo.has(OUTPUT)).toBe(false);
  });

  test('does not stop the targets that do without it', async () => {
    repo.replace('pkg/juice/juice.go', 'kilos * 6', 'pears * 6');
    expect(outcomes(await repo.build(['server']))).toEqual({
      [STEP]: 'failed',
      'compile:cmd/cellar@linux/amd64': 'built',
    });
  });

  test.each([
    [
      'an import of nothing',
      'pkg/juice/juice.go',
      'package juice\n\nimport _ "example.dev/orchard/pkg/nowhere"\n',
      'nowhere',
    ],
    ['a syntax error', 'pkg/juice/juice.go', 'package juice\n\nimport "fmt\n', 'juice.go'],
    ['two package names in one directory', 'pkg/juice/other.go', 'package other\n', 'found packages'],
    ['a wrong build constraint', 'pkg/juice/other.go', '//go:build linux &&\n\npackage juice\n', 'other.go'],
    [
      'an import cycle',
      'pkg/version/cycle.go',
      'package version\n\nimport _ "example.dev/orchard/pkg/juice"\n',
      'import cycle',
    ],
  ])('%s is told before anything is compiled', async (_, path, text, told) => {
    if (told === 'import cycle')
      repo.write('pkg/juice/cycle.go', 'package juice\n\nimport _ "example.dev/orchard/pkg/version"\n');
    repo.write(path, text);
    const run = await repo.build(['press']);
    expect(run.exitCode).toBe(1);
    expect(codes(run)).toContain('build/go-list-failed');
    expect(JSON.stringify(run.events)).toContain(told);
    expect(run.events.some((event) => event.type === 'command-started')).toBe(false);
  });
});

describe('two builds at once in one tree', () => {
  test('the second says who holds the output directory, or waits', async () => {
    const first = repo.build(SLOW);
    await waitFor(() => repo.has('_output/kubewright/lock'));
    const second = await repo.kubewright(['build', 'cellar']);
    expect(second.exitCode).toBe(2);
    expect(second.stderr).toMatch(
      /^error run\/locked: another run writes to .*_output\/kubewright: process \d+ \(kubewright build --json press/m,
    );
    const third = repo.build(['cellar', '--wait', '300']);
    expect((await first).exitCode).toBe(0);
    expect((await third).exitCode).toBe(0);
  });
});

describe('a run that is stopped in the middle', () => {
  test('by Ctrl-C ends its children, leaves nothing half-written, and says so', async () => {
    const run = await repo.build(SLOW, {
      onStart: (child) => void goIsRunning(repo).then(() => child.kill('SIGINT')),
    });
    expect(run.exitCode).toBe(130);
    expect(codes(run)).toContain('run/cancelled');
    expect(outcomes(run)).toEqual({ [STEP]: 'cancelled' });
    await expectNoTrace(repo);
    expect((await repo.build(['press'])).exitCode).toBe(0);
  });

  test('by SIGKILL is taken over: orphans end, and the rerun gives the bytes of an undisturbed one', async () => {
    const undisturbed = repo.copy('undisturbed');
    try {
      let pid = 0;
      const killed = await repo.build(SLOW, {
        onStart: (child) => {
          pid = child.pid as number;
          void goIsRunning(repo).then(() => child.kill('SIGKILL'));
        },
      });
      expect(killed.signal).toBe('SIGKILL');
      const half = temporaryNameBeside(OUTPUT, 0).replace(`-${process.pid}-`, `-${pid}-`);
      repo.write(half, 'half a program');
      const rerun = await repo.build(['press', '--reproducible']);
      expect(rerun.exitCode).toBe(0);
      expect(repo.has(half)).toBe(false);
      await undisturbed.build(['press', '--reproducible']);
      expect(repo.digest(OUTPUT)).toBe(undisturbed.digest(OUTPUT));
      await expectNoTrace(repo);
    } finally {
      undisturbed.dispose();
    }
  });
});

describe('a disk', () => {
  test.runIf(ROOT)('that is full is named, and nothing half-written stands under a final name', async () => {
    const out = join(repo.scratch, 'small');
    mkdirSync(out);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', out]);
    try {
      const run = await repo.build(['press', '--out', out, '-p', 'linux/amd64']);
      expect(run.exitCode).toBe(1);
      const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      expect(files.filter((entry) => entry.parentPath.includes('/local/bin'))).toEqual([]);
      expect(`${run.stderr}${run.stdout}`).toMatch(/no space left on device|disk\/full/);
    } finally {
      execFileSync('umount', [out]);
    }
  });

  test.runIf(ROOT)('that may not be written is named with the remedy', async () => {
    chmodSync(repo.root, 0o555);
    const run = await repo.kubewright(['build', 'press', '--toolchain', await gorootOf()], {
      boundByPermissions: true,
    });
    expect([run.exitCode, run.stderr]).toEqual([
      1,
      `error disk/permission: ${repo.root}/_output/kubewright/lock may not be read or written
  why: its permissions forbid it
  help: check the permissions with ls -ld ${repo.root}/_output/kubewright, or choose another place with --out or KUBEWRIGHT_CACHE
`,
    ]);
  });
});

describe('memory of earlier runs', () => {
  test.each(['state.json', 'history.json'])(
    'a torn %s costs a look at everything, and nothing else',
    async (name) => {
      await repo.build(['press']);
      const path = `_output/kubewright/${name}`;
      writeFileSync(join(repo.root, path), readFileSync(join(repo.root, path)).subarray(0, 100));
      const run = await repo.build(['press']);
      expect(run.exitCode).toBe(0);
      expect(['fresh', 'restored']).toContain(outcomes(run)[STEP]);
    },
  );
});

describe('a request that cannot be met', () => {
  test.each([
    ['an unknown target', ['build', 'pres'], 'target/unknown', 'press'],
    [
      'an unknown platform',
      ['build', 'press', '-p', 'linux/amd46'],
      'target/platform-unknown',
      'linux/amd64',
    ],
    ['an empty word', ['build', ''], 'target/empty', ''],
    ['a directory without a main package', ['build', 'pkg/juice'], 'build/no-main-package', ''],
    [
      'a version that is not semantic',
      ['build', 'press', '--version-string', 'orchard-7'],
      'version/not-semver',
      'orchard-7',
    ],
  ])('%s exits 2 and helps, before go is asked', async (_, args, code, help) => {
    const run = await repo.kubewright(args);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(`error ${code}`);
    expect(run.stderr).toContain(help);
    expect(repo.has('_output')).toBe(false);
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1200 && !condition(); i++) await sleep(50);
}

/** Waits until go has been running for a moment. */
async function goIsRunning(monorepo: Monorepo): Promise<void> {
  await waitFor(() => monorepo.has('_output/kubewright/lock.groups') && processesIn(monorepo).length > 0);
  await sleep(500);
}

/** Processes that work in the monorepo's folder. */
function processesIn(monorepo: Monorepo): string[] {
  const found = spawnSync('pgrep', ['-af', monorepo.root], { encoding: 'utf8' }).stdout;
  return found.split('\n').filter((line) => /\/go\d[^ ]*\/(bin|pkg)\//.test(line));
}

async function expectNoTrace(monorepo: Monorepo): Promise<void> {
  await waitFor(() => processesIn(monorepo).length === 0);
  expect(processesIn(monorepo)).toEqual([]);
  expect(monorepo.has('_output/kubewright/lock')).toBe(false);
  expect(monorepo.has('_output/kubewright/stage')).toBe(false);
}
