/**
 * Image archives against `docker build` and `docker save` of the same images: `node bench/images.ts TREE BINARIES [CASE…]`.
 * BINARIES holds finished programs, as `kubewright image --from` takes them: those images of TREE are made whose programs are
 * there, for linux/amd64. Both sides build on the same small base, which is at hand for each before it starts; docker keeps no
 * cache between runs, and neither do we. One dockerd has to run (DOCKER_HOST); its CPU time counts. The limit is on CPU time, for
 * docker's work is spread over all cores and waits for nothing to be durable, so that wall times on a busy machine say little.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, runCases, type Side } from './harness.ts';

const [tree, binaries, ...wanted] = process.argv.slice(2);
if (!tree || !binaries) {
  console.error('usage: node bench/images.ts TREE BINARIES [CASE…]');
  process.exit(2);
}
const program = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-'));
const PLATFORM = 'linux/amd64';
const BASE = 'kubewright-bench/base:1';

const names = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].filter((name) =>
  existsSync(fileOf(name)),
);
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: scratch,
  ...(process.env['DOCKER_HOST'] ? { DOCKER_HOST: process.env['DOCKER_HOST'] } : {}),
};

function fileOf(name: string): string {
  const directory = resolve(binaries as string);
  return [`${directory}/${PLATFORM}/${name}`, `${directory}/${name}`].find(existsSync) ?? '';
}

function docker(...words: readonly string[]): string {
  return execFileSync('docker', [...words], { env: environment, encoding: 'utf8' });
}

/** A base with one program in it, known to docker and saved for us. */
function makeBase(): string {
  const context = join(scratch, 'base');
  mkdirSync(context);
  copyFileSync('/bin/busybox', join(context, 'busybox'));
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY busybox /usr/bin/busybox\n');
  docker('build', '-q', '-t', BASE, context);
  const saved = join(scratch, 'base.tar');
  docker('save', '-o', saved, BASE);
  return saved;
}

/** What upstream's script does for each image: a context of hard links, a build, a save (build/lib/release.sh). */
function makeContexts(): string {
  const lines = ['set -e'];
  for (const name of names) {
    const context = join(scratch, `${name}.dockerbuild`);
    mkdirSync(context);
    try {
      linkSync(fileOf(name), join(context, name));
    } catch {
      copyFileSync(fileOf(name), join(context, name));
    }
    writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE}\nCOPY ${name} /usr/local/bin/${name}\n`);
    const image = `k8s.gcr.io/${name}-amd64:bench`;
    lines.push(
      `{ docker build -q --no-cache -t ${image} ${context} >/dev/null && docker save -o ${scratch}/${name}.tar ${image}; } &`,
    );
  }
  lines.push('wait');
  const script = join(scratch, 'upstream.sh');
  writeFileSync(script, `${lines.join('\n')}\n`);
  return script;
}

/** CPU of the daemon and what it has started, seconds (proc(5): fields 14 to 17 of stat). */
function daemonCpu(): number {
  const pid = execFileSync('pgrep', ['-xo', 'dockerd'], { encoding: 'utf8' }).trim();
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

const base = makeBase();
const upstream: Side = {
  ...{ argv: ['bash', makeContexts()], cwd: scratch, env: environment, daemonCpu },
  before: () => {
    for (const name of names) rmSync(join(scratch, `${name}.tar`), { force: true });
  },
};
const ours = (before: () => void): Side => ({
  argv: [
    ...[
      process.execPath,
      program,
      '-q',
      '-C',
      resolve(tree),
      '--out',
      join(scratch, 'out'),
      'image',
      ...names,
    ],
    ...['-p', PLATFORM, '--from', resolve(binaries), '--base', base, '--tag', 'bench'],
  ],
  ...{ cwd: scratch, before },
  env: { ...environment, KUBEWRIGHT_CACHE: join(scratch, 'cache') },
});
const wipe = () => {
  rmSync(join(scratch, 'out'), { recursive: true, force: true });
  rmSync(join(scratch, 'cache/store'), { recursive: true, force: true });
};
const cases: readonly Case[] = [
  {
    name: `archives of ${names.length} images`,
    ...{ ours: ours(wipe), upstream, rounds: { ours: 5, upstream: 3 }, limit: 1 / 5, by: 'cpu' },
  },
  {
    name: 'nothing changed',
    ...{ ours: ours(() => {}), upstream, rounds: { ours: 5, upstream: 2 }, limit: 1 / 40, by: 'cpu' },
  },
];

try {
  const chosen = cases.filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  );
  const rows = await runCases(chosen, fileURLToPath(new URL('results/images', import.meta.url)));
  process.exitCode = rows.every((row) => row.holds) ? 0 : 1;
} finally {
  for (const name of names)
    execFileSync('docker', ['rmi', '-f', `k8s.gcr.io/${name}-amd64:bench`], {
      env: environment,
      stdio: 'ignore',
    });
  rmSync(scratch, { recursive: true, force: true });
}
