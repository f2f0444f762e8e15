/** Makes prepared images and hands them on: archives, an OCI layout, a registry, an engine. */
import { basename, resolve } from 'node:path';
import type { Step } from '../../plan/step.ts';
import { planArchive } from '../../steps/image/plan.ts';
import { splitPlatform } from '../../target/platform.ts';
import { runArtifacts } from '../artifacts/run.ts';
import type { Session } from '../session.ts';
import type { Registries } from './bases.ts';
import { type LaidOut, layOut } from './layout.ts';
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
  /** The layout that is asked for, or the documents alone of images that are sent to a registry. */
  readonly layout?: LaidOut;
}

/** Archives unless only a layout or a registry is wanted; compressed layers where one of those is. */
export function planAll(session: Session, request: ImageRequest, { images }: PreparedImages): Planned {
  const wantsLayers = request.oci !== undefined || request.push !== undefined;
  const wantsArchives = request.save !== undefined || request.load || !wantsLayers;
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
  const directory =
    request.oci === undefined
      ? `${session.own}/sent`
      : resolve(session.context.host.workingDirectory, request.oci);
  return {
    archives: wantsArchives ? archives : [],
    ...(wantsLayers ? { layout: layOut(session, images, directory, request.oci !== undefined) } : {}),
  };
}

/** Makes what is stale and hands it on; the number is the exit code. */
export async function runImages(
  session: Session,
  request: ImageRequest,
  prepared: PreparedImages,
  registries: Registries,
): Promise<number> {
  const { archives, layout } = planAll(session, request, prepared);
  const exitCode = await runArtifacts(session, [...archives, ...(layout?.steps ?? [])], {
    ...{ treeVersion: prepared.version.gitVersion ?? '', toolchain: '' },
    isResult: (path) => !layout?.isBlob(path),
    waitSeconds: request.waitSeconds,
  });
  if (exitCode !== 0) return exitCode;
  const assembled = layout?.finish() ?? [];
  if (request.push !== undefined) await pushAssembled(session, registries, assembled, request.push);
  if (request.load) {
    const made = archives.flatMap(({ outputs }) => outputs.slice(0, 1));
    await loadArchives(session, made, request.engine);
  }
  return 0;
}
