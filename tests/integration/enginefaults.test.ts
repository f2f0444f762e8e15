/** What can go wrong under the package engine: kills, other builds, bad bytes in the store, a full disk, edits in the middle. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scratch } from '../trees.ts';
import { codes, Monorepo, outcomes, type RunResult } from './monorepo.ts';
import { gorootOf } from './toolchains.ts';

const PACKAGES = 30;
const OUTPUT = '_output/local/bin/linux/amd64/chain';
const ROOT = process.getuid?.() === 0;
let goroot = '';
let repo: Monorepo;
let cache: string;

beforeAll(async () => {
  goroot = await gorootOf();
});
beforeEach(() => {
  repo = new Monorepo('chain', chain());
  cache = scratch('cache');
});
afterEach(() => repo.dispose());

/** A program over a chain of packages: much to do, one after the other and side by side. */
function chain(): Record<string, string> {
  const files: Record<string, string> = {
    'go.mod': 'module example.dev/chain\n\ngo 1.21\n',
    'cmd/chain/main.go': `package main\n\nimport "example.dev/chain/p${PACKAGES - 1}"\n\nfunc main() { println(p${PACKAGES - 1}.Sum()) }\n`,
  };
  for (let i = 0; i < PACKAGES; i++) {
    const before =
      i > 0
        ? [`import "example.dev/chain/p${i - 1}"`, `p${i - 1}.Sum()`]
        : ['import "strings"', 'len(strings.Repeat("x", 3))'];
    files[`p${i}/p.go`] = `package p${i}\n\n${before[0]}\n\nfunc Sum() int { return ${before[1]} + ${i} }\n`;
  }
  return files;
}

function build(
  options: Parameters<Monorepo['build']>[1] = {},
  args: readonly string[] = [],
  where = repo,
): Promise<RunResult> {
  const env = { KUBEWRIGHT_CACHE: cache, ...options.env };
  return where.build(['cmd/chain', '-p', 'linux/amd64', '--toolchain', goroot, '--reproducible', ...args], {
    ...options,
    env,
  });
}

/** Keys of what was made, not found. */
function madeKeys({ events }: RunResult): string[] {
  return events.flatMap((event) =>
    (event.type === 'package-finished' || event.type === 'program-linked') && event.outcome === 'built'
      ? [event.key]
      : [],
  );
}

/** Bytes that an undisturbed build in another checkout, with a store of its own, gives. */
async function undisturbed(): Promise<string> {
  const other = repo.copy('elsewhere');
  const run = await build({ env: { KUBEWRIGHT_CACHE: scratch('fresh') } }, [], other);
  expect(run.exitCode, run.stderr).toBe(0);
  const digest = other.digest(OUTPUT);
  other.dispose();
  return digest;
}

function objects(): string[] {
  const root = join(cache, 'store/v1/cas/sha256');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, name))
    .filter((path) => statSync(path).isFile());
}

test('SIGKILL at fifty points: the same bytes in the end, and nothing that was finished is made again', async () => {
  const expected = await undisturbed();
  const seed = Number(process.env['KUBEWRIGHT_TEST_SEED'] ?? Date.now() % 100_000);
  let state = seed;
  const random = () => {
    state = (state * 48_271 + 11) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  let kills = 0;
  let made: string[] = [];
  for (let rounds = 0; kills < 50; rounds++) {
    expect(rounds, `seed ${seed}`).toBeLessThan(200);
    const delay = 150 + random() * 1_200;
    let killed = false;
    const run = await build({
      onStart: (child) => setTimeout(() => (killed = child.kill('SIGKILL')), delay).unref(),
    });
    made.push(...madeKeys(run));
    const repeated = made.filter((key, i) => made.indexOf(key) !== i);
    expect(repeated, `seed ${seed}, kill ${kills}`).toEqual([]);
    if (killed && run.signal === 'SIGKILL') kills++;
    if (run.exitCode !== 0) continue;
    expect(repo.digest(OUTPUT), `seed ${seed}`).toBe(expected);
    // The next story begins with an empty store.
    for (const place of [cache, join(repo.root, '_output')]) rmSync(place, { recursive: true, force: true });
    made = [];
  }
  expect((await build()).exitCode).toBe(0);
  expect(repo.digest(OUTPUT)).toBe(expected);
});

test('two builds at once share their work: nearly nothing is made twice', async () => {
  const other = repo.copy('beside');
  const [one, two] = await Promise.all([build(), build({}, [], other)]);
  expect([one.exitCode, two.exitCode]).toEqual([0, 0]);
  expect(other.digest(OUTPUT)).toBe(repo.digest(OUTPUT));
  const [mine, theirs] = [madeKeys(one), madeKeys(two)];
  const twice = mine.filter((key) => theirs.includes(key));
  expect(twice).toEqual([]);
  expect(mine.length + theirs.length).toBeGreaterThan(PACKAGES);
  other.dispose();
});

test('flipped bits in the store are found, set aside and made anew', async () => {
  expect((await build()).exitCode).toBe(0);
  const expected = repo.digest(OUTPUT);
  for (const path of objects()) {
    const bytes = readFileSync(path);
    if (bytes.length === 0) continue;
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 1;
    const flipped = `${path}.flipped`;
    writeFileSync(flipped, bytes);
    rmSync(path);
    copyFileSync(flipped, path);
    rmSync(flipped);
  }
  repo.remove('_output');
  const run = await build();
  expect(run.exitCode, run.stderr).toBe(0);
  expect(codes(run)).toContain('store/corrupt');
  expect(repo.digest(OUTPUT)).toBe(expected);
});

test('a source that is edited while packages are compiled never gives a program of two texts', async () => {
  const literals = Array.from({ length: 60_000 }, (_, i) => `\t"w${i}",`).join('\n');
  const text = (value: number) =>
    `package p0\n\nvar words = []string{\n${literals}\n}\n\nfunc Sum() int { return len(words) + ${value} }\n`;
  repo.write('p0/p.go', text(1));
  let isEdited = false;
  const edit = async () => {
    for (let tries = 0; tries < 400 && !isEdited; tries++) {
      await sleep(25);
      // Once the standard library is there, the large package is being compiled.
      if (objects().length > 40) {
        repo.write('p0/p.go', text(2));
        isEdited = true;
      }
    }
  };
  mkdirSync(join(cache, 'store/v1/cas/sha256'), { recursive: true });
  const [run] = await Promise.all([build(), edit()]);
  expect(isEdited).toBe(true);
  expect(run.exitCode, run.stderr).toBe(0);
  const again = await build();
  expect(again.exitCode).toBe(0);
  expect(repo.digest(OUTPUT)).toBe(await undisturbed());
});

describe.skipIf(!ROOT)('a disk that fills up under the store', () => {
  let place: string;

  beforeEach(() => {
    place = scratch('small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', place]);
  });
  afterEach(() => {
    execFileSync('umount', [place]);
  });

  test('costs the run or the keeping, never the bytes; with room again it goes on', async () => {
    const expected = await undisturbed();
    const run = await build({ env: { KUBEWRIGHT_CACHE: place } });
    expect(codes(run), run.stderr).toContain('disk/full');
    if (run.exitCode === 0) expect(repo.digest(OUTPUT)).toBe(expected);
    else expect(repo.has(OUTPUT)).toBe(false);
    execFileSync('mount', ['-o', 'remount,size=200m', place]);
    const again = await build({ env: { KUBEWRIGHT_CACHE: place } });
    expect(again.exitCode, again.stderr).toBe(0);
    expect(repo.digest(OUTPUT)).toBe(expected);
  });
});

test('after a failure the rest is built, or with --no-keep-going nothing new is started', async () => {
  repo.write('p0/p.go', 'package p0\n\nfunc Sum() int { return pears }\n');
  repo.write(
    'cmd/other/main.go',
    'package main\n\nimport "net/http"\n\nfunc main() { println(http.StatusOK) }\n',
  );
  const other = 'compile:cmd/other@linux/amd64';
  const stopped = await build({}, ['cmd/other', '--no-keep-going']);
  expect(stopped.exitCode).toBe(1);
  expect(outcomes(stopped)[other]).toBe('cancelled');
  const kept = await build({}, ['cmd/other', '--keep-going']);
  expect(kept.exitCode).toBe(1);
  expect(outcomes(kept)[other]).toBe('built');
});

test('two mains in one directory are told with file and line', async () => {
  repo.write('cmd/chain/second.go', 'package main\n\nfunc main() {}\n');
  const run = await build();
  expect(run.exitCode).toBe(1);
  const letters = run.events.flatMap((event) => (event.type === 'diagnostic' ? [event.diagnostic] : []));
  const letter = letters.find(({ code }) => code === 'build/compile-failed');
  expect(letter?.what).toContain('main redeclared');
  expect(letter?.where[0]).toMatchObject({ file: 'cmd/chain/second.go', line: 3 });
});
