/** What an archive of a release holds, before it is packed. */
import type { Platform } from '../target/platform.ts';

export type Member =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Absolute. */
      readonly from: string;
      readonly mode: 0o644 | 0o755;
      /** In bytes, as planned; 0 for what is not made yet. */
      readonly size: number;
      /** Absent for files that are no programs of the tree. */
      readonly program?: Program;
    };

/** A program of the tree that an archive holds. */
export interface Program {
  /** Without `.exe`. */
  readonly name: string;
  readonly platform: Platform;
  /** Absolute. */
  readonly path: string;
}

/** The parts of a release that can be asked for one by one. */
export const PARTS = ['src', 'client', 'node', 'server', 'salt', 'manifests', 'test', 'final'] as const;

export type Part = (typeof PARTS)[number];

export interface Tarball {
  /** `kubernetes-client-linux-amd64.tar.gz` */
  readonly name: string;
  readonly part: Part;
  readonly platform?: Platform;
  /** Sorted by path, every directory in front of what lies in it. */
  readonly members: readonly Member[];
  /** Other archives of the release that it holds. */
  readonly holds: readonly string[];
  /** Where the images of the servers go, and for which architecture; absent where none go. */
  readonly images?: { readonly directory: string; readonly arch: string };
}

/** The part that an archive belongs to, by upstream's names. */
export function partOf(name: string): Part {
  const found = PARTS.find((part) => new RegExp(`-${part}\\b`).test(name));
  return found ?? 'final';
}

/** In the order of their bytes, with a directory for each that a path names on its way. */
export function arranged(members: Iterable<Member>): Member[] {
  const byPath = new Map<string, Member>();
  for (const member of members) {
    for (let slash = member.path.indexOf('/'); slash > 0; slash = member.path.indexOf('/', slash + 1)) {
      const path = member.path.slice(0, slash);
      if (byPath.get(path)?.kind !== 'directory') byPath.set(path, { kind: 'directory', path });
    }
    byPath.set(member.path, member);
  }
  // A directory sorts with its slash, so that what lies in it follows at once.
  const key = (member: Member) => (member.kind === 'directory' ? `${member.path}/` : member.path);
  return [...byPath.values()]
    .map((member) => ({ member, bytes: Buffer.from(key(member)) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ member }) => member);
}
