/**
 * Declares the Steps of archives: one for each tarball, and one for each large program that several of them hold, which
 * is compressed once (design: a blob is compressed once, whatever holds it).
 */
import type { Step, StepId } from '../../plan/step.ts';
import type { Member, Tarball } from '../../release/member.ts';

/** What the packer is told; `input` counts the Step's input files. */
export type PackedMember =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly input: number }
  /** The input is the content, deflated already. */
  | { readonly kind: 'deflated'; readonly path: string; readonly mode: number; readonly input: number };

export interface TarballParameters {
  readonly members: readonly PackedMember[];
  /** Time of every member, seconds since 1970. */
  readonly time: number;
  readonly level: number;
}

export interface TarballPlace {
  /** Absolute directory of the archives. */
  readonly directory: string;
  /** Absolute directory for contents that are compressed once. */
  readonly deflated: string;
  readonly time: number;
  /** Of deflate, 1 (fast) to 9 (small). */
  readonly level?: number;
  /** Steps that an archive waits for, by its name. */
  readonly needs: (tarball: Tarball) => readonly StepId[];
  /** The Step that makes an archive, or a file that it holds; absent for files that are there. */
  readonly maker: (path: string) => StepId | undefined;
}

/**
 * Of deflate, unless another is asked for: programs come out two percent larger than at gzip's own 6, in three fifths of
 * the time.
 */
export const LEVEL = 5;

/** Of what is compressed at once: few large pieces cost less than many small ones. */
export const BLOCK_BYTES = 4 << 20;

/**
 * Contents of this size and more are deflated apart from what surrounds them, so that the bytes are the same whether
 * they were compressed for this archive or for another.
 */
export const APART_BYTES = 4 << 20;

/** Steps for the archives, contents that are compressed once in front. */
export function planTarballs(tarballs: readonly Tarball[], place: TarballPlace): Step[] {
  const shared = sharedContents(tarballs);
  const blobs = new Map([...shared].map((from) => [from, planDeflated(from, tarballs, place)] as const));
  return [...blobs.values(), ...tarballs.map((tarball) => planTarball(tarball, place, blobs))];
}

export function tarballStep(name: string): StepId {
  return `tarball:${name}`;
}

/** Large files that more than one archive holds. */
function sharedContents(tarballs: readonly Tarball[]): Set<string> {
  const holders = new Map<string, number>();
  for (const { members } of tarballs) {
    const large = members.flatMap((one) =>
      one.kind === 'file' && one.size >= APART_BYTES ? [one.from] : [],
    );
    for (const from of new Set(large)) holders.set(from, (holders.get(from) ?? 0) + 1);
  }
  return new Set([...holders].filter(([, count]) => count > 1).map(([from]) => from));
}

function planDeflated(from: string, tarballs: readonly Tarball[], to: TarballPlace): Step {
  const member = tarballs
    .flatMap(({ members }) => members)
    .find((one) => one.kind === 'file' && one.from === from) as Extract<Member, { kind: 'file' }>;
  const { name, platform } = member.program ?? { name: from.slice(from.lastIndexOf('/') + 1) };
  const place = platform === undefined ? name : `${platform}/${name}`;
  return {
    ...{ id: `deflate:${place}`, kind: 'pack', title: `compressed ${name}`, needs: [], keyParts: {} },
    ...(platform ? { platform } : {}),
    inputs: [{ kind: 'file', path: from }],
    outputs: [`${to.deflated}/${place}.deflate`],
    action: { kind: 'pack', packer: 'deflate', parameters: { level: to.level ?? LEVEL } },
  };
}

function planTarball(tarball: Tarball, place: TarballPlace, blobs: ReadonlyMap<string, Step>): Step {
  const inputs: string[] = [];
  const needs = new Set(place.needs(tarball));
  const members = tarball.members.map((member): PackedMember => {
    if (member.kind !== 'file') return member;
    const blob = blobs.get(member.from);
    const maker = blob?.id ?? place.maker(member.from);
    if (maker) needs.add(maker);
    inputs.push(blob?.outputs[0] ?? member.from);
    const kind = blob ? 'deflated' : 'file';
    return { kind, path: member.path, mode: member.mode, input: inputs.length - 1 };
  });
  const parameters = { members, time: place.time, level: place.level ?? LEVEL } satisfies TarballParameters;
  return {
    ...{ id: tarballStep(tarball.name), kind: 'pack', title: tarball.name, needs: [...needs], keyParts: {} },
    ...(tarball.platform ? { platform: tarball.platform } : {}),
    inputs: inputs.map((path) => ({ kind: 'file', path })),
    outputs: [`${place.directory}/${tarball.name}`],
    action: { kind: 'pack', packer: 'tarball', parameters: parameters as never },
  };
}
