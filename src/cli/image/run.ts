/** Makes prepared images and hands them on: archives, an OCI layout, a registry, an engine. */
import { basename, dirname, resolve } from 'node:path';
import type { Step } from '../../plan/step.ts';
import { type AssembledImage, assembleImage, assembleList, writeLayout } from '../../registry/assembled.ts';
import { type PlannedLayer, planArchive, planLayers } from '../../steps/image/plan.ts';
import type { LayerFile } from '../../steps/image/run.ts';
import { splitPlatform } from '../../target/platform.ts';
import { runArtifacts } from '../artifacts/run.ts';
import type { Session } from '../session.ts';
import type { Registries } from './bases.ts';
import { loadArchive } from './load.ts';
import type { PreparedImage, PreparedImages } from './prepare.ts';
import { pushAssembled } from './push.ts';
import type { ImageRequest } from './request.ts';

/** Where the archives of a tree's images go, as upstream has it from 1.14 on. */
export function archivePath(
  { layout }: Session,
  { declaration }: Pick<PreparedImage, 'declaration'>,
): string {
  const { os, arch } = splitPlatform(declaration.platform);
  const name = os === 'windows' ? `${declaration.archive}-windows` : declaration.archive;
  return `${layout.out}/release-images/${arch}/${name}.tar`;
}

interface Planned {
  readonly archives: readonly Step[];
  readonly layers: readonly { readonly image: PreparedImage; readonly layers: readonly PlannedLayer[] }[];
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
  return {
    archives: wantsArchives ? archives : [],
    layers: wantsLayers
      ? images.map((image) => ({ image, layers: planLayers(image.planned, directory) }))
      : [],
  };
}

/** Makes what is stale and hands it on; the number is the exit code. */
export async function runImages(
  session: Session,
  request: ImageRequest,
  prepared: PreparedImages,
  registries: Registries,
): Promise<number> {
  const { context } = session;
  const { archives, layers } = planAll(session, request, prepared);
  const unique = new Map(layers.flatMap((one) => one.layers.map(({ step }) => [step.id, step] as const)));
  const isResult = (path: string) => dirname(path) !== `${session.own}/layers`;
  const exitCode = await runArtifacts(session, [...archives, ...unique.values()], {
    ...{ treeVersion: prepared.version.gitVersion ?? '', toolchain: '', isResult },
    waitSeconds: request.waitSeconds,
  });
  if (exitCode !== 0) return exitCode;
  const assembled = layers.length > 0 ? assemble(session, layers) : [];
  if (request.oci !== undefined) {
    const directory = resolve(context.host.workingDirectory, request.oci);
    for (const path of writeLayout(context.host, directory, assembled)) context.print(path);
  }
  if (request.push !== undefined) await pushAssembled(session, registries, assembled, request.push);
  if (request.load) for (const step of archives) await loadArchive(context, step.outputs[0] ?? '');
  return 0;
}

/** Every image, and a list over platforms for each name. */
function assemble(session: Session, layers: Planned['layers']): AssembledImage[] {
  const { files } = session.context.host;
  const byList = new Map<string, AssembledImage[]>();
  const singles = layers.map(({ image, layers: planned }) => {
    const finished = planned.map(({ blob, facts }) => ({
      path: blob,
      ...(JSON.parse(files.readText(facts)) as LayerFile),
    }));
    const made = assembleImage(image.planned, finished);
    byList.set(image.list, [...(byList.get(image.list) ?? []), made]);
    return { made, list: image.list };
  });
  const lists = [...byList].map(([name, images]) => assembleList([name], images));
  // Up to 1.19 the image of amd64 has the list's name: the list is what that name stands for in a registry.
  const named = singles.flatMap(({ made, list }) => {
    const names = made.names.filter((name) => name !== list);
    return [{ ...made, names }];
  });
  return [...named, ...lists];
}
