/**
 * Keeps a generator from writing where it should not: on Linux its process sees the file system as read-only, apart
 * from the places it is given (user and mount namespaces, user_namespaces(7), mount_namespaces(7)). Where the kernel or
 * its administrator forbids that, generators run as they are, and only what lies in their scratch place is looked at.
 */
import type { Host } from '../../host/host.ts';

/** The same command line, able to write to these directories alone; they must exist. */
export type Confine = (argv: readonly string[], writable: readonly string[]) => readonly string[];

/** What a confined process is told when it writes elsewhere (EROFS). */
export const REFUSED = /read-only file system/i;

/** Undefined where processes cannot be confined. Asks the machine once. */
export async function confinement(host: Host, signal: AbortSignal): Promise<Confine | undefined> {
  const unshare = host.processes.find('unshare');
  const mount = host.processes.find('mount');
  if (!host.platform.startsWith('linux/') || !unshare || !mount) return undefined;
  // Root in a namespace of its own has no power over the files of others, and needs none to mount.
  const namespaces = host.processes.self.isRoot ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const confine: Confine = (argv, writable) => [
    ...[unshare, ...namespaces, '/bin/sh', '-c'],
    ...[script(mount, writable), 'confined', ...argv],
  ];
  const { exitCode } = await host.processes.run({
    ...{ argv: confine(['/bin/sh', '-c', 'true'], []), environment: {}, workingDirectory: '/', signal },
    onLine: () => {},
  });
  return exitCode === 0 ? confine : undefined;
}

// Places first: a mount of their own keeps them writable when the file system around them is not. Other file systems
// below the root keep their ways. A mount that is refused costs the protection, not the run. The working directory was
// opened behind the new mounts, and is entered again.
function script(mount: string, writable: readonly string[]): string {
  const bind = writable.map(
    (place) => `${mount} --bind ${quoted(place)} ${quoted(place)} 2>/dev/null || exec "$@"\n`,
  );
  return `${bind.join('')}${mount} -o remount,bind,ro / 2>/dev/null\ncd "$PWD"\nexec "$@"`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
