/**
 * Copies for generators that write beside what they read: what they change there is compared and taken over file by
 * file, and an interrupted run leaves the tree alone.
 */
import type { Host } from '../../host/host.ts';
import { actionOf } from '../../steps/generate/package/command.ts';
import type { PlannedOutput } from '../../steps/generate/package/output.ts';
import { vendorName } from '../../tree/codegen/makefile.ts';

/** Directories that no generator reads, by their last name. */
const LEFT_OUT = new Set(['.git', 'node_modules', '_output', '_tmp']);

/**
 * Copies the files of a tree, generated ones aside, and returns their absolute paths in the copy. A vendor directory
 * is linked. `skip`: is asked about paths relative to the tree.
 */
export function mirrorTree(
  host: Host,
  root: string,
  to: string,
  skip: (path: string) => boolean,
): ReadonlySet<string> {
  const copied = new Set<string>();
  const copy = (directory: string): void => {
    const here = directory === '' ? root : `${root}/${directory}`;
    for (const entry of host.files.list(here)) {
      const name = entry.replace(/\/$/, '');
      const path = directory === '' ? name : `${directory}/${name}`;
      if (LEFT_OUT.has(name) || skip(path)) continue;
      const place = `${to}/${path}`;
      if (name === 'vendor' && entry !== name) host.files.publishLink(`${root}/${path}`, place);
      else if (entry !== name) copy(path);
      else if (host.files.isLink(`${root}/${path}`)) host.files.publishLink(`${root}/${path}`, place);
      else host.files.publish(place, host.files.readBytes(`${root}/${path}`), { fsync: false });
      copied.add(place);
    }
  };
  copy('');
  return copied;
}

/** Copies the sources of an output's packages below the place of the tree; returns the paths of the copies. */
export function mirrorSources(
  host: Host,
  root: string,
  to: string,
  output: PlannedOutput,
): ReadonlySet<string> {
  const copied = new Set<string>();
  for (const directory of output.reads) {
    const place = `${to}/${actionOf(output).writes}/${vendorName(directory)}`;
    for (const name of host.files.list(`${root}/${directory}`)) {
      if (!/\.go$/.test(name) || /_test\.go$/.test(name) || name === output.generator.outputName) continue;
      host.files.makeDirectory(place);
      host.files.write(`${place}/${name}`, host.files.readText(`${root}/${directory}/${name}`));
      copied.add(`${place}/${name}`);
    }
  }
  return copied;
}
