/** One directory as a build context sees it: which files belong, and what they import. go/build's ImportDir. */
import type { BuildContext } from './context.ts';
import { embedPatterns } from './embedlines.ts';
import type { FileHeader, HeaderStore } from './headers.ts';
import { Unsupported } from './unsupported.ts';

/** Files by kind under go list's names, each sorted, and what their headers say together. Tests are left out. */
export interface ScannedDirectory {
  readonly name: string;
  readonly files: Readonly<Record<FileKind, readonly string[]>>;
  /** Sorted, each once; `C` among them. */
  readonly imports: readonly string[];
  readonly embedPatterns: readonly string[];
  readonly importComment: string;
}

export const FILE_KINDS = [
  ...(['GoFiles', 'CgoFiles', 'IgnoredGoFiles', 'CFiles', 'CXXFiles', 'MFiles', 'HFiles'] as const),
  ...(['FFiles', 'SFiles', 'SysoFiles'] as const),
];
export type FileKind = (typeof FILE_KINDS)[number];

const KIND_OF_EXTENSION: Readonly<Record<string, FileKind>> = {
  ...{ c: 'CFiles', cc: 'CXXFiles', cpp: 'CXXFiles', cxx: 'CXXFiles', m: 'MFiles' },
  ...{ h: 'HFiles', hh: 'HFiles', hpp: 'HFiles', hxx: 'HFiles' },
  ...{ f: 'FFiles', F: 'FFiles', for: 'FFiles', f90: 'FFiles' },
  ...{ s: 'SFiles', S: 'SFiles', sx: 'SFiles', syso: 'SysoFiles' },
};

/** Reads a directory; undefined when it is none. Whatever Go would call an error is Unsupported. */
export function scanDirectory(
  store: HeaderStore,
  context: BuildContext,
  directory: string,
): ScannedDirectory | undefined {
  const names = store.names(directory);
  if (!names) return undefined;
  const scan = new Scan(context, directory);
  for (const name of names) scan.add(name, () => store.header(directory, name));
  return scan.result();
}

class Scan {
  readonly #context: BuildContext;
  readonly #directory: string;
  readonly #files = Object.fromEntries(FILE_KINDS.map((kind) => [kind, [] as string[]])) as Record<
    FileKind,
    string[]
  >;
  readonly #capitalS: string[] = [];
  readonly #imports = new Set<string>();
  readonly #embeds = new Set<string>();
  #name = '';
  #importComment = '';

  constructor(context: BuildContext, directory: string) {
    this.#context = context;
    this.#directory = directory;
  }

  add(name: string, read: () => FileHeader): void {
    if (name.endsWith('.go')) this.#addGo(name, read);
    else if (!name.startsWith('_') && !name.startsWith('.')) this.#addOther(name, read);
  }

  result(): ScannedDirectory {
    const files = this.#files;
    if (files.GoFiles.length + files.CgoFiles.length === 0)
      throw new Unsupported(`no Go files for this platform in ${this.#directory}`);
    const hasCgo = files.CgoFiles.length > 0;
    // gcc takes .S files, Go's own assembler does not (go/build).
    if (hasCgo) files.SFiles = [...files.SFiles, ...this.#capitalS].sort();
    if (!this.#context.cgo) for (const kind of ['CFiles', 'CXXFiles', 'MFiles'] as const) files[kind] = [];
    const foreign = [files.CFiles, files.CXXFiles, files.MFiles, files.FFiles].some(
      (list) => list.length > 0,
    );
    if (foreign && !hasCgo) throw new Unsupported(`C files without cgo in ${this.#directory}`);
    return {
      name: this.#name,
      files,
      imports: [...this.#imports].sort(),
      embedPatterns: [...this.#embeds].sort(),
      importComment: this.#importComment,
    };
  }

  #addGo(name: string, read: () => FileHeader): void {
    if (name.endsWith('_test.go')) return;
    if (name.startsWith('_') || name.startsWith('.')) {
      // Up to Go 1.15 these count as ignored, later as no files at all.
      if (!this.#context.since('1.16')) this.#files.IgnoredGoFiles.push(name);
      return;
    }
    if (!this.#context.nameFits(name)) {
      this.#files.IgnoredGoFiles.push(name);
      return;
    }
    const header = read();
    if (!this.#context.constraintsFit(header.constraints) || header.packageName === 'documentation') {
      this.#files.IgnoredGoFiles.push(name);
      return;
    }
    if (header.broken) throw new Unsupported(`the header of ${this.#directory}/${name}`);
    this.#note(header, name);
  }

  #note(header: FileHeader, name: string): void {
    if (this.#name !== '' && header.packageName !== this.#name)
      throw new Unsupported(`packages ${this.#name} and ${header.packageName} in ${this.#directory}`);
    this.#name = header.packageName;
    this.#importComment ||= header.importComment;
    const imports = header.imports === '' ? [] : header.imports.split(' ');
    const isCgo = imports.includes('C');
    const isIdle = isCgo && !this.#context.cgo;
    this.#files[isIdle ? 'IgnoredGoFiles' : isCgo ? 'CgoFiles' : 'GoFiles'].push(name);
    if (isIdle && !this.#context.countsIdleCgo) return;
    for (const path of imports) this.#imports.add(path);
    if (header.embeds === '' || !this.#context.since('1.16')) return;
    for (const line of header.embeds.split('\n')) {
      const patterns = embedPatterns(line);
      if (!patterns) throw new Unsupported(`the go:embed line of ${this.#directory}/${name}`);
      for (const pattern of patterns) this.#embeds.add(pattern);
    }
  }

  #addOther(name: string, read: () => FileHeader): void {
    if (!this.#context.nameFits(name)) return;
    const extension = name.slice(name.lastIndexOf('.') + 1);
    if (extension !== 'syso' && !this.#context.constraintsFit(read().constraints)) return;
    const kind = KIND_OF_EXTENSION[extension];
    if (!kind) {
      if (this.#context.cgo) throw new Unsupported(`swig in ${this.#directory}`);
    } else if (extension === 'S' || extension === 'sx') this.#capitalS.push(name);
    else this.#files[kind].push(name);
  }
}
