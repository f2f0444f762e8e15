/** Packs layers and archives of images. Bytes depend on the parameters and the files alone. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Packer, PackRequest } from '../../execute/artifacts/packer.ts';
import { capabilityBytes } from '../../formats/capability.ts';
import { gzip } from '../../formats/gzip.ts';
import { type Blob, blobOf, configOf, manifestOf } from '../../formats/oci/assemble.ts';
import { plain } from '../../formats/oci/layer.ts';
import { type Descriptor, type ImageConfig, MEDIA, toBytes } from '../../formats/oci/types.ts';
import { windowsRecords } from '../../formats/oci/windowslayer.ts';
import { Summing } from '../../formats/summing.ts';
import { ContentSizeError, type TarMember, tar } from '../../formats/tar.ts';
import type { ArchivedImage, ArchiveParameters, LayerParameters } from './plan.ts';

/** What is said of a compressed layer. */
export interface LayerFile {
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
}

/** One layer, compressed, and a file that tells its digests. */
export const IMAGE_LAYER: Packer = {
  version: 1,
  async pack(request) {
    const { host, outputs, jobs } = request;
    const [blob = '', facts = ''] = outputs;
    const [packed, unpacked] = [new Summing(), new Summing()];
    const layer = unpacked.through(
      layerBytes(request, request.parameters as unknown as LayerParameters, false),
    );
    await host.files.writeChunks(blob, packed.through(gzip(layer, { threads: Math.max(2, jobs) })));
    const told: LayerFile = { digest: packed.digest, size: packed.size, diffId: unpacked.digest };
    host.files.write(facts, JSON.stringify(told));
    request.onSummed?.(0, packed.hex);
  },
};

/** An archive that `docker load` and readers of OCI archives take: layers as they are, uncompressed. */
export const IMAGE_ARCHIVE: Packer = {
  version: 1,
  isCopy: true,
  async pack(request) {
    const parameters = request.parameters as unknown as ArchiveParameters;
    const sum = new Summing();
    await request.host.files.writeChunks(
      request.outputs[0] ?? '',
      sum.through(tar(archive(request, parameters))),
    );
    request.onSummed?.(0, sum.hex);
  },
};

/** A member of `blobs/sha256`: bytes that are here, or what opens a stream of them. */
type Content = Buffer | (() => AsyncIterable<Uint8Array>);

/** What reading the parts of an image takes. */
type PartsRequest = Pick<PackRequest, 'host' | 'inputs' | 'signal' | 'onProgress'>;

/** The same archive as a stream whose pieces stay what they are. `withoutLayers`: for an engine that has them all, and wants the configuration alone. */
export function archiveBytes(
  request: PartsRequest,
  parameters: ArchiveParameters,
  withoutLayers = false,
): AsyncGenerator<Uint8Array> {
  return tar(archive(request, parameters, { withoutLayers, isFleeting: false }));
}

async function* archive(
  request: PartsRequest,
  parameters: ArchiveParameters,
  { withoutLayers = false, isFleeting = true } = {},
): AsyncGenerator<TarMember> {
  const blobs = new Map<string, { size: number; content: Content }>();
  const lower = parameters.lower.map(({ diffId, plainSize }, i): Descriptor => {
    const path = request.inputs[i] ?? '';
    blobs.set(diffId, { size: plainSize, content: () => plain(request.host.files.chunks(path)) });
    return { mediaType: MEDIA.layer, digest: diffId, size: plainSize };
  });
  const own: Descriptor[] = [];
  for (const layer of parameters.layers) {
    const sum = new Summing();
    for await (const _ of sum.through(layerBytes(request, layer)));
    blobs.set(sum.digest, { size: sum.size, content: () => layerBytes(request, layer, isFleeting) });
    own.push({ mediaType: MEDIA.layer, digest: sum.digest, size: sum.size });
  }
  const keep = ({ bytes, descriptor }: Blob): Descriptor => {
    blobs.set(descriptor.digest, { size: bytes.length, content: bytes });
    return descriptor;
  };
  const images = parameters.images.map((image) => {
    const layers = [
      ...image.lower.map((i) => lower[i] as Descriptor),
      ...image.layers.map(({ index }) => own[index] as Descriptor),
    ];
    const config = keep(
      imageConfig(
        image,
        image.layers.map(({ index }) => (own[index] as Descriptor).digest),
      ),
    );
    return { image, config, layers, manifest: keep(manifestOf(config, layers)) };
  });
  const mtime = Math.min(...parameters.images.map(({ created }) => created));
  const directory = (path: string): TarMember => ({
    entry: { path, kind: 'directory', mode: 0o755, size: 0, mtime },
  });
  const file = (path: string, content: Buffer): TarMember => ({
    entry: { path, kind: 'file', mode: 0o644, size: content.length, mtime },
    content,
  });
  yield directory('blobs');
  yield directory('blobs/sha256');
  let done = 0;
  const total = [...blobs.values()].reduce((sum, { size }) => sum + size, 0);
  for (const [digest, { size, content }] of [...blobs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    request.signal.throwIfAborted();
    if (withoutLayers && !Buffer.isBuffer(content)) continue;
    yield {
      entry: { path: pathOf(digest), kind: 'file', mode: 0o644, size, mtime },
      content: Buffer.isBuffer(content) ? content : content(),
    };
    done += size;
    request.onProgress(done, total, digest.slice(0, 19));
  }
  const manifests = images.flatMap(({ image, manifest }) =>
    image.names.map((name) => named(manifest, image, name)),
  );
  yield file(
    'index.json',
    blobOf({ schemaVersion: 2, mediaType: MEDIA.index, manifests }, MEDIA.index).bytes,
  );
  const saved = images.map(({ image, config, layers }) => ({
    Config: pathOf(config.digest),
    RepoTags: image.names,
    Layers: layers.map(({ digest }) => pathOf(digest)),
  }));
  yield file('manifest.json', toBytes(saved));
  yield file('oci-layout', toBytes({ imageLayoutVersion: '1.0.0' }));
}

function imageConfig(image: ArchivedImage, diffIds: readonly string[]): Blob {
  const layers = diffIds.map((diffId, i) => ({ diffId, createdBy: image.layers[i]?.createdBy ?? '' }));
  const base = (image.config ?? undefined) as ImageConfig | undefined;
  return configOf(image, base, image.changes as object, layers, image.created);
}

/** A manifest under a name: containerd and Docker read the first annotation, others the second. */
function named(manifest: Descriptor, { os, arch, variant }: ArchivedImage, name: string): Descriptor {
  return {
    ...manifest,
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    platform: { architecture: arch, os, ...(variant ? { variant } : {}) },
  };
}

function pathOf(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The bytes of a layer. A file that grows or shrinks meanwhile fails the Step. */
async function* layerBytes(
  { host, inputs, signal }: PartsRequest,
  { entries, mtime, isWindows }: LayerParameters,
  isFleeting = true,
): AsyncGenerator<Uint8Array> {
  function* members(): Generator<TarMember> {
    for (const { path, kind, mode, target, input, capabilities } of entries) {
      signal.throwIfAborted();
      const source = input === undefined ? undefined : inputs[input];
      const size = source === undefined ? 0 : (host.files.stat(source)?.size ?? 0);
      const granted = capabilities === undefined ? undefined : capabilityBytes(capabilities);
      yield {
        entry: {
          ...{ path, kind, mode, size, mtime },
          ...(target === undefined ? {} : { target }),
          ...(isWindows ? { records: windowsRecords(kind) } : {}),
          ...(granted ? { xattrs: { 'security.capability': granted } } : {}),
        },
        ...(source === undefined || size === 0 ? {} : { content: host.files.chunks(source, isFleeting) }),
      };
    }
  }
  try {
    yield* tar(members());
  } catch (problem) {
    if (!(problem instanceof ContentSizeError)) throw problem;
    throw new Failure(
      error('build/input-changed', {
        what: `${problem.path} changed while it was packed into an image`,
        why: 'an image holds a file as it was at one moment',
        help: 'run the command again when nothing else writes there',
      }),
    );
  }
}
