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
  const isChanged = before === undefined || host.files.readTextIfAny(absolute) !== text;
  if (isChanged) {
    if (before && (before.mode & ANY_WRITE) === 0) throw new Failure(readOnly(path));
    // Sources are under version control and made again from them: no need to wait for the disk.
    host.files.publish(absolute, text, { mode: before ? before.mode & 0o777 : 0o644, fsync: false });
  }
  const digest = digestOfBytes(text);
  const record = { path, digest, size: Buffer.byteLength(text), stat: statOf(host, absolute) };
  return { record, isChanged };
}

function readOnly(path: string): Diagnostic {
  return error('generate/output-read-only', {
    what: `${path} may not be written, and its generator has other text for it`,
    where: [{ file: path }],
    why: 'its permissions forbid writing; somebody may have meant that',
    help: `allow it with chmod u+w ${path}, or see the difference with kubewright generate --check`,
  });
}
