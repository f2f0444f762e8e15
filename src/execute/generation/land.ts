/**
 * Brings a generated file to its place, whole and only when it differs: an unchanged file keeps its time, so that
 * nothing behind it is compiled again (spec codegen 15.3).
 */
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import { statOf } from '../outputs.ts';
import type { OutputRecord } from '../state.ts';

export interface Landed {
  readonly record: OutputRecord;
  readonly isChanged: boolean;
}

const ANY_WRITE = 0o222;

/** `path`: relative to the tree. */
export function landFile(host: Host, root: string, path: string, text: string): Landed {
  const absolute = `${root}/${path}`;
  const before = host.files.lstat(absolute);
  const isChanged = refuseReadOnly(host, root, path, text);
  if (isChanged) {
    // Sources are under version control and made again from them: no need to wait for the disk.
    host.files.publish(absolute, text, { mode: before ? before.mode & 0o777 : 0o644, fsync: false });
  }
  const digest = digestOfBytes(text);
  const record = { path, digest, size: Buffer.byteLength(text), stat: statOf(host, absolute) };
  return { record, isChanged };
}

/** Whether the text is another one; a Failure when it is and the file may not be written. */
function refuseReadOnly(host: Host, root: string, path: string, text: string): boolean {
  const before = host.files.lstat(`${root}/${path}`);
  const isChanged = before === undefined || host.files.readTextIfAny(`${root}/${path}`) !== text;
  if (isChanged && before && (before.mode & ANY_WRITE) === 0) throw new Failure(readOnly(path));
  return isChanged;
}

function readOnly(path: string): Diagnostic {
  return error('generate/output-read-only', {
    what: `${path} may not be written, and its generator has other text for it`,
    where: [{ file: path }],
    why: 'its permissions forbid writing; somebody may have meant that',
    help: `allow it with chmod u+w ${path}, or see the difference with kubewright generate --check`,
  });
}

/** All files of one generator run; `gone`: what earlier ones left, removed with directories that become empty. */
export function landFiles(
  host: Host,
  root: string,
  texts: readonly { readonly path: string; readonly text: string }[],
  gone: readonly string[],
): readonly OutputRecord[] {
  for (const { path, text } of texts) refuseReadOnly(host, root, path, text);
  const records = texts.map(({ path, text }) => landFile(host, root, path, text).record);
  removeFiles(host, root, gone);
  return records;
}

/** Removes files, and directories that they leave empty. Paths are relative to the tree. */
export function removeFiles(host: Host, root: string, paths: readonly string[]): void {
  for (const path of paths) {
    host.files.remove(`${root}/${path}`);
    for (let directory = parent(path); directory !== ''; directory = parent(directory)) {
      if (host.files.list(`${root}/${directory}`).length > 0) break;
      host.files.removeAll(`${root}/${directory}`);
    }
  }
}

function parent(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
