/** Doctor's questions about the machine: disk, memory, programs, container engine. */
import { resolve } from 'node:path';
import { cacheDirectory, type Host } from '../../host/host.ts';
import type { Tree } from '../../tree/tree.ts';
import { type Check, lacking, ok } from './check.ts';

const GIBIBYTE = 1024 ** 3;
const ENOUGH_DISK = 10 * GIBIBYTE;
const LEAST_DISK = 2 * GIBIBYTE;
const ENOUGH_MEMORY = 4 * GIBIBYTE;

/** Space at the output directory and at the cache. */
export function checkDisk(host: Host, tree: Tree, out: string): Check[] {
  const places = [
    {
      name: 'disk, output',
      path: resolve(tree.root, out),
      remedy: 'free space there, or choose another place with --out',
    },
    {
      name: 'disk, cache',
      path: cacheDirectory(host),
      remedy: 'free space there (kubewright cache prune), or set KUBEWRIGHT_CACHE',
    },
  ];
  return places.flatMap(({ name, path, remedy }) => {
    const free = host.files.freeBytes(path);
    if (free === undefined) return [];
    const found = `${gibibytes(free)} free at ${path}`;
    if (free >= ENOUGH_DISK) return [ok(name, found)];
    return [
      lacking(
        free < LEAST_DISK ? 'missing' : 'warning',
        name,
        `${found}; a whole build takes about 10 GiB`,
        remedy,
      ),
    ];
  });
}

/** Memory that this process may use: what the machine has, or what its control group allows. */
export function checkMemory(host: Host): Check {
  const kibibytes = /^MemTotal:\s+(\d+) kB/m.exec(host.files.readTextIfAny('/proc/meminfo') ?? '')?.[1];
  const physical = kibibytes === undefined ? host.memoryBytes : Number(kibibytes) * 1024;
  const limited = host.memoryBytes < physical * 0.99;
  const found = limited
    ? `${gibibytes(host.memoryBytes)} of ${gibibytes(physical)}, by the limit of the control group`
    : gibibytes(host.memoryBytes);
  if (host.memoryBytes >= ENOUGH_MEMORY) return ok('memory', `${found}, ${host.cpus} cores`);
  const remedy = 'raise the limit, or build fewer things at once: --jobs=1';
  return lacking('warning', 'memory', `${found}; linking a large binary takes 2 to 4 GiB`, remedy);
}

interface Wanted {
  readonly program: string;
  readonly use: string;
  readonly required: boolean;
  readonly without: string;
}

/** Programs that this tree's build runs, and those it can do without. */
export function checkPrograms(host: Host, tree: Tree): Check[] {
  const generates = tree.generationCommand !== undefined || tree.generatedFiles.length > 0;
  const runsMake = (tree.generationCommand ?? []).includes('make');
  const wanted: Wanted[] = [
    {
      program: 'git',
      use: 'to read the version from',
      required: false,
      without: 'a version must be given then: --version-string, or the tree’s archive marks',
    },
    {
      program: 'bash',
      use: 'to read the tree’s lists, and for its own generators',
      required: generates,
      without: 'the lists are parsed instead (--no-eval)',
    },
  ];
  if (generates) {
    const use = 'by the tree’s own code generation';
    const without = 'builds work as long as no generated file is missing or stale';
    wanted.push({ program: 'rsync', use, required: false, without });
    if (runsMake) wanted.push({ program: 'make', use, required: false, without });
  }
  return wanted.map(({ program, use, required, without }) => {
    const found = host.processes.find(program);
    if (found) return ok(program, found);
    const remedy = `install it (apt-get install ${program}); ${without}`;
    return lacking(required ? 'missing' : 'warning', program, `not on PATH; needed ${use}`, remedy);
  });
}

/** A container engine's program; the engine itself is asked only with --engine. */
export async function checkEngine(host: Host, ask: boolean, signal: AbortSignal): Promise<Check> {
  const program = host.processes.find('docker') ?? host.processes.find('podman');
  const remedy = 'needed for containerised builds only: install docker or podman';
  if (!program)
    return lacking('optional', 'container engine', 'neither docker nor podman is on PATH', remedy);
  if (!ask) return ok('container engine', `${program} (not asked; --engine asks it)`);
  const { PATH = '', HOME = '/', DOCKER_HOST, DOCKER_CONTEXT, CONTAINER_HOST } = host.environment;
  const result = await host.processes.run({
    argv: [program, 'version', '--format', '{{.Server.Version}}'],
    environment: {
      ...{ PATH, HOME },
      ...(DOCKER_HOST ? { DOCKER_HOST } : {}),
      ...(DOCKER_CONTEXT ? { DOCKER_CONTEXT } : {}),
      ...(CONTAINER_HOST ? { CONTAINER_HOST } : {}),
    },
    workingDirectory: '/',
    timeoutMilliseconds: 10_000,
    signal,
  });
  if (result.exitCode === 0 && !result.timedOut) {
    return ok('container engine', `${program}, engine ${result.stdout.trim()}`);
  }
  const said = result.timedOut ? 'it did not answer in 10 s' : result.stderr.trim().split('\n')[0];
  const start = 'start the engine, or set DOCKER_HOST; needed for containerised builds only';
  return lacking('warning', 'container engine', `${program} has no engine: ${said}`, start);
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
}
