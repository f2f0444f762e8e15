/** Relations between packages as their authors write them. */
import type { RpmRelation } from '../../formats/rpm/package.ts';
import type { PackageFormat } from './definition.ts';

// deb-version(7) with an epoch; Debian Policy 7.1: alternatives, architectures in brackets.
const DEB_NAME = String.raw`[a-z0-9][a-z0-9+.-]+(?::\w+)?`;
const DEB_ONE = String.raw`${DEB_NAME}(?: \((?:<<|<=|=|>=|>>) [\w.+:~-]+\))?(?: \[[a-z0-9! -]+\])?`;
const DEB_RELATION = new RegExp(`^${DEB_ONE}(?: \\| ${DEB_ONE})*$`);
// `name`, `name >= version`, `(a or b)`: rpm's boolean dependencies are one name to the header.
const RPM_RELATION = /^([^\s()<>=,][^\s<>=,]*|\(.*\))(?:\s*(<=|>=|=|<|>)\s*([\w.+:~^-]+))?$/;

/** A relation in rpm's words; undefined when it is none. */
export function parseRpmRelation(text: string): RpmRelation | undefined {
  const [, name, operator, version] = RPM_RELATION.exec(text.trim()) ?? [];
  if (name === undefined) return undefined;
  return operator === undefined || version === undefined
    ? { name }
    : { name, operator: operator as NonNullable<RpmRelation['operator']>, version };
}

/** Whether a format understands a relation. */
export function isRelation(format: PackageFormat, text: string): boolean {
  return format === 'deb' ? DEB_RELATION.test(text) : parseRpmRelation(text) !== undefined;
}

/** `name (>= 1.0)` in the other format's words: `name >= 1.0`, and back. Anything else stays as it is. */
export function relationFor(format: PackageFormat, text: string): string {
  if (format === 'rpm') {
    const [, name, operator, version] = /^(\S+) \((<<|<=|=|>=|>>) (\S+)\)$/.exec(text) ?? [];
    return name === undefined ? text : `${name} ${operator?.replace(/^(<|>)\1$/, '$1')} ${version}`;
  }
  const [, name, operator, version] = /^([a-z0-9][^\s()]*)\s*(<=|>=|=|<|>)\s*(\S+)$/.exec(text) ?? [];
  return name === undefined ? text : `${name} (${operator?.replace(/^[<>]$/, '$&$&')} ${version})`;
}
