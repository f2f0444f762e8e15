/** An OCI image layout of prepared images: its Steps, which of their outputs are blobs, and what is left to do after them. */
import { basename } from 'node:path';
import type { Step } from '../../plan/step.ts';
import { type AssembledImage, assembleImage, removeOtherBlobs, withLists } from '../../registry/assembled.ts';
import { planLayers, planLayout } from '../../steps/image/plan.ts';
import type { LayerFile } from '../../steps/image/run.ts';
import type { Session } from '../session.ts';
import type { PreparedImage } from './prepare.ts';

export interface LaidOut {
  /** Those of the layers, and last that of the layout. */
  readonly steps: readonly Step[];
  /** Whether an output is named by what names it, and nothing to tell people of. */
  readonly isBlob: (path: string) => boolean;
  /** Every image and list, once the Steps are done; what none of them needs is removed. */
  readonly finish: () => AssembledImage[];
}

/** Plans a layout; without layers its documents alone, for images that a registry is sent. */
export function layOut(
  { context, own }: Session,
  images: readonly PreparedImage[],
  directory: string,
  withLayers: boolean,
): LaidOut {
  const { host } = context;
  const layered = images.map(({ planned, list }) => ({
    ...{ planned, list },
    layers: planLayers(planned, `${own}/layers`),
  }));
  const unique = new Map(layered.flatMap(({ layers }) => layers.map(({ step }) => [step.id, step] as const)));
  const title = withLayers ? `OCI layout ${basename(directory)}` : 'documents of images';
  return {
    steps: [...unique.values(), planLayout(layered, directory, title, withLayers)],
    isBlob: (path) => path.startsWith(`${directory}/blobs/`) || path === `${directory}/oci-layout`,
    finish: () => {
      const assembled = withLists(
        layered.map(({ planned, list, layers }) => {
          const finished = layers.map(({ blob, facts }) => ({
            path: blob,
            ...(JSON.parse(host.files.readText(facts)) as LayerFile),
          }));
          return { list, image: assembleImage(planned, finished) };
        }),
      );
      removeOtherBlobs(host, directory, assembled);
      return assembled;
    },
  };
}

/** Where `publish` looks for the images of a release. */
export function releaseLayout({ layout }: Session): string {
  return `${layout.out}/release-images/oci`;
}
