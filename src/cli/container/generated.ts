/** Generated sources brought back from a container: only when asked, only those that differ, never over an edit made meanwhile. */
import { warning } from '../../diagnostic/diagnostic.ts';
import type { Session } from '../session.ts';
import { bytesOf, filesIn, isInside } from './results.ts';
import type { SourceRows } from './sources.ts';

/** Patterns of names out of the rules by which upstream copies back: `zz_generated.*`, `types.go`. */
export function generatedNames(receive: readonly string[]): string[] {
  return receive.flatMap((rule) => /^\+ ([^/\s]+)$/.exec(rule)?.[1] ?? []);
}

/** Publishes what differs; returns the absolute paths that were written. `sent`: what the checkout held when it was sent. */
export async function publishGenerated(
  { context, tree }: Session,
  archive: Buffer | undefined,
  sent: SourceRows,
): Promise<string[]> {
  if (!archive) return [];
  const { files } = context.host;
  const written: string[] = [];
  for await (const { name, content } of filesIn(pieces(archive))) {
    const path = name.replace(/^\.\//, '');
    const target = `${tree.root}/${path}`;
    const bytes = await bytesOf(content);
    if (!isInside(path) || throughLink(files, tree.root, path)) continue;
    const stat = files.lstat(target);
    if (stat && files.isFile(target) && files.readBytes(target).equals(bytes)) continue;
    const row = sent[path];
    if (row && stat && (stat.mtime !== row[2] || stat.size !== row[1])) {
      context.report(editedMeanwhile(path));
      continue;
    }
    files.publish(target, bytes, { mode: stat ? stat.mode & 0o777 : 0o644 });
    written.push(target);
  }
  return written.sort();
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Whether a directory on the way is a link: it leads to another name of the same file, or out of the tree. */
function throughLink(files: Session['context']['host']['files'], root: string, path: string): boolean {
  const parts = path.split('/').slice(0, -1);
  return parts.some((_, i) => files.isLink(`${root}/${parts.slice(0, i + 1).join('/')}`));
}

function editedMeanwhile(path: string) {
  return warning('container/edited-meanwhile', {
    what: `${path} was edited here while it was generated inside, and stays as it is here`,
    where: [{ file: path }],
    why: 'the generated text comes from the file as it was sent',
    help: 'run the same command again: it sends your edit and generates anew',
  });
}
