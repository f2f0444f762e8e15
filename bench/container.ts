/**
 * Runs in containers against the tree's own `build/run.sh`: `node bench/container.ts TREE COPY [CASE…]`, where TREE and COPY are
 * checkouts of the same sources of Kubernetes 1.7 to 1.34. We run in TREE, upstream's script in COPY. One engine has to be there
 * (DOCKER_HOST) that has the build image of TREE (`kubewright container image` in it); an image made of it gets the name of
 * kube-cross, which upstream's script starts from. Both sides have built the target before they are timed. What they keep at
 * the engine stays there, so that a second bench begins warm.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, runCases, type Side } from './harness.ts';

const [tree, copy, ...wanted] = process.argv.slice(2).map((word, i) => (i < 2 ? resolve(word) : word));
if (!tree || !copy) {
  console.error('usage: node bench/container.ts TREE COPY [CASE…]');
  process.exit(2);
}
const program = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-'));
const BUILD = ['make', 'WHAT=cmd/kubectl'];
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: scratch,
  KUBEWRIGHT_CACHE: join(scratch, 'cache'),
  ...(process.env['DOCKER_HOST'] ? { DOCKER_HOST: process.env['DOCKER_HOST'] } : {}),
};

function docker(...words: readonly string[]): string {
  return execFileSync('docker', [...words], { env: environment, encoding: 'utf8' }).trim();
}

function shown(...words: readonly string[]): string {
  return execFileSync(process.execPath, [program, '--dry-run', '--json', ...words], {
    ...{ cwd: tree, env: environment, encoding: 'utf8' },
  });
}

/** The build image, and the name under which upstream's Dockerfile wants it. */
function images(): { readonly build: string; readonly cross: string } {
  const { images: names } = JSON.parse(shown('container', 'run', 'true')) as { images: string[] };
  const [own = '', cross = ''] = names;
  const found = [own, cross].find(
    (name) => spawnSync('docker', ['inspect', name], { env: environment }).status === 0,
  );
  const listed = docker(
    'images',
    '--filter',
    'label=io.kubewright.image',
    '--format',
    '{{.Repository}}:{{.Tag}}',
  );
  const build = found ?? listed.split('\n')[0];
  if (!build || !cross) throw new Error(`${tree} has no build image here: kubewright container image`);
  return { build, cross };
}

const { build, cross } = images();
// Upstream's Dockerfile makes this directory, and fails where it is.
execFileSync('docker', ['build', '--quiet', '--tag', cross, '-'], {
  ...{ env: environment, stdio: ['pipe', 'ignore', 'inherit'] },
  input: `FROM ${build}\nRUN rm -rf /var/run/kubernetes\n`,
});
const ours = (words: readonly string[]): Side => ({
  ...{ argv: [process.execPath, program, '-q', 'container', 'run', ...words], cwd: tree, env: environment },
});
const upstream = (words: readonly string[]): Side => ({
  ...{ argv: ['bash', 'build/run.sh', ...words], cwd: copy, env: environment },
});
const bare: Side = { argv: ['docker', 'run', '--rm', build, 'true'], cwd: scratch, env: environment };

/** Builds on both sides until nothing is left to do. */
function warm(): void {
  for (const { argv, cwd, env } of [ours(BUILD), ours(BUILD), upstream(BUILD)]) {
    const [name = '', ...words] = argv;
    console.error(`warming: ${words.slice(-5).join(' ')}`);
    execFileSync(name, words, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 2 ** 30 });
  }
}

/** Seconds of a bare `docker run`, the middle of five. */
function bareSeconds(): number {
  const [name = '', ...words] = bare.argv;
  const times = [1, 2, 3, 4, 5].map(() => {
    const started = performance.now();
    execFileSync(name, words, { cwd: scratch, env: environment, stdio: 'ignore' });
    return (performance.now() - started) / 1000;
  });
  return times.sort((a, b) => a - b)[2] ?? 0;
}

try {
  warm();
  const start = bareSeconds();
  const cases: readonly Case[] = [
    {
      name: `nothing changed: ${BUILD.join(' ')}`,
      ...{ ours: ours(BUILD), upstream: upstream(BUILD), rounds: { ours: 5, upstream: 2 }, limit: 1 / 3 },
    },
    {
      name: 'the same, run inside again (--always)',
      ours: ours(['--always', ...BUILD]),
      ...{ upstream: upstream(BUILD), rounds: { ours: 3, upstream: 1 } },
    },
    {
      name: 'start of a second run, against docker run',
      ...{ ours: ours(['true']), upstream: bare, rounds: { ours: 5, upstream: 5 } },
      most: { wall: Math.round((start + 2) * 100) / 100 },
    },
  ];
  const chosen = cases.filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  );
  const rows = await runCases(chosen, fileURLToPath(new URL('results/container', import.meta.url)));
  process.exitCode = rows.every((row) => row.holds) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
