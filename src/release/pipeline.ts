/**
 * The release pipeline: what a release makes, in the order in which it is planned. Each stage declares Steps; the
 * executor runs them as their needs allow. This folder knows archives, not trees: what lies in them is read by
 * `tree/release/`.
 */
import type { Step, StepId } from '../plan/step.ts';
import type { DescribedArtifact } from '../report/events.ts';
import { planChecksums } from '../steps/checksum/plan.ts';
import { planPrograms, programsStep } from '../steps/programs/plan.ts';
import { planTarballs, tarballStep } from '../steps/tarball/plan.ts';
import { describeTarball } from './description.ts';
import { arranged, type Member, type Program, type Tarball } from './member.ts';

/** An image of a server as the archive that `docker load` reads. */
export interface ReleaseImage {
  /** `kube-apiserver` */
  readonly name: string;
  readonly arch: string;
  /** Absolute path of the archive, and the Step that makes it. */
  readonly archive: string;
  readonly step: StepId;
  /** `v1.20.2` */
  readonly tag: string;
}

export interface Release {
  readonly tarballs: readonly Tarball[];
  /** Of the tree; absent where it has none. */
  readonly version?: string;
  /** Time of every member, seconds since 1970. */
  readonly time: number;
  /** Of compression, 1 to 9. */
  readonly level?: number;
  /** Absolute directory of the finished archives. */
  readonly directory: string;
  /** Absolute directory of what is kept between runs. */
  readonly own: string;
  /** Whether all parts are made, so that the lists of checksums name them all. */
  readonly isWhole: boolean;
  /** Steps of images, and what server archives hold of them. */
  readonly images: { readonly steps: readonly Step[]; readonly archives: readonly ReleaseImage[] };
}

/** Declares what a part of a release makes. */
export type Stage = (release: Release) => readonly Step[];

/** The table of contents of a release. */
export const STAGES: Readonly<Record<string, Stage>> = {
  /** Platform and version of each program, before anything is packed. */
  programs: (release) =>
    planPrograms(programsOf(release.tarballs), release.version, `${release.own}/programs`),
  /** What the servers of a cluster run in. */
  images: (release) => release.images.steps,
  /** Sources, clients, nodes, servers, manifests, tests, and the archive that names them all. */
  tarballs: (release) => {
    const tarballs = release.tarballs.map((tarball) => withImages(tarball, release.images.archives));
    const makers = new Map([
      ...tarballs.map(({ name }) => [`${release.directory}/${name}`, tarballStep(name)] as const),
      ...release.images.archives.map(({ archive, step }) => [archive, step] as const),
    ]);
    return planTarballs(tarballs, {
      ...{ directory: release.directory, deflated: `${release.own}/deflated`, time: release.time },
      ...(release.level === undefined ? {} : { level: release.level }),
      needs: ({ members }) => [...new Set(programsIn(members).map(({ platform }) => programsStep(platform)))],
      maker: (path) => makers.get(path),
    });
  },
  /** `.sha256` and `.sha512` beside each archive, and the two lists. */
  checksums: (release) =>
    planChecksums(
      release.tarballs.map(({ name }) => ({ name, step: tarballStep(name) })),
      release.directory,
      release.isWhole,
    ),
};

export function planRelease(release: Release): Step[] {
  return Object.values(STAGES).flatMap((stage) => stage(release));
}

/** What the release is made of, for people. */
export function describeRelease(
  { tarballs, directory, images }: Release,
  described: readonly DescribedArtifact[],
): DescribedArtifact[] {
  const made = new Set([
    ...tarballs.map(({ name }) => `${directory}/${name}`),
    ...images.archives.map(({ archive }) => archive),
  ]);
  const whole = tarballs.map((tarball) => withImages(tarball, images.archives));
  return [...whole.map((tarball) => describeTarball(tarball, directory, made)), ...described];
}

/** Every program that the archives hold, once. */
export function programsOf(tarballs: readonly Tarball[]): Program[] {
  const programs = tarballs.flatMap(({ members }) => programsIn(members));
  return [...new Map(programs.map((program) => [program.path, program])).values()];
}

function programsIn(members: readonly Member[]): Program[] {
  return members.flatMap((member) => (member.kind === 'file' && member.program ? [member.program] : []));
}

/** The archive with an image and its tag beside each program that has one. */
export function withImages(
  tarball: Tarball,
  images: readonly Pick<ReleaseImage, 'name' | 'arch' | 'archive' | 'tag'>[],
): Tarball {
  const place = tarball.images;
  if (!place) return tarball;
  const added = images
    .filter(({ arch }) => arch === place.arch)
    .flatMap(({ name, archive, tag }): Member[] => [
      { kind: 'file', path: `${place.directory}/${name}.tar`, from: archive, mode: 0o644, size: 0 },
      { kind: 'text', path: `${place.directory}/${name}.docker_tag`, text: `${tag}\n` },
    ]);
  return { ...tarball, members: arranged([...tarball.members, ...added]) };
}
