/** Lays packages out as one layer: a tar stream whose bytes depend on the packages alone. */
import { createHash } from 'node:crypto';
import { type Alternative, alternativesOf, relationNames } from '../../formats/debcontrol.ts';
import { missingParents, placeIn } from '../../formats/oci/rootfs.ts';
import { type TarEntry, type TarMember, tar } from '../../formats/tar.ts';
import type { ReadTarMember } from '../../formats/tarreader.ts';
import type { Host } from '../../host/host.ts';
import { damagedPackage, type OpenPackage, openPackage } from './package.ts';
import {
  alternativeLinks,
  isLeftOut,
  isTemplate,
  type MadeEntry,
  MOVED_DIRECTORIES,
  madeFiles,
  mergedLink,
  type Owners,
  ownersOf,
  type Root,
  TEMPLATE_LIMIT,
} from './rootfs.ts';
import { statusStanza } from './status.ts';

export interface LayerPackage {
  readonly name: string;
  /** Of its `.deb`. */
  readonly path: string;
}

/** What one layer tells those above it. */
export interface RootState {
  readonly root: Root;
  readonly templates: Map<string, Buffer>;
  /** Stanzas of /var/lib/dpkg/status by package. */
  readonly status: Map<string, string>;
  readonly offers: Alternative[];
  /** Time of the newest file, seconds since 1970. */
  newest: number;
}

export function emptyState(): RootState {
  return { root: new Map(), templates: new Map(), status: new Map(), offers: [], newest: 0 };
}

/** The layer of some packages over what `state` tells of those below; `state` tells of both afterwards. */
export async function* packageLayer(
  host: Host,
  signal: AbortSignal,
  packages: readonly LayerPackage[],
  state: RootState,
): AsyncGenerator<Uint8Array> {
  const writer = new LayerWriter(host, signal, state);
  try {
    yield* tar(writer.members(packages));
  } catch (problem) {
    throw damagedPackage(writer.current?.path ?? '', problem);
  }
}

class LayerWriter {
  readonly #host: Host;
  readonly #signal: AbortSignal;
  readonly #state: RootState;
  /** Files and links that this layer has, so that none is in it twice. */
  readonly #placed = new Set<string>();
  /** The package that is being read, for messages. */
  current: LayerPackage | undefined;
  #owners: Owners = { users: new Map(), groups: new Map() };

  constructor(host: Host, signal: AbortSignal, state: RootState) {
    [this.#host, this.#signal, this.#state] = [host, signal, state];
  }

  async *members(packages: readonly LayerPackage[]): AsyncGenerator<TarMember> {
    const ordered = await this.#ordered(packages);
    this.#owners = ownersOf(this.#state.templates);
    const infos: MadeEntry[] = [];
    for (const one of ordered) {
      this.#signal.throwIfAborted();
      this.current = one;
      yield* this.#package(one, infos);
    }
    const has = (path: string) => this.#has(path);
    const made = [...alternativeLinks(this.#state.offers, has), ...madeFiles(this.#state.templates, has)];
    for (const entry of made) yield* this.#made(entry);
    if (this.#state.status.size > 0) {
      for (const entry of infos) yield* this.#made(entry);
      const stanzas = [...this.#state.status].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
      yield* this.#made({
        ...{ kind: 'file', path: 'var/lib/dpkg/status', mode: 0o644 },
        bytes: Buffer.from(stanzas.join('\n')),
      });
    }
  }

  /** By name; a package that replaces files of another stands in front of it, because the first one keeps them. */
  async #ordered(packages: readonly LayerPackage[]): Promise<LayerPackage[]> {
    const replacers = new Map<string, LayerPackage[]>();
    for (const one of packages) {
      this.current = one;
      const open = await openPackage(this.#host, this.#signal, one.path);
      if (one.name === 'base-passwd') await this.#readTemplates(open.data);
      await open.close();
      for (const name of relationNames(open.fields.get('Replaces')))
        if (name !== one.name) replacers.set(name, [...(replacers.get(name) ?? []), one]);
    }
    const ordered = new Set<LayerPackage>();
    const visiting = new Set<LayerPackage>();
    const visit = (one: LayerPackage): void => {
      if (ordered.has(one) || visiting.has(one)) return;
      visiting.add(one);
      for (const replacer of replacers.get(one.name) ?? []) visit(replacer);
      ordered.add(one);
    };
    for (const one of [...packages].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(one);
    return [...ordered];
  }

  /** The numbers of users and groups are needed before the first file is written. */
  async #readTemplates(data: AsyncIterable<ReadTarMember>): Promise<void> {
    for await (const { entry, content } of data) {
      const path = bare(entry.path);
      if (entry.kind === 'file' && isTemplate(path)) this.#state.templates.set(path, await bytesOf(content));
    }
  }

  async *#package({ path }: LayerPackage, infos: MadeEntry[]): AsyncGenerator<TarMember> {
    const open = await openPackage(this.#host, this.#signal, path);
    try {
      const listed: string[] = [];
      const sums = new Map<string, string>();
      const conffiles = new Set(lines(open.control.get('conffiles')?.bytes));
      for await (const member of open.data) {
        const shipped = bare(member.entry.path);
        listed.push(shipped === '' ? '/.' : `/${shipped}`);
        yield* this.#member(shipped, member, conffiles, sums);
      }
      this.#remember(open, listed, sums, infos);
    } finally {
      await open.close();
    }
  }

  async *#member(
    shipped: string,
    { entry, content }: ReadTarMember,
    conffiles: ReadonlySet<string>,
    sums: Map<string, string>,
  ): AsyncGenerator<TarMember> {
    const { root, templates } = this.#state;
    if (shipped === '') return;
    const merged = mergedLink(shipped);
    if (merged && !root.has(merged.path)) yield* this.#made(merged);
    const moved = MOVED_DIRECTORIES.find((one) => one.path === shipped);
    if (moved && !root.has(shipped)) yield* this.#made(moved);
    const path = placeIn(root, shipped);
    if (isLeftOut(path, entry.kind) || this.#placed.has(path)) return;
    if (entry.kind === 'directory' && root.has(path)) return;
    yield* this.#parents(path);
    const { kind } = entry;
    if (kind !== 'file' && kind !== 'directory' && kind !== 'symlink' && kind !== 'link') return;
    this.#place(path, kind, entry.target);
    this.#state.newest = Math.max(this.#state.newest, entry.mtime);
    const facts: TarEntry = {
      ...{ path, kind, mode: entry.mode, size: kind === 'file' ? entry.size : 0, mtime: entry.mtime },
      ...(kind === 'symlink' ? { target: entry.target } : {}),
      ...(kind === 'link' ? { target: placeIn(root, bare(entry.target)) } : {}),
      uid: this.#owners.users.get(entry.user) ?? entry.uid,
      gid: this.#owners.groups.get(entry.group) ?? entry.gid,
      ...{ user: entry.user || 'root', group: entry.group || 'root' },
    };
    const isConffile = conffiles.has(`/${shipped}`);
    const isKept = kind === 'file' && entry.size <= TEMPLATE_LIMIT && (isConffile || isTemplate(path));
    if (!isKept) yield { entry: facts, ...(facts.size > 0 ? { content } : {}) };
    else {
      const bytes = await bytesOf(content);
      if (isTemplate(path)) templates.set(path, bytes);
      if (isConffile) sums.set(`/${shipped}`, createHash('md5').update(bytes).digest('hex'));
      yield { entry: facts, content: bytes };
    }
  }

  /** The database of dpkg as an installation would leave it. */
  #remember(
    { fields, control }: OpenPackage,
    listed: readonly string[],
    conffiles: ReadonlyMap<string, string>,
    infos: MadeEntry[],
  ): void {
    const name = fields.get('Package') ?? '';
    this.#state.status.set(name, statusStanza(fields, conffiles));
    this.#state.offers.push(...alternativesOf(control.get('postinst')?.bytes.toString('utf8') ?? ''));
    const qualified = fields.get('Multi-Arch') === 'same' ? `${name}:${fields.get('Architecture')}` : name;
    const info = (kind: string, bytes: Buffer, mode: number) =>
      infos.push({ kind: 'file', path: `var/lib/dpkg/info/${qualified}.${kind}`, mode, bytes });
    info('list', Buffer.from(`${listed.join('\n')}\n`), 0o644);
    for (const [kind, { bytes, mode }] of [...control].sort(([a], [b]) => (a < b ? -1 : 1)))
      if (kind !== 'control') info(kind, bytes, mode & 0o777);
  }

  *#made(entry: MadeEntry): Generator<TarMember> {
    const { root, newest } = this.#state;
    const path = placeIn(root, entry.path);
    if (this.#placed.has(path) || (entry.kind === 'directory' && root.has(path))) return;
    if (entry.kind === 'symlink' && root.get(path)?.link === entry.target) return;
    yield* this.#parents(path);
    this.#place(path, entry.kind, entry.kind === 'symlink' ? entry.target : '');
    const common = { path, mtime: newest };
    if (entry.kind === 'file')
      yield {
        entry: { ...common, kind: 'file', mode: entry.mode, size: entry.bytes.length },
        ...(entry.bytes.length > 0 ? { content: entry.bytes } : {}),
      };
    else if (entry.kind === 'symlink')
      yield { entry: { ...common, kind: 'symlink', mode: 0o777, size: 0, target: entry.target } };
    else {
      const gid = this.#owners.groups.get(entry.group ?? 'root') ?? 0;
      const group = entry.group ?? 'root';
      yield { entry: { ...common, kind: 'directory', mode: entry.mode, size: 0, gid, group } };
    }
  }

  *#parents(path: string): Generator<TarMember> {
    for (const parent of missingParents(this.#state.root, path)) {
      this.#place(parent, 'directory', '');
      yield {
        entry: { path: parent, kind: 'directory', mode: 0o755, size: 0, mtime: this.#state.newest },
      };
    }
  }

  #place(path: string, kind: string, target: string): void {
    this.#placed.add(path);
    this.#state.root.set(path, kind === 'symlink' ? { link: target } : {});
  }

  #has(path: string): boolean {
    return this.#state.root.has(placeIn(this.#state.root, path));
  }
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of content) parts.push(chunk);
  return Buffer.concat(parts);
}

function bare(path: string): string {
  return path.replace(/^(?:\.?\/)+|^\.$/, '').replace(/\/+$/, '');
}

function lines(bytes: Buffer | undefined): string[] {
  return (bytes?.toString('utf8') ?? '').split('\n').filter(Boolean);
}
