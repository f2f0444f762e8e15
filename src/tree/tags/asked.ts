/**
 * Which functions, methods and variables Kubernetes' generators of gengo v1 look for. They find them by name among the
 * types that they are given: by a whole one, as `DeepCopyInto`, or by its beginning, as `SetDefaults_`; and the names
 * stand as strings in their sources. So what no string of them begins is asked for by none. Pure.
 */
import type { PackageSights } from './packages.ts';

/** The package of gengo whose users see types; up to Kubernetes 1.6 it lies in the tree (spec codegen 4). */
const TYPES = /(?:^|\/)(?:gengo|go2idl)\/types$/;

/** Where Kubernetes keeps its generators; those of others may look for names in other ways. */
const KUBERNETES = /(?:^|\/)(?:k8s\.io\/(?:code-generator|gengo|kube-openapi)|cmd\/libs\/go2idl)\//;

/** At the beginning of a string: an identifier, or the part of one before a verb. */
const WORD = /["`]([\p{L}_][\p{L}\p{N}_]{3,})/gu;

/**
 * Whether a function, method or variable of a name is asked for by the generators in these directories; undefined when
 * their sources do not tell.
 */
export function askedNames(
  sights: Pick<PackageSights, 'closure' | 'index'>,
  programs: readonly string[],
): ((name: string) => boolean) | undefined {
  if (!programs.every((program) => KUBERNETES.test(program))) return undefined;
  const found = programs.map((program) =>
    [...sights.closure(program)].flatMap((directory) => wordsOf(sights, directory)),
  );
  if (found.length === 0 || found.some((words) => words.length === 0)) return undefined;
  const words = new Set(found.flat());
  const lengths = [...new Set([...words].map((word) => word.length))];
  return (name) => lengths.some((length) => length <= name.length && words.has(name.slice(0, length)));
}

/** Strings of a package that deals with types. */
function wordsOf({ index }: Pick<PackageSights, 'index'>, directory: string): readonly string[] {
  const files = index
    .goFiles(directory)
    .filter((name) => !name.endsWith('_test.go'))
    .map((name) => `${directory}/${name}`);
  const isGenerator = files.some((file) => index.facts(file)?.imports.some((path) => TYPES.test(path)));
  if (!isGenerator) return [];
  return files.flatMap((file) => [...index.text(file).matchAll(WORD)].map(([, word = '']) => word));
}
