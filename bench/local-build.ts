/**
 * The local build against upstream's make, on two copies of one Kubernetes tree with one Go.
 *
 *     node bench/local-build.ts --tree DIR --go GOROOT [--work DIR] [--rounds N] [--cases a,b]
 *
 * DIR is a tree as it is unpacked (kubewright source debian kubernetes); nothing is written to it.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchCommand, measure } from './measure.ts';
import { type BenchCase, runCases, type Side, saveResults, table } from './run.ts';

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    go: { type: 'string' },
    work: { type: 'string', default: '_output/bench' },
    rounds: { type: 'string' },
    cases: { type: 'string' },
  },
});
if (!values.tree || !values.go) {
  console.error(
    'usage: node bench/local-build.ts --tree DIR --go GOROOT [--work DIR] [--rounds N] [--cases a,b]',
  );
  process.exit(2);
}
const PROGRAM = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const goroot = resolve(values.go);
const work = resolve(values.work);
const places = { ours: join(work, 'ours/tree'), upstream: join(work, 'upstream/tree') };
/** A file of a staging module that kubectl is built from. */
const STAGING_FILE = 'staging/src/k8s.io/cli-runtime/pkg/printers/name.go';

type Name = 'ours' | 'upstream';

function environment(name: Name): Record<string, string> {
  return {
    PATH: `${goroot}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: join(work, name, 'home'),
    GOCACHE: join(work, name, 'go-build'),
    GOENV: 'off',
    SOURCE_DATE_EPOCH: '1610544489',
    ...(name === 'ours' ? { KUBEWRIGHT_CACHE: join(work, name, 'cache') } : {}),
  };
}

function kubewright(...words: readonly string[]): BenchCommand {
  return {
    argv: [process.execPath, PROGRAM, '--plain', ...words],
    workingDirectory: places.ours,
    environment: environment('ours'),
  };
}

function make(...words: readonly string[]): BenchCommand {
  return {
    argv: ['make', ...words],
    workingDirectory: places.upstream,
    environment: environment('upstream'),
  };
}

/** Builds once, so that the next run is the one that is asked about. */
function warm(command: BenchCommand): Side {
  return {
    command,
    prepare: async (round) => {
      if (round === 0) await measure(command);
    },
  };
}

/** Forgets what was built, compiled and read, never the toolchain: no outputs, no Go cache, no store. */
function cold(name: Name, command: BenchCommand): Side {
  return {
    command,
    prepare: () => {
      for (const path of [
        join(places[name], '_output'),
        join(work, name, 'go-build'),
        join(work, name, 'cache/store'),
        join(work, name, 'cache/trees'),
      ])
        execFileSync('rm', ['-rf', path]);
    },
  };
}

/** Builds, then changes one file as a person does, with a value that was never there. */
function changed(name: Name, command: BenchCommand): Side {
  const file = join(places[name], STAGING_FILE);
  const original = readFileSync(join(resolve(values.tree ?? ''), STAGING_FILE), 'utf8');
  return {
    command,
    prepare: async (round) => {
      if (round === 0) await measure(command);
      writeFileSync(file, original);
      appendFileSync(
        file,
        `\n// BenchRevision is written by the benchmark.\nvar BenchRevision = ${Date.now() + round}\n`,
      );
    },
  };
}

/** The tree as it was, twice. */
function copyTrees(): void {
  for (const place of Object.values(places)) {
    if (existsSync(place)) continue;
    mkdirSync(join(place, '..'), { recursive: true });
    cpSync(resolve(values.tree ?? ''), `${place}.new`, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
    });
    execFileSync('mv', [`${place}.new`, place]);
  }
  for (const name of ['ours', 'upstream'] as const) {
    mkdirSync(join(work, name, 'home'), { recursive: true });
    rmSync(join(places[name], '_output/kubewright/lock'), { force: true });
  }
}

function casesOf(rounds: number | undefined): Record<string, BenchCase> {
  const kubectl = ['build', 'kubectl'];
  return {
    'cold-kubectl': {
      name: 'cold kubectl',
      ours: cold('ours', kubewright(...kubectl)),
      upstream: cold('upstream', make('WHAT=cmd/kubectl')),
      ratioLimit: 0.5,
      rounds: rounds ?? 3,
    },
    'noop-kubectl': {
      name: 'no-op kubectl',
      ours: warm(kubewright(...kubectl)),
      upstream: warm(make('WHAT=cmd/kubectl')),
      ratioLimit: 1 / 25,
      secondsLimit: 0.4,
      mebibytesLimit: 150,
      rounds: rounds ?? 7,
    },
    'dry-run': {
      name: 'dry run of kubectl (-n)',
      ours: warm(kubewright('make', '-n', 'all', 'WHAT=cmd/kubectl')),
      secondsLimit: 0.4,
      rounds: rounds ?? 7,
    },
    staging: {
      name: 'kubectl, one staging file changed',
      ours: changed('ours', kubewright(...kubectl)),
      upstream: changed('upstream', make('WHAT=cmd/kubectl')),
      ratioLimit: 0.6,
      rounds: rounds ?? 3,
    },
    'cold-all': {
      name: 'cold all',
      ours: cold('ours', kubewright('build', 'all')),
      upstream: cold('upstream', make('all')),
      ratioLimit: 0.8,
      rounds: rounds ?? 1,
    },
    'noop-all': {
      name: 'no-op all',
      ours: warm(kubewright('build', 'all')),
      upstream: warm(make('all')),
      ratioLimit: 1 / 200,
      secondsLimit: 0.4,
      mebibytesLimit: 150,
      rounds: rounds ?? 3,
    },
  };
}

const cases = casesOf(values.rounds === undefined ? undefined : Number(values.rounds));
const wanted = values.cases?.split(',') ?? Object.keys(cases);
const unknown = wanted.filter((name) => !(name in cases));
if (unknown.length > 0) {
  console.error(`there is no case ${unknown.join(', ')}; there are ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}
copyTrees();
const results = await runCases(
  Object.entries(cases).flatMap(([name, one]) => (wanted.includes(name) ? [one] : [])),
  (line) => console.error(line),
);
const goVersion = execFileSync(join(goroot, 'bin/go'), ['version'], {
  encoding: 'utf8',
  env: environment('ours'),
}).trim();
console.log(table(results));
console.log(`\n${saveResults('local-build', { tree: values.tree, go: goVersion }, results)}`);
process.exitCode = results.every((result) => result.isWithinLimits) ? 0 : 1;
