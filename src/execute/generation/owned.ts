/** Which files in a directory are a generator's own, maybe beside hand-written ones. */
import type { Host } from '../../host/host.ts';
import type { DirectoryGenerator } from '../../tree/codegen/model.ts';

/** Files below the generator's directory that hold its mark: paths relative to the tree, sorted. */
export function ownedFiles(
  host: Host,
  root: string,
  { outputDirectory, mark }: Pick<DirectoryGenerator, 'outputDirectory' | 'mark'>,
): readonly string[] {
  const { files } = host;
  const look = (directory: string): string[] =>
    files.list(`${root}/${directory}`).flatMap((entry) => {
      const path = `${directory}/${entry.replace(/\/$/, '')}`;
      if (entry.endsWith('/')) return look(path);
      return files.readTextIfAny(`${root}/${path}`)?.includes(mark) ? [path] : [];
    });
  return files.isDirectory(`${root}/${outputDirectory}`) ? look(outputDirectory).sort() : [];
}
