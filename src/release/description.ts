/** What the artifacts of a release hold, for people: the contents of archives as a tree of bounded size, the layers of images. */
import type { DescribedArtifact, DescribedEntry } from '../report/events.ts';
import type { PlannedImage } from '../steps/image/plan.ts';
import type { Member, Tarball } from './member.ts';

/** More entries than this are folded into the directories that they lie in. */
const MOST_ENTRIES = 120;

/** `directory`: absolute, of the archives. */
export function describeTarball(
  { name, platform, members }: Tarball,
  directory: string,
  made: ReadonlySet<string>,
): DescribedArtifact {
  const files = members.flatMap((member): DescribedEntry[] => {
    if (member.kind === 'directory') return [];
    const isMade = member.kind === 'file' && made.has(member.from);
    return [
      {
        ...{ path: member.path, files: 1, size: sizeOf(member) },
        ...(isMade ? { made: member.from } : {}),
      },
    ];
  });
  return {
    ...{ path: `${directory}/${name}`, kind: 'archive', contents: bounded(files) },
    ...(platform ? { platform } : {}),
  };
}

/** `sizeOf`: bytes of a file of this machine. */
export function describeImage(
  { names, platform, base, layers }: PlannedImage,
  path: string,
  sizeOf: (path: string) => number,
): DescribedArtifact {
  const own = layers.map(({ createdBy, entries }) => ({
    createdBy,
    size: entries.reduce((sum, { source }) => sum + (source === undefined ? 0 : sizeOf(source)), 0),
  }));
  const contents = layers.flatMap(({ entries }) =>
    entries.flatMap((entry): DescribedEntry[] =>
      entry.kind === 'directory'
        ? []
        : [{ path: entry.path, files: 1, size: entry.source === undefined ? 0 : sizeOf(entry.source) }],
    ),
  );
  return {
    ...{ path, kind: 'image', platform, names, contents: bounded(contents) },
    base: {
      name: base.name,
      layers: base.layers.length,
      size: base.layers.reduce((sum, { plainSize }) => sum + plainSize, 0),
      ...(base.digest ? { digest: base.digest } : {}),
    },
    layers: own,
  };
}

function sizeOf(member: Member): number {
  if (member.kind === 'file') return member.size;
  return member.kind === 'text' ? Buffer.byteLength(member.text) : 0;
}

/** All entries, or as deep a view as stays within bounds: what lies deeper is counted with its directory. */
export function bounded(entries: readonly DescribedEntry[]): DescribedEntry[] {
  const deepest = Math.max(1, ...entries.map(({ path }) => path.split('/').length));
  for (let depth = deepest; depth > 1; depth--) {
    const found = folded(entries, depth);
    if (found.length <= MOST_ENTRIES) return found;
  }
  return folded(entries, 1);
}

function folded(entries: readonly DescribedEntry[], depth: number): DescribedEntry[] {
  const found = new Map<string, DescribedEntry>();
  for (const entry of entries) {
    const parts = entry.path.split('/');
    if (parts.length <= depth) {
      found.set(entry.path, entry);
      continue;
    }
    const path = `${parts.slice(0, depth).join('/')}/`;
    const known = found.get(path) ?? { path, files: 0, size: 0 };
    found.set(path, { path, files: known.files + entry.files, size: known.size + entry.size });
  }
  return [...found.values()];
}
