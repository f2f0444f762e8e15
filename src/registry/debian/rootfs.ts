/**
 * What a root file system of Debian packages needs beside their files: the things that their scripts would do when they
 * are installed. No script is run; what is done instead stands here.
 */
import { type Alternative, numbersByName } from '../../formats/debcontrol.ts';

/** A file, directory or link that no package brings. */
export type MadeEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number; readonly group?: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly bytes: Buffer };

/** Directories that became one with those below /usr (Debian 10 and newer; file-hierarchy(7)). */
const MERGED = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libo32', 'libx32'];

/** The link that has to stand in front of this path, when its first directory is one of the merged ones. */
export function mergedLink(path: string): MadeEntry | undefined {
  const first = path.split('/')[0] ?? '';
  return MERGED.includes(first) ? { kind: 'symlink', path: first, target: `usr/${first}` } : undefined;
}

/** What debuerreotype's slim images leave out too: manuals, translations and all of the documents but licences. */
const LEFT_OUT = /^usr\/share\/(?:doc|info|linda|lintian\/overrides|locale|man)\/./;

export function isLeftOut(path: string, kind: string): boolean {
  if (!LEFT_OUT.test(path) || kind === 'directory') return false;
  return !/^usr\/share\/doc\/(?:.*\/copyright|[^/]+)$/.test(path);
}

/** The same for packages that somebody installs later (dpkg.cfg(5)). */
const DPKG_EXCLUDES = `path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/linda/*
path-exclude /usr/share/lintian/overrides/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
`;

/** Files that the making of others reads, and how long they may be. */
export function isTemplate(path: string): boolean {
  return (
    /^usr\/share\/base-(?:passwd|files)\/[^/]+$/.test(path) ||
    /^usr\/share\/ca-certificates\/.+\.crt$/.test(path)
  );
}

export const TEMPLATE_LIMIT = 1024 * 1024;

/** What base-passwd, base-files, ca-certificates and dpkg make when they are configured. `has` tells a path of the root. */
export function madeFiles(
  templates: ReadonlyMap<string, Buffer>,
  has: (path: string) => boolean,
): MadeEntry[] {
  const made: MadeEntry[] = [];
  const directory = (path: string, mode = 0o755, group?: string) =>
    made.push({ kind: 'directory', path, mode, ...(group ? { group } : {}) });
  const link = (path: string, target: string) => made.push({ kind: 'symlink', path, target });
  const file = (path: string, bytes: Buffer | string | undefined, mode = 0o644) =>
    bytes !== undefined && made.push({ kind: 'file', path, mode, bytes: Buffer.from(bytes) });
  const template = (name: string) => templates.get(`usr/share/${name}`);
  if (template('base-passwd/passwd.master')) {
    file('etc/passwd', template('base-passwd/passwd.master'));
    file('etc/group', template('base-passwd/group.master'));
  } else {
    // Programs ask who they are, and cgo's os/user fails without an answer.
    file(
      'etc/passwd',
      'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n',
    );
    file('etc/group', 'root:x:0:\nnogroup:x:65534:\n');
  }
  if (template('base-files/profile')) {
    file('root/.profile', template('base-files/dot.profile'));
    file('root/.bashrc', template('base-files/dot.bashrc'));
    file('etc/profile', template('base-files/profile'));
    file('etc/nsswitch.conf', template('base-files/nsswitch.conf'));
    link('etc/dpkg/origins/default', 'debian');
    for (const name of ['mnt', 'srv', 'opt', 'media', 'var/opt', 'etc/opt']) directory(name);
    directory('run/lock', 0o1777);
    directory('var/mail', 0o2775, 'mail');
    for (const name of ['bin', 'etc', 'games', 'include', 'lib', 'sbin', 'share', 'src'])
      directory(`usr/local/${name}`);
  }
  if (has('usr/bin/dpkg')) {
    file('etc/dpkg/dpkg.cfg.d/kubewright-excludes', DPKG_EXCLUDES);
    file('var/lib/dpkg/info/format', '1\n');
    for (const name of ['available', 'diversions', 'statoverride']) file(`var/lib/dpkg/${name}`, '');
    for (const name of ['parts', 'triggers', 'updates']) directory(`var/lib/dpkg/${name}`);
  }
  made.push(...certificates(templates));
  return made.filter(({ path }) => !has(path));
}

/** Directories that base-files brings and its script then makes links of. */
export const MOVED_DIRECTORIES: readonly MadeEntry[] = [
  { kind: 'symlink', path: 'var/run', target: '/run' },
  { kind: 'symlink', path: 'var/lock', target: '/run/lock' },
];

/** One file of all authorities, in the order of their names, and a link for each: most of update-ca-certificates(8). */
function certificates(templates: ReadonlyMap<string, Buffer>): MadeEntry[] {
  const all = [...templates].filter(([path]) => path.endsWith('.crt')).sort(([a], [b]) => (a < b ? -1 : 1));
  if (all.length === 0) return [];
  const bytes = Buffer.concat(all.map(([, text]) => Buffer.from(`${text.toString('utf8').trimEnd()}\n`)));
  const links = all.map(([path]): MadeEntry => {
    const name = (path.split('/').at(-1) ?? '').replace(/\.crt$/, '.pem');
    return { kind: 'symlink', path: `etc/ssl/certs/${name}`, target: `/${path}` };
  });
  return [...links, { kind: 'file', path: 'etc/ssl/certs/ca-certificates.crt', mode: 0o644, bytes }];
}

/** For each link the offer of the highest priority whose program is there; links go by way of /etc/alternatives. */
export function alternativeLinks(
  offers: readonly Alternative[],
  has: (path: string) => boolean,
): MadeEntry[] {
  const best = new Map<string, Alternative>();
  for (const offer of offers) {
    const known = best.get(offer.name);
    if (has(bare(offer.path)) && (!known || offer.priority > known.priority)) best.set(offer.name, offer);
  }
  const sorted = [...best.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap((one) =>
    [one, ...one.slaves]
      .filter(({ path }) => has(bare(path)))
      .flatMap(({ link, name, path }): MadeEntry[] => [
        { kind: 'symlink', path: `etc/alternatives/${name}`, target: path },
        ...(has(bare(link))
          ? []
          : [{ kind: 'symlink', path: bare(link), target: `/etc/alternatives/${name}` } as const]),
      ]),
  );
}

function bare(path: string): string {
  return path.replace(/^\/+/, '');
}

/** Numbers of users and groups by the names that archives hold: those that base-passwd hands out. */
export interface Owners {
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, number>;
}

export function ownersOf(templates: ReadonlyMap<string, Buffer>): Owners {
  const text = (name: string) =>
    templates.get(`usr/share/base-passwd/${name}.master`)?.toString('utf8') ?? '';
  return { users: numbersByName(text('passwd')), groups: numbersByName(text('group')) };
}

export type Root = Map<string, { link?: string }>;
