/**
 * rpm packages as trees with Bazel files define them (1.6 to 1.19): the specs in `build/rpms`. Their `%install` is a
 * few calls of install, mkdir and mv; `{kubelet}` stands for a file that Bazel hands in.
 */
import type { DefinedFile, FileContent, PackageDefinition } from '../../steps/systempackage/definition.ts';
import type { TreeReader } from '../reader.ts';
import { readConstants, readStarlark, StarlarkError } from './starlark.ts';

const FOLDER = 'build/rpms';

/** Definitions of the tree; undefined when it has none. */
export function readSpecs(reader: TreeReader): readonly PackageDefinition[] | undefined {
  const specs = reader.list(FOLDER).filter((name) => name.endsWith('.spec'));
  if (specs.length === 0) return undefined;
  const versions = versionsOf(reader);
  return specs.map((file) => {
    const definition = new Spec(reader, `${FOLDER}/${file}`).definition();
    const version = definition.version ?? versions.get(definition.name);
    return version === undefined ? definition : { ...definition, version };
  });
}

/** What the BUILD file hands to each spec; a file that cannot be read as such names no versions. */
function versionsOf(reader: TreeReader): ReadonlyMap<string, string> {
  const constants = readConstants(reader.text('build/workspace.bzl') ?? '');
  try {
    const calls = readStarlark(reader.text(`${FOLDER}/BUILD`) ?? '', constants);
    return new Map(
      calls.flatMap((call) => {
        const [name, version] = [call.text('name'), call.text('version')];
        return name === undefined || version === undefined ? [] : [[name, version]];
      }),
    );
  } catch (problem) {
    if (problem instanceof StarlarkError) return new Map();
    throw problem;
  }
}

// rpm's own macros, %{_bindir} and its kin, as every distribution has them.
const MACROS: Readonly<Record<string, string>> = {
  _bindir: '/usr/bin',
  _sbindir: '/usr/sbin',
  _libexecdir: '/usr/libexec',
  _sysconfdir: '/etc',
  _sharedstatedir: '/var/lib',
  _localstatedir: '/var',
  _datadir: '/usr/share',
  _unitdir: '/usr/lib/systemd/system',
  buildroot: '',
};

interface Installed {
  readonly mode: number;
  readonly kind: 'file' | 'directory';
  readonly content?: FileContent;
}

class Spec {
  readonly #reader: TreeReader;
  readonly #file: string;
  readonly #macros = new Map(Object.entries(MACROS));
  readonly #tags = new Map<string, string[]>();
  readonly #sections = new Map<string, string[]>();
  readonly #installed = new Map<string, Installed>();

  constructor(reader: TreeReader, file: string) {
    this.#reader = reader;
    this.#file = file;
    this.#parse();
    for (const line of this.#sections.get('install') ?? []) this.#install(line.trim().split(/\s+/));
  }

  definition(): PackageDefinition {
    const name = this.#tag('Name') ?? '';
    const version = this.#tag('Version');
    const isOwn = version === undefined || version === 'OVERRIDE_THIS';
    const files = this.#files();
    const part = files.find(({ content }) => content?.kind === 'part')?.content;
    const url = this.#tag('URL');
    return {
      ...{ name, format: 'rpm' },
      summary: this.#tag('Summary') ?? name,
      description: (this.#sections.get('description') ?? []).join('\n').trim(),
      maintainer: this.#tag('Packager') ?? 'Kubernetes Authors <kubernetes-dev+release@googlegroups.com>',
      licence: (this.#tag('License') ?? '').replace(/^ASL 2\.0$/, 'Apache-2.0'),
      ...(url === undefined ? {} : { homepage: url }),
      section: this.#tag('Group') ?? 'Unspecified',
      revision: this.#tag('Release') ?? '0',
      ...(isOwn ? {} : { version }),
      ...(part?.kind === 'part' ? { part: part.part } : {}),
      files,
      relations: this.#relations(),
      scripts: this.#scripts(),
      units: [],
      where: this.#reader.at(this.#file, 1),
    };
  }

  #parse(): void {
    let section = '';
    for (const line of this.#reader.lines(this.#file)) {
      const [, global, value = ''] = /^%(?:global|define)\s+(\w+)\s+(.*)$/.exec(line) ?? [];
      const begun = /^%(description|prep|build|install|files|pre|post|preun|postun|changelog|check)\s*$/.exec(
        line,
      )?.[1];
      if (global !== undefined) this.#macros.set(global, this.#expanded(value));
      else if (begun !== undefined) section = begun;
      else if (section !== '')
        this.#sections.set(section, [...(this.#sections.get(section) ?? []), this.#expanded(line)]);
      else {
        const [, tag, text = ''] = /^(\w+):\s*(.*?)\s*$/.exec(line) ?? [];
        if (tag !== undefined) this.#tags.set(tag, [...(this.#tags.get(tag) ?? []), this.#expanded(text)]);
      }
    }
  }

  #tag(name: string): string | undefined {
    return this.#tags.get(name)?.[0];
  }

  #expanded(text: string): string {
    return text.replace(
      /%\{(\w+)\}/g,
      (all, name: string) => this.#macros.get(name) ?? this.#lowerTag(name) ?? all,
    );
  }

  /** `%{name}` is the tag Name. */
  #lowerTag(name: string): string | undefined {
    return this.#tag(name[0]?.toUpperCase() + name.slice(1));
  }

  /** One command of %install. */
  #install([command = '', ...words]: readonly string[]): void {
    const { flags, operands } = splitOptions(words);
    if (command === 'mkdir') for (const path of operands) this.#directory(path);
    if (command === 'mv' || command === 'cp') {
      const target = operands.at(-1)?.replace(/\/$/, '');
      for (const source of operands.slice(0, -1)) {
        const place = `${target}/${source.replace(/\/\*?$/, '')}`.replace(/\/\.$/, '');
        if (target) this.#installed.set(place, { kind: 'file', mode: 0o755, content: this.#partFile('all') });
      }
    }
    if (command !== 'install') return;
    const mode = Number.parseInt(flags.get('m') ?? '755', 8);
    if (flags.has('d')) for (const path of operands) this.#directory(path, mode);
    else if (flags.has('t')) {
      const directory = (flags.get('t') as string).replace(/\/$/, '');
      for (const source of operands) this.#put(`${directory}/${nameOf(source)}`, mode, source);
    } else if (operands.length === 2) {
      const [source = '', target = ''] = operands;
      const isFolder = target.endsWith('/') && !flags.has('T');
      this.#put(isFolder ? `${target}${nameOf(source)}` : target, mode, source);
    }
  }

  #put(path: string, mode: number, source: string): void {
    const placed = /^\{(.+)\}$/.exec(source)?.[1];
    const own = `${FOLDER}/${placed ?? source}`;
    const content: FileContent = this.#reader.has(own)
      ? { kind: 'tree', path: own }
      : placed === undefined
        ? this.#partFile(source)
        : { kind: 'program', name: placed };
    this.#installed.set(path, { kind: 'file', mode, content });
  }

  #partFile(file: string): FileContent {
    return { kind: 'part', part: this.#tag('Name') ?? '', file };
  }

  #directory(path: string, mode = 0o755): void {
    this.#installed.set(path.replace(/\/$/, ''), { kind: 'directory', mode });
  }

  /** What %files lists of what was installed; a directory brings what lies in it. */
  #files(): DefinedFile[] {
    const chosen = new Map<string, DefinedFile>();
    for (const line of this.#sections.get('files') ?? []) {
      const [, attributes = '', listed = ''] =
        /^((?:%\w+(?:\([^)]*\))?\s+)*)(\/\S+)\s*$/.exec(line.trim()) ?? [];
      if (listed === '') continue;
      const path = listed.replace(/\/$/, '');
      const mode = /%attr\((\d+)/.exec(attributes)?.[1];
      const role = attributes.includes('%config') ? ({ role: 'config' } as const) : {};
      for (const [place, one] of this.#installed) {
        const isSame = place === path;
        if (!isSame && (attributes.includes('%dir') || !place.startsWith(`${path}/`))) continue;
        const chosenMode = isSame && mode !== undefined ? Number.parseInt(mode, 8) : one.mode;
        const { kind, content } = one;
        chosen.set(place, { path: place, kind, mode: chosenMode, ...role, ...(content ? { content } : {}) });
      }
      if (attributes.includes('%dir') && !chosen.has(path))
        chosen.set(path, { path, kind: 'directory', mode: 0o755 });
    }
    return [...chosen.values()];
  }

  #relations(): PackageDefinition['relations'] {
    const tags = { depends: 'Requires', conflicts: 'Conflicts', replaces: 'Obsoletes', provides: 'Provides' };
    const entries = Object.entries(tags).map(([kind, tag]) => [kind, this.#tags.get(tag) ?? []] as const);
    return Object.fromEntries(entries.filter(([, list]) => list.length > 0));
  }

  #scripts(): PackageDefinition['scripts'] {
    const text = (section: string) => (this.#sections.get(section) ?? []).join('\n').trim();
    const sections = {
      beforeInstall: 'pre',
      afterInstall: 'post',
      beforeRemove: 'preun',
      afterRemove: 'postun',
    };
    return Object.fromEntries(
      Object.entries(sections).flatMap(([moment, section]) =>
        text(section) ? [[moment, `${text(section)}\n`]] : [],
      ),
    );
  }
}

/** `-p -m 644 -t DIR FILE` */
function splitOptions(words: readonly string[]): {
  readonly flags: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
} {
  const flags = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (!/^-\w/.test(word)) operands.push(word);
    else if (/^-[mt]$/.test(word)) flags.set(word[1] as string, words[++i] ?? '');
    else for (const letter of word.slice(1)) flags.set(letter, '');
  }
  return { flags, operands };
}

function nameOf(source: string): string {
  const name = source.slice(source.lastIndexOf('/') + 1);
  return name.replace(/^\{(.+)\}$/, '$1');
}
