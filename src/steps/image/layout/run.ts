/** Lays images out: configurations, manifests and lists over platforms, and the layers that these name. */
import type { Packer } from '../../../execute/artifacts/packer.ts';
import type { ConfigChanges } from '../../../formats/oci/assemble.ts';
import type { ImageConfig } from '../../../formats/oci/types.ts';
import type { Host } from '../../../host/host.ts';
import {
  type AssembledImage,
  assembleImage,
  blobPath,
  blobsOf,
  LAYOUT_MARK,
  layoutIndex,
  putBlob,
  withLists,
} from '../../../registry/assembled.ts';
import type { LayoutParameters } from '../plan.ts';
import type { LayerFile } from '../run.ts';

/** Every blob is an output of its own, named by its digest: so the run that made an image is found by it. */
export const packer: Packer = {
  version: 1,
  isCopy: true,
  async pack({ host, inputs, outputs, parameters, signal, putNamed, onProgress }) {
    const asked = parameters as unknown as LayoutParameters;
    const images = assembled(host, inputs, asked);
    const blobs = blobsOf(images).filter(({ content }) => asked.withLayers || !('path' in content));
    const total = blobs.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    for (const blob of blobs) {
      signal.throwIfAborted();
      const { digest, size } = blob;
      putNamed(blobPath(digest), { digest: digest.slice('sha256:'.length), size }, (path) =>
        putBlob(host, blob, path),
      );
      done += size;
      onProgress(done, total, digest.slice(0, 19));
    }
    host.files.write(outputs[0] as string, LAYOUT_MARK);
    host.files.write(outputs[1] as string, layoutIndex(images));
  },
};

function assembled(
  { files }: Host,
  inputs: readonly string[],
  { images }: LayoutParameters,
): AssembledImage[] {
  const factsOf = (path: string) => JSON.parse(files.readText(path)) as LayerFile;
  const at = (input: number) => inputs[input] as string;
  return withLists(
    images.map(({ list, lower, layers, config, changes, ...image }) => {
      const base = {
        ...(config === null ? {} : { config: config as unknown as ImageConfig }),
        layers: lower.map(({ input, ...layer }) => ({ ...layer, path: at(input) })),
      };
      const parts = { ...image, base, layers, changes: changes as ConfigChanges };
      const finished = layers.map(({ blob, facts }) => ({ path: at(blob), ...factsOf(at(facts)) }));
      return { list, image: assembleImage(parts, finished) };
    }),
  );
}
