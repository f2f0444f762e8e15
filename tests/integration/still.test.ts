/** A second "nothing to do" is said before the program is loaded, and only while it is true. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Monorepo, PROGRAM, type RunResult } from './monorepo.ts';

const OUTPUT = '_output/local/bin/linux/amd64/press';
/** Older than any time that could hide a change. */
const SETTLED_MILLISECONDS = 2_100;
let repo: Monorepo;
let environment: Record<string, string> = {};

beforeAll(async () => {
  repo = new Monorepo();
  repo.write('.gitignore', '_output\n');
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'first');
  environment = { KUBEWRIGHT_CACHE: join(repo.scratch, 'cache') };
  expect((await build()).stderr).toContain('2 built');
});
afterAll(() => repo.dispose());

function git(...words: readonly string[]): void {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.dev'];
  execFileSync('git', [...identity, ...words], { cwd: repo.root, stdio: 'pipe' });
}

function build(...options: readonly string[]): Promise<RunResult> {
  return repo.kubewright(['build', 'press', 'cellar', '-p', 'linux/amd64', ...options], { env: environment });
}

/** Runs that were planned; an answer that is said again leaves none. */
function planned(): number {
  return readdirSync(join(repo.root, '_output/kubewright/runs')).length;
}

/** Two builds with nothing to do: the second needs no plan. */
async function standing(): Promise<RunResult> {
  await setTimeout(SETTLED_MILLISECONDS);
  const first = await build();
  const before = planned();
  const second = await build();
  expect([second.exitCode, second.stdout, planned()]).toEqual([0, first.stdout, before]);
  expect(second.stderr).toMatch(/^Nothing to do: 2 outputs are fresh \(0\.\d\d s\)\n$/);
  return second;
}

test('says what was said before', async () => {
  const { stdout } = await standing();
  expect(stdout).toBe(`${join(repo.root, OUTPUT)}\n${join(repo.root, OUTPUT).replace('press', 'cellar')}\n`);
});

test.each([
  ['--verify', 'nothing is believed'],
  ['--json', 'events are told'],
  ['--verbose', 'everything is told'],
])('with %s %s', async (option) => {
  await build(option);
  const before = planned();
  await build(option);
  expect(planned()).toBe(before + 1);
});

test.each([
  ['an edited file', () => repo.replace('pkg/juice/juice.go', '6 / 10', '7 / 10'), '2 built'],
  ['a new file', () => repo.write('pkg/juice/more.go', 'package juice\n\nvar More = 1\n'), '1 built'],
  ['a commit', () => git('commit', '-qm', 'second', '--allow-empty'), '2 restored'],
  ['a lost output', () => repo.remove(OUTPUT), '1 restored'],
  ['a damaged output', () => writeFileSync(join(repo.root, OUTPUT), 'no program'), '1 restored'],
  [
    'another environment',
    () => {
      environment = { ...environment, GOFLAGS: '-tags=late' };
    },
    '2 built',
  ],
  [
    'another configuration',
    () => repo.replace('kubewright.yaml', 'static: [press, cellar, picker]', 'static: []'),
    '2 built',
  ],
])('sees %s', async (_, change, expected) => {
  await standing();
  change();
  const run = await build();
  expect(run.stderr).toContain(expected);
});

test('goes the full way where nothing can be kept', async () => {
  await standing();
  const kept = join(repo.scratch, 'cache/still');
  chmodSync(kept, 0o555);
  const options = { env: environment, boundByPermissions: true };
  const run = await repo.kubewright(['build', 'press', '-p', 'linux/amd64', '--plain'], options);
  chmodSync(kept, 0o755);
  expect([run.exitCode, run.stderr]).toEqual([0, expect.stringMatching(/^Nothing to do: 1 output is fresh/)]);
});

test('a working directory that is gone is told', () => {
  const gone = join(repo.scratch, 'gone');
  const script = `mkdir ${gone} && cd ${gone} && rmdir ${gone} && exec ${process.execPath} ${PROGRAM} version`;
  const run = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([2, expect.stringContaining('has been removed')]);
});

test('sees that another run is at work', async () => {
  await standing();
  const holder = spawn('sleep', ['30']);
  const started = readFileSync(`/proc/${holder.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const who = { pid: holder.pid, started, boot, command: 'kubewright build', since: 'now' };
  repo.write('_output/kubewright/lock', JSON.stringify(who));
  try {
    expect((await build()).stderr).toContain('run/locked');
  } finally {
    holder.kill();
  }
});
