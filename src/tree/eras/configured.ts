/** What kubewright.yaml says about a tree, laid over what the tree says itself: the file wins, value by value. */
import type { Config, ConfiguredTarget } from '../../config/config.ts';
import type { Platform } from '../../target/platform.ts';
import type { Fact, Group, Tree } from '../tree.ts';

/** The tree with the file's groups, platforms, static binaries, Go version and stamps in place of its own. */
export function withConfig(tree: Tree, config: Config): Tree {
  if (!config.file) return tree;
  const groups = configuredGroups(tree, config);
  const named = groups.filter((group) => group.targets.source === 'configured');
  const targets = Object.values(config.groups ?? {}).flatMap((group) => group.targets);
  const fact = <T>(value: T, path: string): Fact<T> => ({
    value,
    where: config.locate(path),
    source: 'configured',
  });
  const allTargets =
    named.length > 0 && tree.family === 'go-module'
      ? fact([...new Set(named.flatMap((group) => group.targets.value))], 'groups')
      : tree.allTargets;
  const staticBinaries = configuredStatic(tree, config, targets);
  const version = config.version ?? {};
  const build = config.build ?? {};
  return {
    ...tree,
    family: tree.family === 'go-module' ? 'configured' : tree.family,
    label: config.name ?? tree.label,
    evidence: [{ file: config.file }, ...tree.evidence],
    groups,
    allTargets,
    binaryNames: { ...tree.binaryNames, ...namesOf(targets) },
    staticBinaries,
    ...(config.toolchain?.go ? { pinnedGo: fact(config.toolchain.go, 'toolchain.go') } : {}),
    flags: {
      ...tree.flags,
      ...(build.tags ? { tags: [...tree.flags.tags, ...build.tags] } : {}),
      ...(build.strip === undefined ? {} : { strip: build.strip ? 'unless-debug' : 'never' }),
      ...(build.trimpath === undefined ? {} : { trim: build.trimpath ? 'go' : 'never' }),
    },
    stamping: {
      ...tree.stamping,
      ...(version.packages ? { packages: fact(version.packages, 'version.packages') } : {}),
      ...(version.fields ? { fields: version.fields } : {}),
      ...(version.tags ? { describeMatch: version.tags } : {}),
      ...(version.value ? { value: fact(version.value, 'version.value') } : {}),
    },
  };
}

function configuredGroups(tree: Tree, config: Config): Group[] {
  const own = Object.entries(config.groups ?? {}).map(([name, group]): Group => {
    const platforms = group.platforms ?? config.platforms;
    const before = tree.groups.find((known) => known.name === name)?.platforms ?? tree.groups[0]?.platforms;
    const configured: Fact<readonly Platform[]> = {
      value: platforms ?? [],
      where: config.locate(group.platforms ? `groups.${name}.platforms` : 'platforms'),
      source: 'configured',
    };
    return {
      name,
      targets: {
        value: group.targets.map((target) => (typeof target === 'string' ? target : target.package)),
        where: config.locate(`groups.${name}.targets`),
        source: 'configured',
      },
      platforms: platforms ? configured : (before ?? configured),
    };
  });
  const names = new Set(own.map((group) => group.name));
  const kept = tree.groups
    .filter((group) => !names.has(group.name))
    .map((group) =>
      config.platforms && tree.family === 'go-module'
        ? {
            ...group,
            platforms: {
              value: config.platforms,
              where: config.locate('platforms'),
              source: 'configured' as const,
            },
          }
        : group,
    );
  // The group of everything that was found stands for a file's groups only when it names none.
  return own.length > 0 && tree.family === 'go-module' ? own : [...kept, ...own];
}

function configuredStatic(
  tree: Tree,
  config: Config,
  targets: readonly (string | ConfiguredTarget)[],
): Fact<readonly string[]> {
  const objects = targets.filter((target): target is ConfiguredTarget => typeof target !== 'string');
  const on = objects.filter((target) => target.static === true).map(binaryOf);
  const off = new Set(objects.filter((target) => target.static === false).map(binaryOf));
  if (!config.static && on.length === 0 && off.size === 0 && targets.length === 0) return tree.staticBinaries;
  // A module's binaries are static unless the file says otherwise; a Kubernetes tree keeps its own list.
  const base =
    config.static ?? (tree.family === 'go-module' ? targets.map(binaryOf) : tree.staticBinaries.value);
  return {
    value: [...new Set([...base, ...on])].filter((name) => !off.has(name)),
    where: config.locate(config.static ? 'static' : 'groups'),
    source: 'configured',
  };
}

function namesOf(targets: readonly (string | ConfiguredTarget)[]): Record<string, string> {
  const names: Record<string, string> = {};
  for (const target of targets) {
    if (typeof target !== 'string' && target.binary) names[target.package] = target.binary;
  }
  return names;
}

function binaryOf(target: string | ConfiguredTarget): string {
  if (typeof target !== 'string') return target.binary ?? binaryOf(target.package);
  return target.slice(target.lastIndexOf('/') + 1);
}
