/** Makes prepared images and hands them on: archives, an OCI layout, a registry, an engine. */
import { basename, resolve } from 'node:path';
import type { Step } from '../../plan/step.ts';
import { type AssembledImage, assembleImage, removeOtherBlobs, withLists } from '../../registry/assembled.ts';
import { type PlannedLayer, planArchive, planLayers, planLayout } from '../../steps/image/plan.ts';
import type { LayerFile } from '../../steps/image/run.ts';
import { splitPlatform } from '../../target/platform.ts';
import { runArtifacts } from '../artifacts/run.ts';
import type { Session } from '../session.ts';
import type { Registries } from './bases.ts';
import { loadArchives } from './load.ts';
import type { PreparedImage, PreparedImages } from './prepare.ts';
import { pushAssembled } from './push.ts';
import type { ImageRequest } from './request.ts';

/** Where the archives of a tree's images go, as upstream has it from 1.14 on. */
export function archivePath(
  { layout }: Session,
  { declaration }: Pick<PreparedImage, 'declaration'>,
): string {
  const { arch } = splitPlatform(declaration.platform);
  return `${layout.out}/release-images/${arch}/${declaration.archive}.tar`;
}

interface Planned {
  readonly archives: readonly Step[];
  readonly layers: readonly { readonly image: PreparedImage; readonly layers: readonly PlannedLayer[] }[];
  /** The layout that is asked for, or the documents alone of images that are sent to a registry. */
  readonly layout?: { readonly directory: string; readonly step: Step };
}

/** Archives unless only a layout or a registry is wanted; compressed layers where one of those is. */
export function planAll(session: Session, request: ImageRequest, { images }: PreparedImages): Planned {
  const wantsLayers = request.oci !== undefined || request.push !== undefined;
  const wantsArchives = request.save !== undefined || request.load || !wantsLayers;
  const directory = `${session.own}/layers`;
  const save =
    request.save === undefined ? undefined : resolve(session.context.host.workingDirectory, request.save);
  const archives = save
    ? [
        planArchive(
          images.map(({ planned }) => planned),
          save,
          `archive ${basename(save)}`,
        ),
      ]
    : images.map((image) =>
        planArchive(
          [image.planned],
          archivePath(session, image),
          `image ${image.planned.name} ${image.planned.platform}`,
        ),
      );
  const layers = wantsLayers
    ? images.map((image) => ({ image, layers: planLayers(image.planned, directory) }))
    : [];
  return {
    ...{ archives: wantsArchives ? archives : [], layers },
    ...(wantsLayers ? { layout: planLayoutOf(session, request, layers) } : {}),
  };
}

function planLayoutOf(
  { context, own }: Session,
  { oci }: ImageRequest,
  layers: Planned['layers'],
): NonNullable<Planned['layout']> {
  const images = layers.map(({ image: { planned, list }, layers: own }) => ({ planned, list, layers: own }));
  const directory = oci === undefined ? `${own}/sent` : resolve(context.host.workingDirectory, oci);
  const title = oci === undefined ? 'documents of images' : `OCI layout ${basename(directory)}`;
  return { directory, step: planLayout(images, directory, title, oci !== undefined) };
}

/** Makes what is stale and hands it on; the number is the exit code. */
export async function runImages(
  session: Session,
  request: ImageRequest,
  prepared: PreparedImages,
  registries: Registries,
): Promise<number> {
  const { context } = session;
  const { archives, layers, layout } = planAll(session, request, prepared);
  const unique = new Map(layers.flatMap((one) => one.layers.map(({ step }) => [step.id, step] as const)));
  const isInLayout = (path: string) =>
    layout !== undefined &&
    (path.startsWith(`${layout.directory}/blobs/`) || path === `${layout.directory}/oci-layout`);
  const isResult = (path: string) => !isInLayout(path);
  const steps = [...archives, ...unique.values(), ...(layout ? [layout.step] : [])];
  const exitCode = await runArtifacts(session, steps, {
    ...{ treeVersion: prepared.version.gitVersion ?? '', toolchain: '', isResult },
    waitSeconds: request.waitSeconds,
  });
  if (exitCode !== 0) return exitCode;
  const assembled = layers.length > 0 ? assemble(session, layers) : [];
  if (layout) removeOtherBlobs(context.host, layout.directory, assembled);
  if (request.push !== undefined) await pushAssembled(session, registries, assembled, request.push);
  if (request.load) {
    const made = archives.flatMap(({ outputs }) => outputs.slice(0, 1));
    await loadArchives(session, made, request.engine);
  }
  return 0;
}

/** Every image, and a list over platforms for each name. */
function assemble(session: Session, layers: Planned['layers']): AssembledImage[] {
  const { files } = session.context.host;
  return withLists(
    layers.map(({ image, layers: planned }) => {
      const finished = planned.map(({ blob, facts }) => ({
        path: blob,
        ...(JSON.parse(files.readText(facts)) as LayerFile),
      }));
      return { image: assembleImage(image.planned, finished), list: image.list };
    }),
  );
}
