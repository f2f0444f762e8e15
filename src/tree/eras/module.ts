/**
 * Any other Go monorepo: one module, or a workspace of several. Targets are its main packages, found by
 * reading package clauses; no Go is needed. `kubewright.yaml` can say more (configured.ts).
 */
import { bad, error, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { Platform } from '../../target/platform.ts';
import { packageClause } from '../lookup.ts';
import type { TreeReader } from '../reader.ts';
import type { Fact, FlagDialect, Tree } from '../tree.ts';
import { goModVersion, pinnedGo } from './goversions.ts';
import { STAMP_FIELDS } from './stamping.ts';

/** Whether a directory is the root of a Go module or workspace. */
export function isGoModule(reader: TreeReader): boolean {
  return reader.kind('go.mod') === 'file' || reader.kind('go.work') === 'file';
}

/** Go's own defaults, trimmed and stripped as release binaries are. */
export const MODULE_FLAGS: FlagDialect = {
  installSuffix: 'none',
  tags: [],
  strip: 'unless-debug',
  trim: 'go',
  debug: 'on-request',
  userLdflags: 'after-stamps',
  ldflagsForAll: false,
  stampForm: 'quoted',
};

export function readGoModule(host: Host, reader: TreeReader): Result<Tree> {
  const workspace = reader.kind('go.work') === 'file';
  const modules = workspace ? workspaceModules(reader) : ['.'];
  const mains = modules.flatMap((module) => mainPackages(reader, module, modules)).sort();
  const file = workspace ? 'go.work' : 'go.mod';
  if (mains.length === 0) {
    return bad(
      error('tree/list-missing', {
        what: `no main package was found below ${reader.root}`,
        where: [{ file }],
        why: 'targets of a Go module are its main packages, and there is nothing to build without one',
        help: 'write a package main (cmd/NAME/main.go), or name the tree that you mean with -C DIR',
      }),
    );
  }
  const chosen = mains.filter((path) => /(^|\/)cmd(\/|$)/.test(path) && !AUXILIARY.test(path));
  const fallback = mains.filter((path) => !AUXILIARY.test(path));
  const value = chosen.length > 0 ? chosen : fallback.length > 0 ? fallback : mains;
  const goPackage =
    moduleName(reader, '.') ?? moduleName(reader, modules[0] ?? '.') ?? 'command-line-arguments';
  const binaryNames = value.includes('.') ? { '.': goPackage.slice(goPackage.lastIndexOf('/') + 1) } : {};
  const allTargets: Fact<readonly string[]> = { value, where: { file }, source: 'parsed' };
  const platforms: Fact<readonly Platform[]> = { value: [host.platform], where: { file }, source: 'default' };
  const minimum = goModVersion(reader);
  const pinned = pinnedGo(reader);
  const module = goPackage;
  return ok({
    root: reader.root,
    family: 'go-module',
    label: workspace ? `Go workspace of ${modules.length} modules` : `Go module ${module}`,
    evidence: [{ file }],
    goMode: workspace ? 'workspace' : 'modules',
    vendored: reader.kind('vendor/modules.txt') === 'file',
    goPackage,
    groups: [{ name: 'all', targets: allTargets, platforms }],
    allTargets,
    binaryNames,
    staticBinaries: {
      value: value.map((path) => binaryOf(path, binaryNames)),
      where: { file },
      source: 'default',
    },
    ...(minimum ? { minimumGo: minimum } : {}),
    ...(pinned ? { pinnedGo: pinned } : {}),
    flags: MODULE_FLAGS,
    stamping: {
      packages: { value: versionPackages(reader, goPackage), where: { file }, source: 'parsed' },
      fields: STAMP_FIELDS,
      describeRule: 'k8s-1.14',
    },
    generatedFiles: [],
    crossCompilers: { when: 'never', byPlatform: {} },
    readFiles: reader.filesRead,
    outputLayout: 'os-arch',
  });
}

/** Helpers, examples and tests: targets only when nothing else is there, or when named. */
const AUXILIARY =
  /(^|\/)(tests?|hack|tools?|examples?|docs?|scripts?|third_party|internal\/tools|staging\/src\/[^/]+\/[^/]+\/examples?)(\/|$)/;
const SKIPPED = /^(_.*|\..*|testdata|vendor|node_modules)\/$/;
/** Deeper directories hold no commands, and a stray home directory should not be read whole. */
const MAXIMUM_DEPTH = 8;

function mainPackages(reader: TreeReader, module: string, modules: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (directory: string, depth: number): void => {
    const names = reader.list(directory);
    if (directory !== module && (names.includes('go.mod') || modules.includes(directory))) return;
    const files = names.filter((name) => /^[^_.].*\.go$/.test(name) && !name.endsWith('_test.go'));
    const isMain = files.some((name) => packageClause(reader.text(join(directory, name)) ?? '') === 'main');
    if (isMain) found.push(directory);
    if (depth >= MAXIMUM_DEPTH) return;
    for (const name of names) {
      if (name.endsWith('/') && !SKIPPED.test(name)) visit(join(directory, name.slice(0, -1)), depth + 1);
    }
  };
  visit(module, 0);
  return found;
}

function join(directory: string, name: string): string {
  return directory === '.' ? name : `${directory}/${name}`;
}

/** Directories behind `use` in go.work, `./` off. */
function workspaceModules(reader: TreeReader): string[] {
  const text = (reader.text('go.work') ?? '').replace(/\/\/.*$/gm, '');
  const block = /^use\s*\(([^)]*)\)/gm;
  const single = /^use\s+([^\s(]+)/gm;
  const words = [
    ...[...text.matchAll(block)].flatMap((match) => (match[1] ?? '').split(/\s+/)),
    ...[...text.matchAll(single)].map((match) => match[1] ?? ''),
  ];
  const clean = words.filter(Boolean).map((word) =>
    word
      .replace(/^"|"$/g, '')
      .replace(/^\.\/(?=.)/, '')
      .replace(/\/$/, ''),
  );
  return [...new Set(clean.map((word) => (word === '' ? '.' : word)))];
}

function moduleName(reader: TreeReader, module: string): string | undefined {
  return reader.text(join(module, 'go.mod'))?.match(/^module\s+"?([^\s"]+)/m)?.[1];
}

/** A package that declares gitVersion is one that the version is stamped into. */
function versionPackages(reader: TreeReader, goPackage: string): string[] {
  return ['pkg/version', 'internal/version', 'version'].flatMap((directory) => {
    const files = reader.list(directory).filter((name) => name.endsWith('.go'));
    const declares = files.some((name) =>
      /\bgitVersion\s+(string\s*)?=/.test(reader.text(`${directory}/${name}`) ?? ''),
    );
    return declares ? [`${goPackage}/${directory}`] : [];
  });
}

function binaryOf(path: string, names: Readonly<Record<string, string>>): string {
  return names[path] ?? path.slice(path.lastIndexOf('/') + 1);
}
