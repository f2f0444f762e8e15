/** The images of a release: which there are, and the archives of them that lie in the server tarballs. */
import { type Diagnostic, Failure, warning } from '../../diagnostic/diagnostic.ts';
import { describeImage } from '../../release/description.ts';
import type { Tarball } from '../../release/member.ts';
import type { Release } from '../../release/pipeline.ts';
import type { DescribedArtifact } from '../../report/events.ts';
import { planArchive } from '../../steps/image/plan.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import { configuredImages } from '../../tree/eras/configuredimages.ts';
import type { ImageDeclaration } from '../../tree/images.ts';
import { otherReleaseImages } from '../../tree/release/otherimages.ts';
import { Bases, Registries } from '../image/bases.ts';
import { type LaidOut, layOut, releaseLayout } from '../image/layout.ts';
import { type ImageSelection, prepareImages, readBaseOf, selectImages } from '../image/prepare.ts';
import { archivePath } from '../image/run.ts';
import type { Session } from '../session.ts';
import type { ReleaseRequest } from './request.ts';

export interface ReleaseImages {
  readonly images: Release['images'];
  readonly notes: readonly Diagnostic[];
  /** For people. */
  readonly described: readonly DescribedArtifact[];
  readonly layout?: LaidOut;
}

/** What is asked of images; undefined when this release makes none. `servers`: the archives that hold them. */
export function imageSelection(
  session: Session,
  request: ReleaseRequest,
  servers: readonly Tarball[],
): ImageSelection | undefined {
  const { tree, context, config } = session;
  const base = request.base ?? configuredBase(session);
  const wants = (part: ReleaseRequest['only'][number]) => request.only.includes(part);
  const isWanted = request.only.length === 0 || wants('images') || wants('server');
  const linux = [...new Set(servers.flatMap(({ images }) => images?.arch ?? []))].map(
    (arch): Platform => `linux/${arch}`,
  );
  const platforms =
    linux.length > 0
      ? [...linux, ...windowsPlatforms(session, request)]
      : configuredPlatforms(session, request);
  const skips = request.skipsImages || (config.release?.images === false && !wants('images'));
  if (skips || !isWanted || platforms.length === 0) return undefined;
  const makesOthers = request.only.length === 0 || wants('images');
  const goal = request.isQuick ? 'quick-release' : 'release';
  return {
    ...{ names: [], platforms, mayBeNone: true },
    others: makesOthers ? otherReleaseImages(context.host, tree.root, goal) : [],
    ...(request.from === undefined ? {} : { from: request.from }),
    ...(base === undefined ? {} : { base }),
    ...(request.versionString === undefined ? {} : { versionString: request.versionString }),
  };
}

/** Of the images for Windows that KUBE_BUILD_WINDOWS asks for (1.31); they lie beside the others, in no archive. */
function windowsPlatforms({ tree, context }: Session, { platforms }: ReleaseRequest): Platform[] {
  if (!/y/i.test(context.host.environment['KUBE_BUILD_WINDOWS'] ?? '')) return [];
  const declared = tree.groups.find(({ name }) => name === 'server-windows-image')?.platforms.value ?? [];
  return declared.filter((one) => platforms.length === 0 || platforms.includes(one));
}

/** Where no archive holds images, those of kubewright.yaml are made beside the archives: for what is asked, or all. */
function configuredPlatforms({ tree, config }: Session, { platforms }: ReleaseRequest): Platform[] {
  if (tree.family === 'kubernetes') return [];
  const declared = configuredImages(tree, config, platforms as Platform[]);
  return [...new Set(declared.map(({ platform }) => platform))];
}

/** Whether the image lies in the archive of the servers. */
function isInArchive({ isReleased, platform }: ImageDeclaration): boolean {
  return isReleased && splitPlatform(platform).os === 'linux';
}

/** A path in kubewright.yaml is relative to the tree. */
function configuredBase({ config, tree, context }: Session): string | undefined {
  const base = config.release?.base;
  if (base === undefined) return undefined;
  const path = `${tree.root}/${base}`;
  return context.host.files.exists(path.replace(/#[^#]*$/, '')) ? path : base;
}

/** The images as data, and their Steps; bases are fetched and programs looked for. */
export async function planImages(
  session: Session,
  selection: ImageSelection,
  laysOut: boolean,
): Promise<ReleaseImages> {
  const registries = new Registries(session);
  try {
    const { images, notes } = await prepareImages(session, selection, registries).catch(withWayOut);
    const made = images.map((image) => {
      const { name, platform } = image.planned;
      return {
        image,
        step: planArchive([image.planned], archivePath(session, image), `image ${name} ${platform}`),
      };
    });
    const archives = made
      .filter(({ image }) => isInArchive(image.declaration))
      .map(({ image, step }) => ({
        ...{ name: image.planned.name, arch: splitPlatform(image.planned.platform).arch },
        ...{ archive: step.outputs[0] as string, step: step.id, tag: image.tag },
      }));
    const sizeOf = (path: string) => session.context.host.files.stat(path)?.size ?? 0;
    const described = made.map(({ image, step }) =>
      describeImage(image.planned, step.outputs[0] as string, sizeOf),
    );
    const layout = laysOut ? layOut(session, images, releaseLayout(session), true) : undefined;
    const steps = [...made.map(({ step }) => step), ...(layout?.steps ?? [])];
    return { images: { steps, archives }, notes, described, ...(layout ? { layout } : {}) };
  } finally {
    await registries.close();
  }
}

/** What a dry run shows: no base is asked for, and no program looked at. `paths`: the archives, and the layout of all. */
export async function showImages(session: Session, selection: ImageSelection, laysOut: boolean) {
  const { images } = await selectImages(session, selection);
  const paths = images.map((declaration) => archivePath(session, { declaration }));
  const archives = images.flatMap(({ name, platform, ...image }, i) =>
    isInArchive({ name, platform, ...image })
      ? [{ name, arch: splitPlatform(platform).arch, tag: '', archive: paths[i] as string }]
      : [],
  );
  return { archives, paths: laysOut ? [...paths, releaseLayout(session)] : paths };
}

/** Has every base here before a long build begins. */
export async function fetchBases(session: Session, selection: ImageSelection): Promise<void> {
  const { images } = await selectImages(session, selection);
  await withBases(session, async (bases) => {
    for (const image of images) await readBaseOf(session, selection, bases, image);
  });
}

async function withBases(session: Session, work: (bases: Bases) => Promise<void>): Promise<void> {
  const registries = new Registries(session);
  const bases = new Bases(session, registries);
  try {
    await work(bases).catch(withWayOut);
  } finally {
    bases.clean();
    await registries.close();
  }
}

/** A base that cannot be had does not have to end a release. */
function withWayOut(problem: unknown): never {
  if (!(problem instanceof Failure)) throw problem;
  const diagnostics = problem.diagnostics.map((diagnostic) =>
    diagnostic.code === 'image/base-unavailable'
      ? { ...diagnostic, help: `${diagnostic.help}; or release without images: --skip-images` }
      : diagnostic,
  );
  throw new Failure(...diagnostics);
}

/** Programs that the images hold, by platform. */
export async function programsOfImages(
  session: Session,
  selection: ImageSelection,
): Promise<Map<Platform, string[]>> {
  const { images } = await selectImages(session, selection);
  const found = new Map<Platform, string[]>();
  for (const { platform, copies } of images) {
    const names = copies.flatMap(({ contents }) =>
      contents.flatMap((one) => (one.kind === 'binary' ? [one.name] : [])),
    );
    found.set(platform, [...new Set([...(found.get(platform) ?? []), ...names])].sort());
  }
  return found;
}

/** Server archives that lack their images: asked for, or of a tree that declares none. */
export function imagesMissing(tarballs: readonly Tarball[], isAsked: boolean): Diagnostic {
  return warning('release/images-missing', {
    what: `${tarballs.map(({ name }) => name).join(', ')}: made without the images of the servers`,
    why: isAsked
      ? 'images are skipped; upstream puts an archive of each and its tag beside the programs'
      : 'the packaging script puts images beside the programs, and the tree declares none',
    help: isAsked
      ? 'leave out --skip-images; where the bases come from is said in registries.mirrors, or with --base'
      : 'declare them in kubewright.yaml (docs/guide/images.md)',
  });
}
