/**
 * Runs a tree's own list script with bash where it can do no harm: a closed environment, no network, nothing
 * writable, a short list of text tools, limits on time, memory and output. This file builds the cell and
 * runs in it; `shell/evaluate.ts` knows what to ask and what the answers mean.
 *
 * ```
 *   cell       how                                            when
 *   namespace  unshare: mount net pid ipc uts (+ user), a     Linux with util-linux
 *              tmpfs root holding bash, the tools and the
 *              scripts, remounted read-only; no capabilities
 *   user       another uid, file size limit 0                 root where namespaces are refused
 *   (none)     → the caller parses instead                    elsewhere
 * ```
 */
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { ProcessResult } from '../host/processes.ts';

export interface CellRequest {
  /** Absolute paths of the only files that the script can see, tools aside. */
  readonly files: readonly string[];
  /** The bash program. */
  readonly script: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal;
}

export type CellResult =
  | { readonly kind: 'ran'; readonly cell: 'namespace' | 'user'; readonly result: ProcessResult }
  | { readonly kind: 'unavailable'; readonly why: string };

/** Text tools that list scripts call while they are sourced; nothing else exists in the cell. */
const TOOLS = [
  ...['awk', 'basename', 'cat', 'cut', 'date', 'dirname', 'env', 'expr', 'find', 'grep', 'head', 'id', 'ls'],
  ...[
    'printf',
    'pwd',
    'readlink',
    'realpath',
    'sed',
    'sort',
    'tail',
    'tr',
    'true',
    'uname',
    'uniq',
    'wc',
    'xargs',
  ],
] as const;

const MEMORY_KIBIBYTES = 1_048_576;
const KEEP_BYTES = 4 * 1024 * 1024;
/** The cell could not be built; the next kind is tried. */
const NO_CELL = 113;

/** Runs a script in the strongest cell that this machine allows. */
export async function runInCell(host: Host, request: CellRequest): Promise<CellResult> {
  const bash = locate(host, 'bash');
  if (!bash) return { kind: 'unavailable', why: 'bash was not found on PATH' };
  if (!host.platform.startsWith('linux/')) return { kind: 'unavailable', why: 'only Linux has the sandbox' };
  const root = host.processes.self.isRoot;
  for (const withUser of root ? [false, true] : [true]) {
    const result = await runInNamespaces(host, request, bash, root && !withUser);
    if (result && result.exitCode !== NO_CELL) return { kind: 'ran', cell: 'namespace', result };
  }
  if (root) {
    const result = await runAsOtherUser(host, request, bash);
    if (result && result.exitCode !== NO_CELL) return { kind: 'ran', cell: 'user', result };
  }
  return { kind: 'unavailable', why: 'this machine allows no namespaces (unshare of util-linux)' };
}

async function runInNamespaces(
  host: Host,
  request: CellRequest,
  bash: string,
  asRoot: boolean,
): Promise<ProcessResult | undefined> {
  const programs = Object.fromEntries(
    ['unshare', 'mount', 'chroot', 'setpriv', 'cp', 'mkdir', 'ln', 'chmod', 'ldd'].map((name) => [
      name,
      locate(host, name),
    ]),
  );
  const { unshare, mount, chroot, setpriv, cp, mkdir, ln, chmod, ldd } = programs;
  if (!unshare || !mount || !chroot || !setpriv || !cp || !mkdir || !ln || !chmod || !ldd) return undefined;
  const place = mountPlace(host, request.files);
  if (!place) return undefined;
  const tools = [bash, setpriv, ...TOOLS.flatMap((name) => locate(host, name) ?? [])];
  const libraries = await librariesOf(host, ldd, tools);
  if (!libraries) return undefined;
  const drop = [
    ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
    ...(asRoot ? ['--reuid=65534', '--regid=65534', '--clear-groups'] : []),
  ];
  const copied = [...new Set([...tools, ...libraries, ...request.files])];
  return host.processes.run({
    argv: [
      ...[unshare, '--mount', '--net', '--pid', '--ipc', '--uts', '--fork', '--kill-child=KILL'],
      ...(asRoot ? [] : ['--user', '--map-root-user']),
      ...[
        '--',
        bash,
        '--norc',
        '-c',
        BUILD_CELL,
        'cell',
        place,
        mount,
        cp,
        mkdir,
        ln,
        chmod,
        String(copied.length),
        ...copied,
      ],
      ...[
        chroot,
        place,
        setpriv,
        ...drop,
        bash,
        '--norc',
        '-c',
        LIMITED,
        'cell',
        String(MEMORY_KIBIBYTES),
        bash,
        '--norc',
      ],
      ...['/evaluate.sh', ...request.arguments],
    ],
    environment: { ...request.environment, PATH: toolPath(tools) },
    workingDirectory: '/',
    input: request.script,
    timeoutMilliseconds: request.timeoutMilliseconds,
    graceMilliseconds: 0,
    keepBytes: KEEP_BYTES,
    ...(request.signal ? { signal: request.signal } : {}),
  });
}

/**
 * bash takes a socket on its standard input for a remote shell and reads ~/.bashrc: --norc, everywhere.
 *
 * Builds the root and becomes the command behind the list of files. Device and process directories are what
 * bash itself needs for redirections and `<(…)`; /tmp is given only to a bash that keeps here-strings in files.
 */
const BUILD_CELL = `
new=$1 mount=$2 cp=$3 mkdir=$4 ln=$5 chmod=$6 count=$7; shift 7
{ umask 022
  "$mount" -t tmpfs -o size=128m,mode=755,nodev,nosuid tmpfs "$new" &&
  "$mkdir" "$new/dev" "$new/proc" "$new/tmp" &&
  "$cp" -L --parents -- "\${@:1:count}" "$new" &&
  "$chmod" -R a+rX "$new" &&
  while IFS= read -r line || [[ $line ]]; do printf '%s\\n' "$line"; done > "$new/evaluate.sh" &&
  : > "$new/dev/null" && "$mount" --bind /dev/null "$new/dev/null" &&
  { "$mount" -t proc -o ro,nosuid,nodev,noexec proc "$new/proc" || true; } &&
  "$ln" -s /proc/self/fd "$new/dev/fd"
} >/dev/null 2>&1 || exit ${NO_CELL}
shift "$count"
if (( BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501 )); then
  "$mount" -t tmpfs -o size=1m,mode=1777,nodev,nosuid,noexec tmpfs "$new/tmp" >/dev/null 2>&1 || exit ${NO_CELL}
fi
"$mount" -o remount,bind,ro,nodev,nosuid "$new" >/dev/null 2>&1 || exit ${NO_CELL}
cd "$new" && exec "$@" </dev/null
`;

const LIMITED = 'ulimit -v "$1"; ulimit -c 0; shift; exec "$@"';

/**
 * Root without namespaces: a uid of nobody's own, which is ended afterwards with all it started. It reads
 * what everybody may read, cannot write more than zero bytes into any file, and owns none.
 */
async function runAsOtherUser(
  host: Host,
  request: CellRequest,
  bash: string,
): Promise<ProcessResult | undefined> {
  const setpriv = locate(host, 'setpriv');
  if (!setpriv) return undefined;
  const uid = 2_000_000_000 + (host.processes.self.pid % 1_000_000);
  const become = [setpriv, `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'];
  const closed = [...become, '--bounding-set=-all', '--inh-caps=-all'];
  const common = {
    environment: { ...request.environment, PATH: toolPath([bash]) },
    workingDirectory: '/',
    graceMilliseconds: 0,
  };
  try {
    return await host.processes.run({
      argv: [
        ...[...closed, bash, '--norc', '-c', `ulimit -f 0; ulimit -u 64; ${LIMITED}`, 'cell'],
        ...[String(MEMORY_KIBIBYTES), bash, '--norc', '-s', '--', ...request.arguments],
      ],
      ...common,
      input: request.script,
      timeoutMilliseconds: request.timeoutMilliseconds,
      keepBytes: KEEP_BYTES,
      ...(request.signal ? { signal: request.signal } : {}),
    });
  } finally {
    await host.processes.run({ argv: [...closed, bash, '--norc', '-c', 'kill -KILL -1'], ...common });
  }
}

/** A directory to mount over in the private namespace: one that hides nothing we need to copy. */
function mountPlace(host: Host, files: readonly string[]): string | undefined {
  return ['/mnt', '/media', '/srv', '/opt', '/tmp'].find(
    (place) => host.files.isDirectory(place) && !files.some((file) => file.startsWith(`${place}/`)),
  );
}

/** Shared libraries and loaders of programs, by the system's own `ldd`. */
async function librariesOf(
  host: Host,
  ldd: string,
  programs: readonly string[],
): Promise<string[] | undefined> {
  const result = await host.processes.run({
    argv: [ldd, ...new Set(programs)],
    environment: { PATH: host.processes.searchPath(), LC_ALL: 'C' },
    workingDirectory: '/',
    timeoutMilliseconds: 10_000,
  });
  // A statically linked tool makes ldd exit 1 after it has listed the others.
  const paths = [...result.stdout.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] ?? '');
  return result.timedOut ? undefined : paths;
}

function locate(host: Host, name: string): string | undefined {
  for (const directory of ['/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    const found = host.processes.find(join(directory, name));
    if (found) return found;
  }
  return host.processes.find(name);
}

function toolPath(tools: readonly string[]): string {
  return [
    ...new Set([...tools.map((tool) => tool.slice(0, tool.lastIndexOf('/'))), '/usr/bin', '/bin']),
  ].join(':');
}
