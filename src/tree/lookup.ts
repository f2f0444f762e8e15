/** What lies in a directory of the tree, in Go's terms: the questions that resolving a target asks of the disk. */
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import type { PackageKind, PackageLookup } from '../target/lookup.ts';
import type { Tree } from './tree.ts';

/** A lookup on the disk; answers are remembered for the life of the object. */
export function diskLookup(host: Host, { root }: Pick<Tree, 'root'>): PackageLookup {
  const kinds = new Map<string, PackageKind>();
  const packageAt = (directory: string): PackageKind => {
    const known = kinds.get(directory);
    if (known) return known;
    const kind = kindOf(host, join(root, directory));
    kinds.set(directory, kind);
    return kind;
  };
  return {
    packageAt,
    expand: (directory) => walk(host, root, directory).filter((path) => isPackage(packageAt(path))),
    importPath: (directory) => importPathOf(host, root, directory),
    names: (directory) => directoriesIn(host, join(root, directory)),
  };
}

function isPackage(kind: PackageKind): boolean {
  return kind === 'main' || kind === 'library' || kind === 'tests';
}

function kindOf(host: Host, path: string): PackageKind {
  if (!host.files.isDirectory(path)) return 'missing';
  let found: PackageKind = 'no-go';
  for (const name of host.files.list(path)) {
    if (!name.endsWith('.go') || name.startsWith('_') || name.startsWith('.')) continue;
    if (name.endsWith('_test.go')) {
      if (found === 'no-go') found = 'tests';
      continue;
    }
    const clause = packageClause(host.files.readText(join(path, name)));
    if (clause === 'main') return 'main';
    if (clause && clause !== 'documentation') found = 'library';
  }
  return found;
}

/**
 * The package name of a Go file, or undefined when a constraint keeps the file out of every build:
 * generators are often `package main` files with `ignore` beside a library.
 */
export function packageClause(text: string): string | undefined {
  const code = text.replace(/^\uFEFF/, '').replace(/\/\*[\s\S]*?\*\//g, ' ');
  const clause = /^[ \t]*package[ \t]+([\p{L}_][\p{L}\p{N}_]*)/mu.exec(code);
  if (!clause) return undefined;
  const head = code.slice(0, clause.index);
  return /^\/\/(go:build|\s*\+build)\s+(ignore|none)\b/m.test(head) ? undefined : clause[1];
}

/** Directories that Go itself leaves out of `...`, and our own output. */
const SKIPPED = /^(_.*|\..*|testdata|vendor|node_modules)$/;

/** A directory and all below it that a `...` pattern covers; links are not followed. */
function walk(host: Host, root: string, start: string): string[] {
  const found: string[] = [];
  const pending = [start];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const path = join(root, directory);
    if (!host.files.isDirectory(path)) continue;
    found.push(directory);
    for (const name of directoriesIn(host, path)) {
      if (SKIPPED.test(name) || host.files.isLink(join(path, name))) continue;
      pending.push(directory === '.' ? name : `${directory}/${name}`);
    }
  }
  return found.sort();
}

function directoriesIn(host: Host, path: string): string[] {
  if (!host.files.isDirectory(path)) return [];
  return host.files.list(path).flatMap((name) => (name.endsWith('/') ? [name.slice(0, -1)] : []));
}

/** Import path by the nearest go.mod; undefined outside every module. */
function importPathOf(host: Host, root: string, directory: string): string | undefined {
  const parts = directory === '.' ? [] : directory.split('/');
  for (let length = parts.length; length >= 0; length--) {
    const at = parts.slice(0, length);
    const module = host.files
      .readTextIfAny(join(root, ...at, 'go.mod'))
      ?.match(/^module\s+"?([^\s"]+)/m)?.[1];
    if (module) return [module, ...parts.slice(length)].join('/');
  }
  return undefined;
}
