/** go.mod, go.work and vendor/modules.txt, as far as package resolution needs them. */

export interface ModFile {
  readonly module: string;
  readonly go: string;
  readonly require: readonly { readonly path: string; readonly version: string }[];
  readonly replace: readonly Replacement[];
  /** Directories of a go.work file. */
  readonly use: readonly string[];
}

export interface Replacement {
  readonly path: string;
  /** '' when every version is replaced. */
  readonly version: string;
  readonly newPath: string;
  readonly newVersion: string;
}

/** Reads the directives of a go.mod or go.work file; lines that it does not know are passed over. */
export function readModFile(text: string): ModFile {
  const file = { module: '', go: '', require: [] as never[], replace: [] as never[], use: [] as never[] };
  const found: { -readonly [M in keyof ModFile]: ModFile[M] extends string ? string : unknown[] } = file;
  for (const [verb, ...words] of directives(text)) {
    const [first = '', second = ''] = words;
    if (verb === 'module') found.module = first;
    else if (verb === 'go') found.go = first;
    else if (verb === 'require') found.require.push({ path: first, version: second });
    else if (verb === 'use') found.use.push(first);
    else if (verb === 'replace') {
      const arrow = words.indexOf('=>');
      const version = arrow === 2 ? second : '';
      const [newPath = '', newVersion = ''] = words.slice(arrow + 1);
      if (arrow > 0) found.replace.push({ path: first, version, newPath, newVersion });
    }
  }
  return file;
}

/** Words of each directive, blocks unfolded. */
function* directives(text: string): Generator<string[]> {
  let block: string | undefined;
  for (const line of text.split('\n')) {
    const words = wordsOf(line);
    if (words.length === 0) continue;
    if (block !== undefined) {
      if (words[0] === ')') block = undefined;
      else yield [block, ...words];
    } else if (words[1] === '(' && words.length === 2) block = words[0];
    else yield words;
  }
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/\/\/.*|"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`(),]+|[(),]/g)) {
    if (word.startsWith('//')) break;
    words.push(/^["`]/.test(word) ? word.slice(1, -1) : word);
  }
  return words;
}

export interface VendoredModule {
  readonly path: string;
  readonly version: string;
  goVersion: string;
  explicit: boolean;
  newPath: string;
  newVersion: string;
}

export interface VendorList {
  /** By `path` or `path@version`. */
  readonly modules: ReadonlyMap<string, VendoredModule>;
  /** Import path of a package → its module. */
  readonly packages: ReadonlyMap<string, VendoredModule>;
  readonly isForWorkspace: boolean;
}

/** Reads vendor/modules.txt (cmd/go/internal/modload, readVendorList). */
export function readVendorList(text: string): VendorList {
  const modules = new Map<string, VendoredModule>();
  const packages = new Map<string, VendoredModule>();
  let current: VendoredModule | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) current = moduleLine(line, modules);
    else if (line.startsWith('## ')) {
      for (const word of line.slice(3).split(';')) {
        const note = word.trim();
        if (current && note === 'explicit') current.explicit = true;
        if (current && note.startsWith('go ')) current.goVersion = note.slice(3);
      }
    } else if (current && line.trim() !== '' && !line.startsWith('#')) packages.set(line.trim(), current);
  }
  return { modules, packages, isForWorkspace: /^## workspace$/m.test(text.slice(0, 200)) };
}

/** `# path version => replacement version`, each part but the path optional. */
function moduleLine(line: string, modules: Map<string, VendoredModule>): VendoredModule | undefined {
  const [, path = '', second = '', ...rest] = line.split(/\s+/);
  const isVersion = second.startsWith('v');
  if (!isVersion && second !== '=>') return undefined;
  const version = isVersion ? second : '';
  const [newPath = '', newVersion = ''] = isVersion ? rest.slice(1) : rest;
  const key = version ? `${path}@${version}` : path;
  let found = modules.get(key);
  if (!found) {
    found = { path, version, goVersion: '', explicit: false, newPath: '', newVersion: '' };
    modules.set(key, found);
  }
  if (newPath) Object.assign(found, { newPath, newVersion });
  return found;
}
