/**
 * Versions of trees as package managers write and order them. In both formats a tilde sorts before everything, even
 * before the end (deb-version(7); rpm 4.18, `docs/manual/dependencies.md`), so a pre-release comes before its release.
 */
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import type { PackageFormat } from './definition.ts';

/**
 * `v1.28.0-rc.1` → `1.28.0~rc.1`; `v1.28.1-3+0123456789abcd`, three commits after v1.28.1, → `1.28.1+3+0123456789abcd`.
 * Other dashes have no place in an rpm and a meaning of their own in a deb: they become dots.
 */
export function packageVersion(treeVersion: string): string {
  const version = treeVersion.replace(/^v(?=\d)/, '');
  const plus = version.indexOf('+');
  const [core, build] = plus < 0 ? [version, ''] : [version.slice(0, plus), version.slice(plus)];
  const ordered = core.replace(/^([^-]*)-(\d+(?=$|-)|)/, (_, numbers: string, commits: string) =>
    commits ? `${numbers}+${commits}` : `${numbers}~`,
  );
  return `${ordered}${build}`.replaceAll('-', '.');
}

// deb-version(7), without the dash that parts the revision; rpm: lib/rpmvercmp.c and build/parsePreamble.c.
const ALLOWED = { deb: /^\d[A-Za-z0-9.+~]*$/, rpm: /^[A-Za-z0-9.+~^_]+$/ };
const IN_WORDS = {
  deb: 'a version of a deb begins with a digit and holds letters, digits, dots, + and ~',
  rpm: 'a version of an rpm holds letters, digits, dots, _, +, ~ and ^',
};

/** What is wrong with a version or a revision in a format; nothing when all is well. */
export function versionProblems(
  format: PackageFormat,
  name: string,
  { version, revision }: { readonly version: string; readonly revision: string },
  source: string,
): Diagnostic[] {
  const pattern = ALLOWED[format];
  if (pattern.test(version) && pattern.test(`0${revision}`) && revision !== '') return [];
  const wrong = pattern.test(version)
    ? `revision ${revision || '(empty)'}`
    : `version ${version || '(empty)'}`;
  const problem = error('systempackage/version', {
    what: `the ${wrong} of ${name} cannot be written in ${format === 'deb' ? 'a deb' : 'an rpm'}`,
    why: `${IN_WORDS[format]}; this one comes from ${source}`,
    help: 'name one that can: --version-string v1.30.0-rc.1+vendor.2, or --revision 1',
  });
  return [problem];
}
