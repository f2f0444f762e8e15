/** The machine's own package sources, rewritten for what is asked of them. Pure. */

/** One file of apt's configuration: `debian.sources`, `sources.list`. */
export interface SourcesFile {
  readonly name: string;
  readonly text: string;
}

/** The same repositories with the same keys, as `deb-src`; the format is that of the file's name (sources.list(5)). */
export function asSourceEntries({ name, text }: SourcesFile): SourcesFile {
  return { name, text: name.endsWith('.sources') ? stanzas(text) : lines(text) };
}

/** The same repositories for binary packages alone. */
export function asBinaryEntries({ name, text }: SourcesFile): SourcesFile {
  return { name, text: name.endsWith('.sources') ? stanzas(text, 'deb') : lines(text, 'deb') };
}

/** `deb [options] URI suite component…`; discs are left out. */
function lines(text: string, type = 'deb-src'): string {
  const kept = text.split('\n').flatMap((line) => {
    const [, rest] = /^\s*deb(?:-src)?\s+(.*)$/.exec(line) ?? [];
    return rest === undefined || /^(\[[^\]]*\]\s*)?cdrom:/.test(rest) ? [] : [`${type} ${rest}`];
  });
  return `${[...new Set(kept)].join('\n')}\n`;
}

/** deb822: only the Types field changes, so that keys written into the file stay whole. */
function stanzas(text: string, type = 'deb-src'): string {
  return text.replace(/^Types:.*$/gim, `Types: ${type}`);
}

/** Directories that belong to one fetch alone. */
export interface AptDirectories {
  /** Holds the rewritten files. */
  readonly sources: string;
  readonly lists: string;
  readonly cache: string;
}

/** Options that keep apt out of the system's lists and caches; its proxies and credentials stay in force. */
export function privateAptOptions({ sources, lists, cache }: AptDirectories): string[] {
  const settings = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': sources,
    'Dir::State::lists': lists,
    'Dir::Cache': cache,
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    // Its unprivileged user could not read a directory below a private home.
    'APT::Sandbox::User': 'root',
    'APT::Get::List-Cleanup': 'false',
  };
  return ['-q', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

/** The `.dsc` among the names of a downloaded source package, and the version in it (epochs are not written there). */
export function sourceVersion(names: readonly string[], packageName: string): string | undefined {
  const dsc = names.find((name) => name.startsWith(`${packageName}_`) && name.endsWith('.dsc'));
  return dsc?.slice(packageName.length + 1, -'.dsc'.length);
}
