/** The machine's own apt: how it is run, and where it gets its packages from. */
import { basename, join } from 'node:path';
import type { Host } from '../../host/host.ts';
import type { ProcessResult } from '../../host/processes.ts';
import type { SourcesFile } from './apt.ts';

/** Runs apt or a program of its kin; proxies and the user's own configuration of apt stay in force. */
export function runApt(
  host: Host,
  argv: readonly string[],
  options: {
    readonly workingDirectory: string;
    readonly signal: AbortSignal;
  },
): Promise<ProcessResult> {
  const inherited = Object.entries(host.environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && /^(HOME|TMPDIR|APT_CONFIG|(https?|ftp|no|all)_proxy)$/i.test(entry[0]),
  );
  const environment = {
    ...Object.fromEntries(inherited),
    PATH: host.processes.searchPath(),
    LC_ALL: 'C',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  return host.processes.run({ argv, environment, ...options });
}

/** Every file of sources that apt reads here, in its order. */
export async function machineSources(host: Host, signal: AbortSignal): Promise<SourcesFile[]> {
  const argv = ['apt-config', 'shell', 'list', 'Dir::Etc::sourcelist/f', 'parts', 'Dir::Etc::sourceparts/d'];
  const { stdout } = await runApt(host, argv, { workingDirectory: '/', signal });
  const setting = (name: string) => new RegExp(`^${name}='(.*)'$`, 'm').exec(stdout)?.[1];
  const list = setting('list') ?? '/etc/apt/sources.list';
  const parts = setting('parts') ?? '/etc/apt/sources.list.d/';
  const paths = [
    list,
    ...(host.files.isDirectory(parts) ? host.files.list(parts) : [])
      .filter((name) => /\.(list|sources)$/.test(name))
      .map((name) => join(parts, name)),
  ];
  return paths.flatMap((path) => {
    const text = host.files.readTextIfAny(path);
    return text === undefined ? [] : [{ name: basename(path), text }];
  });
}

/** Its last errors and warnings; signatures that apt has checked before need no second opinion. */
export function lastLines(text: string): string {
  const lines = text.trim().split('\n');
  const telling = lines.filter((line) => /^[EW]: |: error: /.test(line));
  return (telling.length > 0 ? telling : lines).slice(-4).join('\n') || 'it said nothing';
}
