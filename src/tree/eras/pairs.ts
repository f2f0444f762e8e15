/** Lists of `binary:path` or `binary=path`, as kubeedge and karmada write them. */

/** Paths in order, and the binary names that are not the last element of their path. */
export function pairsOf(
  pairs: readonly string[],
  separator: ':' | '=',
): { readonly targets: readonly string[]; readonly binaryNames: Readonly<Record<string, string>> } {
  const targets: string[] = [];
  const binaryNames: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf(separator);
    const binary = pair.slice(0, at);
    const path = pair.slice(at + 1);
    targets.push(path);
    if (path.slice(path.lastIndexOf('/') + 1) !== binary) binaryNames[path] = binary;
  }
  return { targets, binaryNames };
}
