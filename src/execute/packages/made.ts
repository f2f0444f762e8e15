/** Files that were made for a package or program, on their way into the store. */
import { interfaceOf } from '../../formats/ararchive.ts';
import { digestOfRecord } from '../../formats/digest.ts';
import type { Blob } from '../../formats/remoteaction.ts';
import type { Host } from '../../host/host.ts';
import type { KeptFile, LocalStore } from '../../store/local.ts';

/** A finished file of a scratch directory. */
export function keptFile(host: Host, work: string, name: string): KeptFile {
  const path = `${work}/${name}`;
  return { name, path, digest: host.files.digest(path), size: host.files.stat(path)?.size ?? 0 };
}

/** The interface of a package that came compiled with the toolchain: taken out of its archive once. */
export function prebuiltInterface(
  { host, store, work }: { readonly host: Host; readonly store: LocalStore; readonly work: string },
  archive: string,
  { digest }: Blob,
): Blob {
  const key = digestOfRecord({ interfaceOf: digest });
  let record = store.find(key);
  if (!record) {
    const bytes = host.files.readBytes(archive);
    host.files.makeDirectory(work);
    host.files.write(`${work}/p.x`, interfaceOf(bytes) ?? bytes);
    record = store.adopt(key, [keptFile(host, work, 'p.x')], { milliseconds: 0 });
    host.files.remove(work);
  }
  return record.outputs[0] as Blob;
}
