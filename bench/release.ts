/**
 * The tarballs of clients, nodes and servers for linux/amd64, with the sources that two of them hold, against the
 * functions of the tree's own build/lib/release.sh on the same programs: `node bench/release.ts TREE PROGRAMS [CASE…]`.
 * TREE is a Kubernetes of 1.14 to 1.28; PROGRAMS holds linux/amd64/NAME. Upstream's images, which need Docker, are
 * left out on both sides.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, runCases, type Side } from './harness.ts';

const [tree, programs, ...wanted] = process.argv.slice(2);
if (!tree || !programs) {
  console.error('usage: node bench/release.ts TREE PROGRAMS [CASE…]');
  process.exit(2);
}
const program = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-release-'));

/** A copy of the tree with the programs where one side looks for them. */
function checkout(name: string, place: string): string {
  const root = join(scratch, name);
  const filter = (path: string) => !/\/(_output|\.git)$/.test(path);
  cpSync(resolve(tree as string), root, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter,
  });
  mkdirSync(join(root, place), { recursive: true });
  cpSync(resolve(programs as string), join(root, place), { recursive: true });
  return root;
}

const ours = checkout('ours', '_output/local/bin');
const theirs = checkout('upstream', '_output/dockerized/bin');
const script = join(scratch, 'upstream.sh');
writeFileSync(
  script,
  `source build/common.sh
source build/lib/release.sh
kube::version::get_version_vars
TAR=tar
kube::release::create_docker_images_for_server() { :; }
kube::build::ensure_tar() { :; }
rm -rf "\${RELEASE_STAGE}" "\${RELEASE_TARS}"
mkdir -p "\${RELEASE_TARS}"
kube::release::package_src_tarball &
kube::release::package_client_tarballs &
wait
kube::release::package_node_tarballs &
kube::release::package_server_tarballs &
wait
`,
);

const env = {
  PATH: `${join(process.execPath, '..')}:/usr/sbin:/usr/bin:/sbin:/bin`,
  HOME: scratch,
  KUBE_FASTBUILD: 'true',
};
const argv = [
  process.execPath,
  program,
  'release',
  'quick',
  '--from-local',
  '--skip-images',
  '--only',
  'client,node,server',
  '-q',
];

function wipe(): void {
  for (const path of [
    join(ours, '_output/kubewright'),
    join(ours, '_output/release-tars'),
    join(scratch, '.cache'),
  ])
    rmSync(path, { recursive: true, force: true });
}

const us: Side = { argv, cwd: ours, env };
const upstream: Side = { argv: ['bash', script], cwd: theirs, env };
const cases: readonly Case[] = [
  {
    ...{ name: 'cold', limit: 0.4, rounds: { ours: 2, upstream: 2 } },
    ...{ ours: { ...us, before: wipe }, upstream },
  },
  { ...{ name: 'no-op', limit: 1 / 50, rounds: { ours: 5, upstream: 1 } }, ...{ ours: us, upstream } },
];

const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const rows = await runCases(chosen, fileURLToPath(new URL('results', import.meta.url)));
rmSync(scratch, { recursive: true, force: true });
process.exit(rows.every((row) => row.holds) ? 0 : 1);
