/** The Go that a tree asks for, from the places where trees write it down (spec versions-and-targets 2, 4). */
import type { Location } from '../../diagnostic/diagnostic.ts';
import type { TreeReader } from '../reader.ts';
import type { Fact } from '../tree.ts';

/** The first match of a pattern whose first group is a version; the version is what is underlined. */
export function versionFact(reader: TreeReader, file: string, pattern: RegExp): Fact<string> | undefined {
  const where = reader.find(file, pattern, 'required here');
  const value = where ? wordAt(where) : undefined;
  return where && value ? { value, where, source: 'parsed' } : undefined;
}

function wordAt(where: Location): string | undefined {
  if (where.column === undefined || where.length === undefined) return undefined;
  return where.text?.slice(where.column - 1, where.column - 1 + where.length);
}

/** The least Go that hack/lib/golang.sh accepts: `minimum_go_version=go1.15.0`, or 1.2's text comparison. */
export function minimumGo(reader: TreeReader): Fact<string> | undefined {
  const file = 'hack/lib/golang.sh';
  return (
    versionFact(reader, file, /^\s*minimum_go_version="?go(\d[\d.]*)/) ??
    versionFact(reader, file, /^[^#]*go_version\[2\]\}" < "go(\d[\d.]*)"/) ??
    goModVersion(reader)
  );
}

/** The `go` line of the root go.work or go.mod. */
export function goModVersion(reader: TreeReader): Fact<string> | undefined {
  return versionFact(reader, 'go.work', /^go (\d\S*)/) ?? versionFact(reader, 'go.mod', /^go (\d\S*)/);
}

/** `.go-version`, or the `toolchain` line of go.work or go.mod. */
export function pinnedGo(reader: TreeReader): Fact<string> | undefined {
  return (
    versionFact(reader, '.go-version', /^\s*(?:go)?(\d[\w.]*)/) ??
    versionFact(reader, 'go.work', /^toolchain go(\d\S*)/) ??
    versionFact(reader, 'go.mod', /^toolchain go(\d\S*)/)
  );
}

/** Go inside the cross image's tag: `1.15.5` of `v1.15.5-1`, `1.21.7` of `v1.28.0-go1.21.7-bullseye.0`. */
export function crossImageGo(reader: TreeReader): Fact<string> | undefined {
  const file = 'build/build-image/cross/VERSION';
  return (
    versionFact(reader, file, /-go(\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?)/) ??
    versionFact(reader, file, /^v?(\d+\.\d+(?:\.\d+)?)-\d+$/) ??
    versionFact(reader, 'build/build-image/cross/Dockerfile', /^FROM\s+\S*golang:(\d+\.\d+(?:\.\d+)?)/)
  );
}
