/**
 * Which generated files are missing or stale. The rule of freshness: what came with the tree counts as fresh at
 * first sight; from then on the declarations that generators read decide.
 */
import { digestOfBytes } from '../../formats/digest.ts';
import type { Files } from '../../host/files.ts';
import type { Step, StepId } from '../../plan/step.ts';
import type { FileIndex } from '../../tree/packages/fileindex.ts';
import type { Closure, PackageEntry } from '../../tree/packages/graph.ts';
import type { Tree } from '../../tree/tree.ts';
import type { GenerationNeed } from './plan.ts';

/** Directory of a package with generated files → digest of the declarations that its generators read. */
export type GeneratedDigests = Record<string, string>;

const GENERATED_FILE = /^zz_generated\./;

/** Finds what must be generated before the Steps can compile. First sights are noted in `seen`. */
export function findGenerationNeeds(
  tree: Pick<Tree, 'root' | 'generatedFiles' | 'generationCommand'>,
  files: Files,
  index: FileIndex,
  closures: ReadonlyMap<Step, Closure>,
  seen: GeneratedDigests,
): readonly GenerationNeed[] {
  const reachedBy = new Map<string, StepId[]>();
  const entries = new Map<string, PackageEntry>();
  for (const [step, closure] of closures) {
    for (const entry of closure.entries) {
      entries.set(entry.directory, entry);
      const known = reachedBy.get(entry.directory);
      if (known) known.push(step.id);
      else reachedBy.set(entry.directory, [step.id]);
    }
  }
  const byCommand = new Map<string, GenerationNeed>();
  const add = (command: readonly string[], output: string, because: string, neededBy: readonly StepId[]) => {
    const key = command.join('\0');
    const known = byCommand.get(key);
    byCommand.set(key, {
      command,
      outputs: [...(known?.outputs ?? []), output],
      because: known?.because ?? because,
      neededBy: [...new Set([...(known?.neededBy ?? []), ...neededBy])],
    });
  };
  for (const { path, command } of tree.generatedFiles) {
    if (files.exists(`${tree.root}/${path}`)) continue;
    const directory = path.slice(0, path.lastIndexOf('/'));
    const steps = [...reachedBy]
      .filter(([name]) => sameDirectory(tree.root, files, name, directory))
      .flatMap(([, ids]) => ids);
    if (steps.length > 0) add(command, path, `${path} is missing`, steps);
  }
  if (tree.generationCommand) {
    for (const [directory, entry] of entries) {
      const generated = entry.files.find((file) => GENERATED_FILE.test(file));
      if (!generated) continue;
      const digest = declarationsOfPackage(index, entry);
      const known = seen[directory];
      if (known === undefined) seen[directory] = digest;
      else if (known !== digest) {
        add(
          tree.generationCommand,
          `${directory}/${generated}`,
          `declarations in ${directory} changed`,
          reachedBy.get(directory) ?? [],
        );
      }
    }
  }
  return [...byCommand.values()];
}

/** Notes the declarations as they are now, after the generators have run. */
export function noteGenerated(index: FileIndex, closures: Iterable<Closure>, seen: GeneratedDigests): void {
  for (const closure of closures) {
    for (const entry of closure.entries) {
      if (entry.files.some((file) => GENERATED_FILE.test(file)))
        seen[entry.directory] = declarationsOfPackage(index, entry);
    }
  }
}

function declarationsOfPackage(index: FileIndex, entry: PackageEntry): string {
  const digests = [...entry.files, ...entry.ignored]
    .filter((file) => file.endsWith('.go') && !GENERATED_FILE.test(file))
    .map((file) => `${file} ${index.read(`${entry.directory}/${file}`, () => true)?.declarations}`);
  return digestOfBytes(digests.join('\n')).slice(0, 16);
}

/** vendor/k8s.io/x is a link to staging/src/k8s.io/x: go names the one, the tree's list the other. */
function sameDirectory(root: string, files: Files, a: string, b: string): boolean {
  if (a === b) return true;
  if (!a.endsWith(b.slice(b.lastIndexOf('/')))) return false;
  return (
    files.exists(`${root}/${b}`) &&
    files.exists(`${root}/${a}`) &&
    files.realPath(`${root}/${a}`) === files.realPath(`${root}/${b}`)
  );
}
