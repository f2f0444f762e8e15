/** What two artifacts differ in, and what that tells of its cause. */
import type { SectionDifference } from '../../formats/binary/sections.ts';

export type Difference =
  | { readonly kind: 'missing'; readonly path: readonly string[] }
  | { readonly kind: 'extra'; readonly path: readonly string[] }
  | { readonly kind: 'order'; readonly path: readonly string[] }
  | {
      readonly kind: 'facts';
      readonly path: readonly string[];
      readonly fact: string;
      readonly released: string;
      readonly rebuilt: string;
    }
  | {
      readonly kind: 'bytes';
      readonly path: readonly string[];
      readonly offset: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'sections';
      readonly path: readonly string[];
      readonly sections: readonly SectionDifference[];
    }
  | {
      readonly kind: 'version';
      readonly path: readonly string[];
      readonly released: string;
      readonly rebuilt: string;
    }
  /** The members are the same, and what packs them is not: compression, padding. */
  | { readonly kind: 'packing'; readonly path: readonly string[] };

/** One line: where, and what. */
export function describeDifference(artifact: string, difference: Difference): string {
  const place = [artifact, ...difference.path].join('!');
  switch (difference.kind) {
    case 'missing':
      return `${place} is in the rebuilt artifact alone`;
    case 'extra':
      return `${place} is in the released artifact alone`;
    case 'order':
      return `${place} has its members in another order`;
    case 'facts':
      return `${place} has ${difference.fact} ${difference.released}, rebuilt ${difference.rebuilt}`;
    case 'bytes':
      return `${place} differs in ${difference.bytes} bytes, first at ${difference.offset}`;
    case 'sections':
      return `${place} differs in ${difference.sections.map(describeSection).join(', ')}`;
    case 'version':
      return `${place} has ${difference.released}, rebuilt ${difference.rebuilt}`;
    case 'packing':
      return `${place} is packed in another way; its members are the same`;
  }
}

function describeSection({ section, bytes, offset }: SectionDifference): string {
  const at = offset === undefined ? 'in one alone' : `first at ${offset}`;
  return `${section} (${bytes} ${bytes === 1 ? 'byte' : 'bytes'}, ${at})`;
}

export interface Circumstances {
  /** The file has other bytes than its provenance says. */
  readonly changedAfterwards: boolean;
  /** Whether what was built keeps the places that it was built at. */
  readonly keepsPaths: boolean;
}

/** The likeliest reason, as a sentence. */
export function likelyCause(differences: readonly Difference[], circumstances: Circumstances): string {
  const { changedAfterwards, keepsPaths } = circumstances;
  if (changedAfterwards)
    return 'the file was changed after its provenance was written: what was rebuilt is what the provenance promises';
  const version = differences.find((one) => one.kind === 'version');
  if (version) {
    const [before, after] = [version.released, version.rebuilt].map((text) => text.split(' ')[0]);
    if (before !== after) return `${after} rebuilt what ${before} built`;
    return 'another version or date was stamped: the commit, its tags or SOURCE_DATE_EPOCH are not as they were';
  }
  const sections = new Set(
    differences.flatMap((one) => (one.kind === 'sections' ? one.sections.map(({ section }) => section) : [])),
  );
  if (sections.size > 0 && [...sections].every((name) => /buildid|buildinfo|build-id|headers/.test(name)))
    return 'only identities of the build differ: flags or paths that end in the build ID';
  if (sections.size > 0 && keepsPaths)
    return 'programs of this build keep the paths of their checkout: build with --reproducible or --paths container, or verify at the same place';
  if (differences.length > 0 && differences.every(({ kind }) => kind === 'packing'))
    return 'another version of Node or zlib compressed it: compare what it unpacks to';
  if (differences.every(({ kind }) => kind === 'facts' || kind === 'order'))
    return 'another program packed it, or owners, modes and times were not fixed';
  return 'something that the provenance does not name took part: a C compiler, a generator, the machine';
}
