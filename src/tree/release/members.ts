/** What the stagings of a packaging script come to on the disk: the members of each archive. */
import type { Host } from '../../host/host.ts';
import { arranged, type Member, partOf, type Tarball } from '../../release/member.ts';
import { executableName, type Platform } from '../../target/platform.ts';
import { normal, ROOTS, type ScriptedTarball, type Staging } from './script.ts';

export interface Places {
  readonly host: Host;
  /** Absolute path of the tree. */
  readonly root: string;
  /** Absolute path of a program that was built. */
  readonly program: (name: string, platform: Platform) => string;
  /** Absolute directory of finished archives. */
  readonly tarballs: string;
  /** Names of all archives of this release. */
  readonly names: readonly string[];
}

/** The archive, and paths of the tree that it was to hold and that are not there. */
export function tarballOf(
  scripted: ScriptedTarball,
  places: Places,
): { readonly tarball: Tarball; readonly missing: readonly string[] } {
  const staging = new StagingArea(scripted.root, places);
  for (const one of scripted.stagings) staging.apply(one);
  const platform = /-(linux|windows|darwin)-(\w+)\.tar\.gz$/.exec(scripted.name);
  const tarball = {
    ...{ name: scripted.name, part: partOf(scripted.name), holds: staging.holds },
    members: arranged(staging.members.values()),
    ...(platform ? { platform: `${platform[1]}/${platform[2]}` as Platform } : {}),
    ...(staging.images ? { images: staging.images } : {}),
  };
  return { tarball, missing: staging.missing };
}

/** Names that upstream's scripts delete from what they have staged: editors' and desktops' left-overs. */
const CRUFT = /^(.*~|#.*#|\.DS.*)$/;

class StagingArea {
  readonly members = new Map<string, Member>();
  readonly holds: string[] = [];
  readonly missing: string[] = [];
  images: Tarball['images'];
  readonly #root: string;
  readonly #places: Places;

  constructor(root: string, places: Places) {
    this.#root = root;
    this.#places = places;
    this.#put({ kind: 'directory', path: this.#inside(root) });
  }

  apply(staging: Staging): void {
    const to = this.#inside(normal(staging.to));
    switch (staging.kind) {
      case 'directory':
        this.#put({ kind: 'directory', path: to });
        return;
      case 'text':
        this.#put({ kind: 'text', path: to, text: staging.text });
        return;
      case 'remove':
        for (const path of this.members.keys())
          if (`${path}/`.startsWith(`${to}/`) && path !== this.#inside(this.#root)) this.members.delete(path);
        return;
      case 'images':
        this.images = { directory: to, arch: staging.arch };
        return;
      case 'find':
        this.#find(staging, to);
        return;
      case 'copy':
        this.#copy(staging, to);
        return;
    }
  }

  #copy(staging: Extract<Staging, { kind: 'copy' }>, to: string): void {
    const isInto = staging.to.endsWith('/') || this.members.get(to)?.kind === 'directory';
    const place = (name: string) => (isInto ? `${to}/${name}` : to);
    if (staging.from.startsWith(`${ROOTS.programs}/`)) {
      const [os = '', arch = '', name = ''] = normal(staging.from).split('/').slice(1);
      this.#program(name, `${os}/${arch}`, place(executableName(name, `${os}/${arch}`)));
      return;
    }
    if (staging.from.startsWith(`${ROOTS.tarballs}/`)) {
      for (const name of matching(normal(staging.from).split('/').at(-1) ?? '', this.#places.names)) {
        this.holds.push(name);
        const from = `${this.#places.tarballs}/${name}`;
        this.#put({ kind: 'file', path: place(name), from, mode: 0o644, size: 0 });
      }
      return;
    }
    const path = normal(staging.from.slice(ROOTS.tree.length));
    const absolute = `${this.#places.root}/${path}`;
    if (path.endsWith('/*')) {
      for (const name of this.#list(absolute.slice(0, -2)))
        this.#walk(`${absolute.slice(0, -1)}${name}`, `${to}/${name}`);
      return;
    }
    const { files } = this.#places.host;
    const isThere = staging.recursive ? files.exists(absolute) : files.isFile(absolute);
    if (!isThere) {
      if (!staging.isOptional) this.missing.push(path);
      return;
    }
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (staging.recursive) this.#walk(absolute, place(name));
    else this.#file(absolute, place(name), files.stat(absolute)?.mode ?? 0, files.stat(absolute)?.size ?? 0);
  }

  #program(name: string, platform: Platform, path: string): void {
    const from = this.#places.program(name, platform);
    const size = this.#places.host.files.stat(from)?.size ?? 0;
    this.#put({ kind: 'file', path, from, mode: 0o755, size, program: { name, platform, path: from } });
  }

  #find(staging: Extract<Staging, { kind: 'find' }>, to: string): void {
    const from = normal(staging.from.slice(ROOTS.tree.length));
    const patterns = staging.names.map(globPattern);
    const area = new StagingArea('@found', this.#places);
    area.#walk(`${this.#places.root}/${from}`, 'found');
    for (const member of area.members.values()) {
      const path = member.path.slice('found/'.length);
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (member.kind === 'directory' || !patterns.some((pattern) => pattern.test(name))) continue;
      const { without } = staging;
      if (without && (without.in === 'name' ? name : path).includes(without.text)) continue;
      this.#put({ ...member, path: `${to}/${staging.isFlat ? name : path}` });
    }
  }

  /** An entry with all that lies below it; links stay links. */
  #walk(from: string, path: string): void {
    const { files } = this.#places.host;
    const stat = files.lstat(from);
    if (!stat) return;
    const type = stat.mode & TYPE_BITS;
    if (type === DIRECTORY) {
      this.#put({ kind: 'directory', path });
      for (const name of this.#list(from)) this.#walk(`${from}/${name}`, `${path}/${name}`);
    } else if (type === LINK) this.#put({ kind: 'symlink', path, target: files.readLink(from) ?? '' });
    else if (type === REGULAR) this.#file(from, path, stat.mode, stat.size);
  }

  #list(directory: string): string[] {
    const { files } = this.#places.host;
    if (!files.isDirectory(directory)) return [];
    const names = files.list(directory).map((name) => (name.endsWith('/') ? name.slice(0, -1) : name));
    return names.filter((name) => !CRUFT.test(name));
  }

  #file(from: string, path: string, mode: number, size: number): void {
    this.#put({ kind: 'file', path, from, mode: mode & 0o100 ? 0o755 : 0o644, size });
  }

  #put(member: Member): void {
    this.members.set(member.path, member);
  }

  /** A staged path as it stands in the archive: `kubernetes/…`. */
  #inside(path: string): string {
    return path.slice(this.#root.lastIndexOf('/') + 1);
  }
}

const TYPE_BITS = 0o170000;
const DIRECTORY = 0o040000;
const LINK = 0o120000;
const REGULAR = 0o100000;

function matching(name: string, names: readonly string[]): readonly string[] {
  if (!name.includes('*')) return [name];
  return names.filter((one) => globPattern(name).test(one));
}

function globPattern(glob: string): RegExp {
  return new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}

/** Entries of the tree as they are, links as links, each with all that lies below it; `to` stands before their paths. */
export function copiedMembers(host: Host, root: string, names: readonly string[], to: string): Member[] {
  const area = new StagingArea('@source', { host, root, program: () => '', tarballs: '', names: [] });
  area.members.clear();
  for (const name of names) {
    const copy = { kind: 'copy', from: `${ROOTS.tree}/${name}`, recursive: true, isOptional: true } as const;
    area.apply({ ...copy, to: `${to}${name}`, where: { file: name } });
  }
  return [...area.members.values()];
}
