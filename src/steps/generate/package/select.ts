/** Which directories a generator works for, as upstream's two filters select them (spec codegen 2). Pure. */
import type { GenerationModel, TaggedGenerator } from '../../../tree/codegen/model.ts';
import type { SourceIndex } from '../../../tree/tags/sourceindex.ts';
import type { GeneratorTag } from '../../../tree/tags/tag.ts';

export interface SelectedPackage {
  readonly directory: string;
  /** The file and tag by which it was selected; the tag is absent when only the text of one was found. */
  readonly file: string;
  readonly tag?: GeneratorTag;
}

/** What the scan of a tree found. */
export interface SourceScan {
  /** Directories with Go files. */
  readonly directories: readonly string[];
  /** Directory → its files that upstream's first filter picks. */
  readonly tagged: ReadonlyMap<string, readonly string[]>;
}

/** Looks through a tree without what its scans prune. */
export function scanSources(
  index: SourceIndex,
  model: Pick<GenerationModel, 'pruned'>,
  outputDirectory: string,
): SourceScan {
  const skip = (path: string) => path === outputDirectory || model.pruned(path);
  const directories: string[] = [];
  const tagged = new Map<string, readonly string[]>();
  for (const directory of index.walk('', skip)) {
    const names = index.goFiles(directory);
    if (directory === '' || names.length === 0) continue;
    directories.push(directory);
    const files = names.map((name) => `${directory}/${name}`).filter((file) => index.tags(file).length > 0);
    if (files.length > 0) tagged.set(directory, files);
  }
  return { directories, tagged };
}

/** Selected directories in byte order of their names as upstream gives them. */
export function selectPackages(
  index: SourceIndex,
  model: Pick<GenerationModel, 'importPath'>,
  generator: Pick<TaggedGenerator, 'needle' | 'tag'>,
  scan: SourceScan,
): readonly SelectedPackage[] {
  const found: { readonly name: string; readonly selected: SelectedPackage }[] = [];
  for (const [directory, files] of scan.tagged) {
    const picked = files.filter((file) => index.mentions(file).includes(generator.needle));
    const first = picked[0];
    if (first === undefined) continue;
    // The package's own tag tells more than the first file in which a text was found.
    const file = [`${directory}/doc.go`, ...picked].find((one) => tagIn(index, one, generator.tag)) ?? first;
    const tag = tagIn(index, file, generator.tag);
    found.push({ name: model.importPath(directory), selected: { directory, file, ...(tag ? { tag } : {}) } });
  }
  return found.sort((a, b) => byteOrder(a.name, b.name)).map(({ selected }) => selected);
}

function tagIn(index: SourceIndex, file: string, name: string): GeneratorTag | undefined {
  return index.tags(file).find((tag) => tag.name === name);
}

function byteOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
