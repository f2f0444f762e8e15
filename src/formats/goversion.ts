/** Go version numbers: `1.15.15`, `1.26rc1`; compared by number, which upstream's old scripts do not. */

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`; rc and beta sort before the release. */
export function compareGoVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether `version` is `minimum` or newer. */
export function atLeast(version: string, minimum: string): boolean {
  return compareGoVersions(version, minimum) >= 0;
}

const RELEASE = 1_000_000;

function parts(version: string): number[] {
  const match = /^(?:go)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(beta|rc)(\d+))?/.exec(version);
  if (!match) return [0, 0, 0, 0];
  const [, major, minor, patch, stage, number] = match;
  const rank = stage === 'beta' ? Number(number) : stage === 'rc' ? 1000 + Number(number) : RELEASE;
  return [Number(major), Number(minor ?? 0), Number(patch ?? 0), rank];
}

/** The minor line of a version: `1.15` of `1.15.15`. */
export function minorOf(version: string): string {
  return /^(?:go)?(\d+\.\d+)/.exec(version)?.[1] ?? version;
}

/** Whether it is a release rather than a beta or release candidate. */
export function isRelease(version: string): boolean {
  return /^\d+\.\d+(\.\d+)?$/.test(version);
}

/** The version in `go1.15.15`, `1.15.15`, `v1.15.5-1` or the first line of a VERSION file; undefined when there is none. */
export function parseGoVersion(text: string): string | undefined {
  return /^(?:go|v)?(\d+\.\d+(?:\.\d+)?(?:(?:beta|rc)\d+)?)(?![\w.])/.exec(text.trim())?.[1];
}
