/** What a package of a listing needs, what Go adds to its imports included. */
import type { GoPackage } from './package.ts';

const CGO_NEEDS = ['unsafe', 'runtime/cgo', 'syscall'];
const LINKER_NEEDS = ['runtime'];

/** Names of packages that a package may need; those that are not in its listing are none of its needs. */
export function needsOf(found: GoPackage): readonly string[] {
  return [
    ...(found.Imports ?? []),
    ...(found.CgoFiles?.length && found.ImportPath !== 'runtime/cgo' ? CGO_NEEDS : []),
    ...(found.Name === 'main' ? LINKER_NEEDS : []),
  ];
}
