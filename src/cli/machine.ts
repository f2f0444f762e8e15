/** What this machine and this user contribute to a build. */
import { tmpdir } from 'node:os';
import type { Host } from '../host/host.ts';
import type { Layout, MachineFacts } from '../steps/compile/environment.ts';
import type { Tree } from '../tree/tree.ts';

const CGO_VARIABLES = [
  ...['CGO_CFLAGS', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS', 'CGO_LDFLAGS', 'CXX', 'PKG_CONFIG', 'PKG_CONFIG_PATH'],
];
const MODULE_VARIABLES = [
  ...[
    'GOPROXY',
    'GOSUMDB',
    'GONOSUMDB',
    'GONOPROXY',
    'GOPRIVATE',
    'GOINSECURE',
    'GOMODCACHE',
    'GOPATH',
    'GOAUTH',
  ],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'SSH_AUTH_SOCK'],
];

/** `userGoSettings`: what the user keeps with `go env -w`, read as a file; the process environment wins over it. */
export function machineFacts(host: Host, userGoSettings: Readonly<Record<string, string>>): MachineFacts {
  const { environment } = host;
  const home = host.homeDirectory ?? tmpdir();
  const cache = environment['XDG_CACHE_HOME'] || `${home}/.cache`;
  const moduleVariables = {
    GOPATH: `${home}/go`,
    ...pick(userGoSettings, MODULE_VARIABLES),
    ...pick(environment, MODULE_VARIABLES),
  };
  return {
    hostPlatform: host.platform,
    searchPath: host.processes.searchPath(),
    home,
    temporaryDirectory: environment['TMPDIR'] || tmpdir(),
    goCache: environment['GOCACHE'] || userGoSettings['GOCACHE'] || `${cache}/go-build`,
    cgoVariables: pick(environment, CGO_VARIABLES),
    moduleVariables,
    ...(environment['CC'] ? { cCompiler: environment['CC'] } : {}),
    ...(environment['KUBE_EXTRA_GOPATH'] ? { extraGopath: environment['KUBE_EXTRA_GOPATH'] } : {}),
  };
}

/** Directories of a checkout's outputs; KUBE_OUTPUT_SUBPATH moves the local ones, as upstream has it. */
export function layoutOf(host: Host, tree: Pick<Tree, 'root'>, out: string): Layout {
  const absolute = out.startsWith('/') ? out : `${tree.root}/${out}`;
  const subpath = host.environment['KUBE_OUTPUT_SUBPATH'];
  const local = subpath ? `${tree.root}/${subpath}` : `${absolute}/local`;
  return { out: absolute, local, gopath: host.environment['KUBE_GOPATH'] || `${local}/go` };
}

/** The C compiler by path, size and time: another compiler makes other bytes. Undefined when it is missing. */
export function cCompilerProof(host: Host, name: string | undefined): string | undefined {
  const program =
    host.processes.find((name ?? 'gcc').split(' ')[0] ?? '') ??
    (name ? undefined : host.processes.find('clang'));
  if (!program) return undefined;
  const real = host.files.realPath(program);
  const stat = host.files.stat(real);
  return `${real} ${stat?.size} ${stat?.mtime}`;
}

function pick(
  from: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (from[name] ? [[name, from[name]]] : [])));
}
