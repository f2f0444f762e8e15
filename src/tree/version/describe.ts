/** From what `git describe` says to the version that is stamped (spec versions-and-targets 9.3). Pure. */
import type { VersionStamping } from '../tree.ts';

type Rule = VersionStamping['describeRule'];

/**
 * Makes a semantic version of a described one: `v1.2.3-4-g0123456789abcd` becomes `v1.2.3-4+0123456789abcd`.
 * Exactly 14 hexadecimal digits count; anything else stays as it is. A dirty tree adds `-dirty`.
 */
export function transformVersion(rule: Rule, described: string, dirty: boolean): string {
  const version = rule === 'plain' ? described : withBuildPart(rule, described);
  return dirty && rule !== 'plain' ? `${version}-dirty` : version;
}

function withBuildPart(rule: Rule, described: string): string {
  const dashes = described.split('-').length - 1;
  if (rule === 'k8s-1.2' || dashes === 3) return described.replace(/-(\d+)-g([0-9a-f]{14})$/, '.$1+$2');
  return dashes === 2 ? described.replace(/-g([0-9a-f]{14})$/, '+$1') : described;
}

/** Major and minor; a pre-release adds `+` to minor. Undefined when the version has another shape. */
export function majorMinor(
  rule: Rule,
  version: string,
): { readonly major: string; readonly minor: string } | undefined {
  const build = rule === 'k8s-1.2' || rule === 'k8s-1.7' ? '' : '([+].*)?';
  const match = version.match(new RegExp(`^v([0-9]+)\\.([0-9]+)(\\.[0-9]+)?([-].*)?${build}$`));
  if (!match) return undefined;
  return { major: match[1] ?? '', minor: `${match[2] ?? ''}${match[4] ? '+' : ''}` };
}

/** What Kubernetes accepts as a version since 1.8: `v1.30.0`, `v1.30`, `v1.30.0-rc.1+vendor.2`. */
export function isSemanticVersion(version: string): boolean {
  return /^v\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(version);
}
