import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Monorepo, outcomes, type RunResult } from './monorepo.ts';

const OUTPUT = '_output/local/bin/linux/amd64/press';
const STEP = 'compile:cmd/press@linux/amd64';
const WINDOWS = 'windows/amd64';
let repo: Monorepo;

beforeEach(() => {
  repo = new Monorepo();
  // The store outlives a test run: a text that it has not seen.
  repo.write('pkg/juice/fresh.go', `package juice\n\nvar Fresh = "${Date.now()}"\n`);
  repo.replace('cmd/press/main.go', 'juice.Press(10)', 'juice.Press(10), juice.Fresh');
});
afterEach(() => repo.dispose());

/** Builds as if a commit had been checked out. */
function buildAt(commit: string, ...args: string[]): Promise<RunResult> {
  const env = {
    KUBE_GIT_COMMIT: commit.repeat(40),
    KUBE_GIT_VERSION: `v1.2.3-4+${commit.repeat(14)}`,
    KUBE_GIT_TREE_STATE: 'clean',
  };
  return repo.build(['press', '-p', 'linux/amd64', ...args], { env });
}

const made = (run: RunResult) =>
  run.events.flatMap((event) => (event.type === 'program-linked' ? [event.outcome] : []));

describe('a commit that changes no code', () => {
  test('compiles and links nothing, and is told by the program', async () => {
    expect(outcomes(await buildAt('a'))[STEP]).toBe('built');
    const run = await buildAt('b');
    expect([outcomes(run)[STEP], made(run)]).toEqual(['restored', []]);
    const text = execFileSync('sh', ['-c', `${join(repo.root, OUTPUT)} 2>&1`], { encoding: 'utf8' });
    expect(text).toContain(`v1.2.3-4+${'b'.repeat(14)} ${'b'.repeat(40)}`);
  });

  test('gives the bytes that linking with the version gives', async () => {
    await buildAt('a', '--ldflags', '-buildid=');
    await buildAt('b', '--ldflags', '-buildid=');
    const linked = await buildAt('b', '--ldflags', '-buildid=', '--stamp', 'link', '--out', '_linked');
    expect(made(linked)).toEqual(['built']);
    expect(repo.digest(OUTPUT.replace('_output', '_linked'))).toBe(repo.digest(OUTPUT));
  });
});

test('with the linker flags in the build info too, a commit links nothing', async () => {
  const flags = ['--debug', '--ldflags', '-buildid='];
  await buildAt('a', ...flags);
  expect(made(await buildAt('b', ...flags))).toEqual([]);
  await buildAt('b', ...flags, '--stamp', 'link', '--out', '_linked');
  expect(repo.digest(OUTPUT.replace('_output', '_linked'))).toBe(repo.digest(OUTPUT));
});

test('a program for Windows is stamped as one for Linux is', async () => {
  const output = `_output/local/bin/${WINDOWS}/picker.exe`;
  const args = [
    'picker',
    '-p',
    WINDOWS,
    '--version-string',
    'v1.2.3-rc.1+vendor.42',
    '--ldflags',
    '-buildid=',
  ];
  expect((await repo.build(args)).exitCode).toBe(0);
  const linked = await repo.build([...args, '--stamp', 'link', '--out', '_linked']);
  expect(linked.exitCode).toBe(0);
  expect(repo.digest(output.replace('_output', '_linked'))).toBe(repo.digest(output));
});

test.each(['1.21.13', '1.24.13'])(
  'a program that the C compiler links, by Go %s, is linked once for all commits, with the bytes of each',
  async (version) => {
    repo.replace('kubewright.yaml', 'static: [press, ', 'static: [');
    repo.write(
      'pkg/juice/three.go',
      'package juice\n\n// int three(void) { return 3; }\nimport "C"\n\nvar Three = C.three()\n',
    );
    const flags = ['--toolchain', version, '--ldflags', '-linkmode=external -buildid= -s -w'];
    expect(made(await buildAt('a', ...flags))).toEqual(['built']);
    expect(made(await buildAt('b', ...flags))).toEqual([]);
    expect((await buildAt('b', ...flags, '--stamp', 'link', '--out', '_linked')).exitCode).toBe(0);
    expect(repo.digest(OUTPUT.replace('_output', '_linked'))).toBe(repo.digest(OUTPUT));
  },
);
