/** Files that `//go:embed` patterns stand for, by the rules of cmd/go (internal/load, resolveEmbed). */
import type { Files } from '../../../host/files.ts';
import { Unsupported } from './unsupported.ts';

// Directories of version control never become part of a module.
const BAD_NAME = /^(|\.bzr|\.hg|\.git|\.svn)$/;

/** Sorted paths below the package's directory. */
export function embedFiles(files: Files, directory: string, patterns: readonly string[]): string[] {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const hidden = pattern.startsWith('all:');
    const glob = hidden ? pattern.slice('all:'.length) : pattern;
    if (/^\/|\\|(^|\/)\.\.?(\/|$)/.test(glob) && glob !== '.') refuse(directory, pattern);
    const list = expand(files, directory, glob).flatMap((path) => filesOf(files, directory, path, hidden));
    if (list.length === 0) refuse(directory, pattern);
    for (const path of list) found.add(path);
  }
  return [...found].sort();
}

function refuse(directory: string, pattern: string): never {
  throw new Unsupported(`the go:embed pattern ${pattern} in ${directory}`);
}

/** path/filepath's Glob: one element at a time; `*` matches hidden names too. */
function expand(files: Files, directory: string, glob: string): string[] {
  let paths = [''];
  for (const element of glob === '.' ? [] : glob.split('/')) {
    if (/[*?[]/.test(element)) {
      const matches = matcher(element, directory);
      paths = paths.flatMap((path) =>
        names(files, join(directory, path))
          .map((name) => name.replace(/\/$/, ''))
          .filter((name) => matches.test(name))
          .map((name) => join(path, name)),
      );
    } else {
      paths = paths.map((path) => join(path, element)).filter((path) => files.lstat(join(directory, path)));
    }
  }
  return paths;
}

function matcher(element: string, directory: string): RegExp {
  if (element.includes('[')) refuse(directory, element);
  const escaped = element.replace(/[.+^${}()|\]]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`, 'su');
}

function filesOf(files: Files, directory: string, path: string, hidden: boolean): string[] {
  const steps = path.split('/').map((_, i, all) => all.slice(0, i + 1).join('/'));
  for (const step of path === '' ? [] : steps) {
    const absolute = join(directory, step);
    const isLast = step === path;
    if (files.exists(`${absolute}/go.mod`) || BAD_NAME.test(step.slice(step.lastIndexOf('/') + 1)))
      refuse(directory, path);
    if (files.isLink(absolute) || (!isLast && !files.isDirectory(absolute))) refuse(directory, path);
  }
  if (!files.isDirectory(join(directory, path))) return [path];
  return walk(files, directory, path, hidden);
}

/** Regular files below a directory; hidden ones and other modules are passed over. */
function walk(files: Files, directory: string, path: string, hidden: boolean): string[] {
  return names(files, join(directory, path)).flatMap((entry) => {
    const isDirectory = entry.endsWith('/');
    const name = isDirectory ? entry.slice(0, -1) : entry;
    const inner = join(path, name);
    if (!hidden && (name.startsWith('.') || name.startsWith('_'))) return [];
    if (BAD_NAME.test(name)) return isDirectory ? [] : refuse(directory, inner);
    if (!isDirectory) return files.isLink(join(directory, inner)) ? [] : [inner];
    return files.exists(join(directory, `${inner}/go.mod`)) ? [] : walk(files, directory, inner, hidden);
  });
}

function names(files: Files, directory: string): string[] {
  return files.isDirectory(directory) ? files.list(directory) : [];
}

function join(base: string, name: string): string {
  if (base === '') return name;
  return name === '' ? base : `${base}/${name}`;
}
