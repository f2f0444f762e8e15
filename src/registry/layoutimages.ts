/** Images of an OCI layout, as a registry takes them. */
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../formats/digest.ts';
import { type Descriptor, MalformedImage, MEDIA, parseDocument } from '../formats/oci/types.ts';
import type { Host } from '../host/host.ts';
import type { AssembledBlob, AssembledImage } from './assembled.ts';
import { refusing } from './base.ts';

/** Reads every named image and list. A blob that is missing or cut short is told before anything is sent. */
export function readLayoutImages(host: Host, directory: string): Promise<AssembledImage[]> {
  const text = host.files.readTextIfAny(`${directory}/index.json`);
  if (text === undefined) throw new Failure(noLayout(directory));
  return refusing(directory, async () => {
    const document = parseDocument(Buffer.from(text), MEDIA.index);
    if (document.kind !== 'index') throw new MalformedImage('its index.json is no index');
    const byDigest = new Map<string, { descriptor: Descriptor; names: string[] }>();
    for (const descriptor of document.index.manifests) {
      const name = descriptor.annotations?.['org.opencontainers.image.ref.name'];
      if (name === undefined) continue;
      const known = byDigest.get(descriptor.digest) ?? { descriptor, names: [] };
      known.names.push(name);
      byDigest.set(descriptor.digest, known);
    }
    if (byDigest.size === 0) throw new MalformedImage('none of its images has a name');
    return [...byDigest.values()].map(({ descriptor, names }) => imageOf(host, directory, descriptor, names));
  });
}

function imageOf(
  host: Host,
  directory: string,
  descriptor: Descriptor,
  names: readonly string[],
): AssembledImage {
  const blob = ({ digest, size }: Descriptor): AssembledBlob => {
    const path = `${directory}/blobs/${digest.replace(':', '/')}`;
    if (host.files.lstat(path)?.size !== size)
      throw new MalformedImage(`its blob ${digest} is missing or cut short`);
    return { digest, size, content: { path } };
  };
  blob(descriptor);
  const bytes = host.files.readBytes(`${directory}/blobs/${descriptor.digest.replace(':', '/')}`);
  if (`sha256:${digestOfBytes(bytes)}` !== descriptor.digest)
    throw new MalformedImage(`its manifest ${descriptor.digest} has other bytes`);
  const document = parseDocument(bytes, descriptor.mediaType);
  const { annotations: _, ...plain } = descriptor;
  const manifest = { bytes, descriptor: plain };
  if (document.kind === 'index')
    return {
      ...{ names, manifest, blobs: [] },
      lists: document.index.manifests.map((one) => imageOf(host, directory, one, [])),
    };
  const { config, layers } = document.manifest;
  return { names, manifest, lists: [], blobs: [config, ...layers].map(blob) };
}

function noLayout(directory: string) {
  return error('artifact/none', {
    what: `there is no OCI image layout at ${directory}`,
    why: 'images are published from one: it has the compressed layers and the lists over platforms',
    help: `make it first: kubewright image --platform all --oci ${directory}; or name another: --images DIR`,
  });
}
