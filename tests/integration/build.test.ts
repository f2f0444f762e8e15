import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codes, commands, Monorepo, outcomes } from './monorepo.ts';

const PRESS = 'compile:cmd/press@linux/amd64';
const OUTPUT = '_output/local/bin/linux/amd64/press';
let repo: Monorepo;

beforeEach(() => {
  repo = new Monorepo();
});
afterEach(() => repo.dispose());

describe('a build', () => {
  test('makes a binary that runs and carries its version', async () => {
    const run = await repo.kubewright(['build', 'press', '-p', 'linux/amd64', '--version-string', 'v1.2.3']);
    expect([run.exitCode, run.stdout]).toEqual([0, `${join(repo.root, OUTPUT)}\n`]);
    const printed = execFileSync('sh', ['-c', `${JSON.stringify(join(repo.root, OUTPUT))} 2>&1`], {
      encoding: 'utf8',
    });
    expect(printed).toMatch(/^6 v1\.2\.3 /);
  });

  test('believes times and sizes, and with --verify the bytes alone', async () => {
    const source = join(repo.root, 'pkg/juice/juice.go');
    const old = new Date('2020-01-01T00:00:00Z');
    utimesSync(source, old, old);
    await repo.build(['press', '-p', 'linux/amd64']);
    expect(outcomes(await repo.build(['press', '-p', 'linux/amd64', '--verify']))[PRESS]).toBe('fresh');
    const state = join(repo.root, '_output/kubewright/state.json');
    const { ctimeMs } = statSync(source);
    repo.replace('pkg/juice/juice.go', '6 / 10', '7 / 10');
    utimesSync(source, old, old);
    // As a clock that was set back would have it: nothing but the bytes tells.
    const text = readFileSync(state, 'utf8');
    writeFileSync(state, text.replaceAll(String(ctimeMs), String(statSync(source).ctimeMs)));
    expect(outcomes(await repo.build(['press', '-p', 'linux/amd64']))[PRESS]).toBe('fresh');
    const run = await repo.build(['press', '-p', 'linux/amd64', '--verify']);
    expect(codes(run)).toContain('tree/index-wrong');
    expect(outcomes(run)[PRESS]).toBe('built');
  });

  test('takes groups and several platforms in one run', async () => {
    const run = await repo.build(['server', 'client', '-p', 'all']);
    expect(run.exitCode).toBe(0);
    expect(outcomes(run)).toEqual({
      'compile:cmd/press@linux/amd64': 'built',
      'compile:cmd/press@linux/arm64': 'built',
      'compile:cmd/cellar@linux/amd64': 'built',
      'compile:cmd/cellar@linux/arm64': 'built',
      'compile:cmd/picker@linux/amd64': 'built',
      'compile:cmd/picker@windows/amd64': 'built',
    });
    expect(repo.has('_output/local/bin/windows/amd64/picker.exe')).toBe(true);
    expect(commands(run)).toHaveLength(3);
  });

  test('of a path with blanks and other letters works', async () => {
    const odd = new Monorepo('ob st – garten/träd');
    try {
      const run = await odd.build(['press', 'taste.test', '-p', 'linux/amd64']);
      expect(run.exitCode).toBe(0);
      expect(odd.has(OUTPUT)).toBe(true);
    } finally {
      odd.dispose();
    }
  });

  test('of two checkouts at different places gives the same bytes when reproducible', async () => {
    const other = repo.copy('elsewhere/deeper');
    try {
      for (const checkout of [repo, other])
        await checkout.build(['press', '--reproducible', '-p', 'linux/amd64']);
      expect(other.digest(OUTPUT)).toBe(repo.digest(OUTPUT));
    } finally {
      other.dispose();
    }
  });
});

describe('nothing is done twice', () => {
  test('nothing changed: no process is started', async () => {
    await repo.build(['press', 'taste.test']);
    const again = await repo.build(['press', 'taste.test']);
    expect(Object.values(outcomes(again))).toEqual(['fresh', 'fresh']);
    expect(commands(again)).toEqual([]);
  });

  test('a touched file is read again and found the same', async () => {
    await repo.build(['press']);
    repo.write('pkg/juice/juice.go', repo.read('pkg/juice/juice.go'));
    expect(outcomes(await repo.build(['press']))).toEqual({ [PRESS]: 'fresh' });
  });

  test('an edit is built, and undoing it restores the first bytes without a compile', async () => {
    await repo.build(['press']);
    const first = repo.digest(OUTPUT);
    repo.replace('pkg/juice/juice.go', '* 6', '* 7');
    const edited = await repo.build(['press']);
    expect(outcomes(edited)).toEqual({ [PRESS]: 'built' });
    expect(repo.digest(OUTPUT)).not.toBe(first);
    repo.replace('pkg/juice/juice.go', '* 7', '* 6');
    const undone = await repo.build(['press']);
    expect(outcomes(undone)).toEqual({ [PRESS]: 'restored' });
    expect(commands(undone)).toEqual([]);
    expect(repo.digest(OUTPUT)).toBe(first);
  });

  test('an edit reaches only the binaries that hold it', async () => {
    await repo.build(['server']);
    repo.replace('pkg/juice/juice.go', '* 6', '* 8');
    expect(outcomes(await repo.build(['server']))).toEqual({
      [PRESS]: 'built',
      'compile:cmd/cellar@linux/amd64': 'fresh',
    });
  });

  test.each([
    [
      'a file that joins a package',
      'pkg/juice/more.go',
      'package juice\n\nfunc init() { println("more") }\n',
    ],
    ['a changed go.mod', 'go.mod', 'module example.dev/orchard\n\ngo 1.22\n'],
    [
      'a file whose constraint lets it in',
      'pkg/juice/only.go',
      '//go:build linux\n\npackage juice\n\nfunc init() { println("in") }\n',
    ],
  ])('%s is noticed', async (_, path, text) => {
    repo.write('pkg/juice/only.go', '//go:build windows\n\npackage juice\n\nfunc init() { println("in") }\n');
    await repo.build(['press']);
    const first = repo.digest(OUTPUT);
    repo.write(path, text);
    await repo.build(['press']);
    expect(repo.digest(OUTPUT)).not.toBe(first);
  });

  test('an output that was removed or changed comes back', async () => {
    await repo.build(['press']);
    const first = repo.digest(OUTPUT);
    repo.remove(OUTPUT);
    expect(outcomes(await repo.build(['press']))).toEqual({ [PRESS]: 'restored' });
    repo.write(OUTPUT, 'stripped');
    expect(outcomes(await repo.build(['press']))).toEqual({ [PRESS]: 'restored' });
    expect(repo.digest(OUTPUT)).toBe(first);
  });

  test('why names the file, the flag and the variable', async () => {
    await repo.build(['press']);
    repo.replace('pkg/juice/juice.go', '* 6', '* 9');
    const why = await repo.kubewright(['why', 'press', '--tags', 'organic'], { env: { CGO_CFLAGS: '' } });
    expect(why.stdout).toBe(`press linux/amd64: would be built
  juice.go in example.dev/orchard/pkg/juice changed
  flag -tags was added: organic
`);
  });

  test('another checkout of the same text is served from the shared store', async () => {
    const other = repo.copy('second');
    try {
      await repo.build(['cellar', '--reproducible']);
      const run = await other.build(['cellar', '--reproducible']);
      expect(Object.values(outcomes(run))).toEqual(['restored']);
      expect(commands(run)).toEqual([]);
    } finally {
      other.dispose();
    }
  });
});

describe('a dry run', () => {
  test('prints the exact command lines and starts nothing', async () => {
    const run = await repo.kubewright(['build', 'press', '--dry-run']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(
      /^# compile:cmd\/press@linux\/amd64 → .*\ncd .* && env -i .*go build .* -o .*press .*cmd\/press\n$/,
    );
    expect(repo.has('_output/local')).toBe(false);
  });
});

describe('make', () => {
  test('answers WHAT, a platform and flags', async () => {
    const run = await repo.kubewright([
      'make',
      'all',
      'WHAT=cmd/press cmd/cellar',
      'KUBE_BUILD_PLATFORMS=linux/arm64',
      '-j2',
    ]);
    expect(run.exitCode).toBe(0);
    expect(
      repo.has('_output/local/bin/linux/arm64/press') && repo.has('_output/local/bin/linux/arm64/cellar'),
    ).toBe(true);
  });

  test('has one goal per directory of cmd', async () => {
    const run = await repo.kubewright(['make', '-n', 'picker']);
    expect(run.stdout).toContain('# compile:cmd/picker@linux/amd64');
  });

  test('clean removes the outputs', async () => {
    await repo.build(['press']);
    const run = await repo.kubewright(['make', 'clean']);
    expect([run.exitCode, repo.has('_output')]).toEqual([0, false]);
  });

  test('an unknown goal names what to use', async () => {
    const run = await repo.kubewright(['make', 'pikcer']);
    expect([run.exitCode, run.stderr]).toEqual([
      2,
      `error make/goal-unknown: there is no goal pikcer
  why: neither the makefile of this tree nor a directory of cmd/ has that name
  help: did you mean picker? kubewright make help lists the goals, kubewright --help our commands
`,
    ]);
  });
});
