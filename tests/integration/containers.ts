/** Checkouts and images for builds in containers: a tree with scripts of upstream's shape, an image of busybox and rsync. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TarMember, tar } from '../../src/formats/tar.ts';
import { copyOf, scratch } from '../trees.ts';
import { type RunOptions, type RunResult, runProgram } from './monorepo.ts';

/** Filters and variables as a tree of 1.20 declares them (spec container-build 6.4, 6.5). */
export const COMMON = `#!/usr/bin/env bash
readonly KUBE_BUILD_IMAGE_CROSS_TAG="$(cat "\${KUBE_ROOT}/build/build-image/cross/VERSION")"
function kube::build::verify_prereqs() {
  KUBE_ROOT_HASH=$(kube::build::short_hash "\${HOSTNAME:-}:\${KUBE_ROOT}:\${KUBE_GIT_BRANCH}")
}
function kube::build::ensure_data_container() {
  docker run --volume "\${REMOTE_ROOT}" --volume /usr/local/go/pkg/linux_amd64_cgo
}
function kube::build::run_build_command_ex() {
  docker_run_opts+=(
    --env "KUBE_FASTBUILD=\${KUBE_FASTBUILD:-false}"
    --env "GOFLAGS=\${GOFLAGS:-}"
  )
}
function kube::build::sync_to_container() {
  kube::build::rsync --delete --filter='H /.git' --filter='- /_tmp/' --filter='- /_output/' --filter='- /' \\
    --filter='H zz_generated.*' "\${KUBE_ROOT}/" there
}
function kube::build::copy_output() {
  kube::build::rsync --filter='+ /_output/dockerized/bin/**' --filter='+ zz_generated.*' --filter='+ types.go' \\
    --filter='+ */' --filter='- /**' there "\${KUBE_ROOT}"
}
`;

export const CROSS_VERSION = 'v1.15.15-legacy-1';

/** A checkout of its own; `files` are added. */
export class Checkout {
  readonly root: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #home: string;

  constructor(environment: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}) {
    this.root = realpathSync(
      copyOf('k8s-1.20', {
        ...{ 'build/common.sh': COMMON, 'build/build-image/VERSION': '5\n' },
        ...{
          'build/build-image/cross/VERSION': `${CROSS_VERSION}\n`,
          'pkg/apples/types.go': 'package apples\n',
        },
        'pkg/apples/zz_generated.deepcopy.go': 'package apples // of the checkout\n',
        ...files,
      }),
    );
    // Older than a run: what is as new as the run's beginning is sent twice by an image with busybox's find.
    execFileSync('find', [this.root, '-exec', 'touch', '-h', '-d', '2021-01-13', '{}', '+']);
    this.#home = scratch('home');
    this.#environment = { HOSTNAME: 'test.machine', ...environment };
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  kubewright(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const env = { HOME: this.#home, ...this.#environment, ...options.env };
    return runProgram(words, { cwd: this.root, ...options, env });
  }

  /** `container run` of a line of shell. */
  shell(line: string, words: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return this.kubewright(['container', 'run', ...words, '/bin/sh', '-c', line], options);
  }
}

/** Root file system of busybox with all its names; with rsync and what it is linked with, when asked. */
export function rootFiles(programs: readonly string[]): AsyncIterable<Uint8Array> {
  const members: TarMember[] = [];
  const file = (path: string, from: string) => {
    const content = readFileSync(from);
    members.push({ entry: { path, kind: 'file', mode: 0o755, size: content.length }, content });
  };
  for (const path of ['bin', 'etc', 'tmp', 'run', 'var', 'usr/bin'])
    members.push({ entry: { path, kind: 'directory', mode: path === 'tmp' ? 0o1777 : 0o755, size: 0 } });
  file('bin/busybox', '/bin/busybox');
  const applets = execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const name of applets)
    if (name !== 'busybox' && !(name === 'sh' && programs.includes('dash')))
      members.push({
        entry: { path: `bin/${name}`, kind: 'symlink', mode: 0o777, size: 0, target: 'busybox' },
      });
  // Busybox's own shell takes no find but its own.
  if (programs.includes('dash'))
    members.push({
      entry: { path: 'bin/sh', kind: 'symlink', mode: 0o777, size: 0, target: '../usr/bin/dash' },
    });
  const libraries = new Set<string>();
  for (const program of programs) {
    const path = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    file(`usr/bin/${program}`, realpathSync(path));
    const linked = execFileSync('ldd', [path], { encoding: 'utf8' });
    for (const [, library = ''] of linked.matchAll(/(\/\S+) \(0x/g)) libraries.add(library);
  }
  for (const library of [...libraries].sort()) file(library.slice(1), realpathSync(library));
  return tar(members);
}

/** A program on a PATH of its own. */
export function programOnPath(name: string, text: string): string {
  const place = scratch('bin');
  writeFileSync(join(place, name), text);
  chmodSync(join(place, name), 0o755);
  return `${place}:${process.env['PATH'] ?? ''}`;
}
