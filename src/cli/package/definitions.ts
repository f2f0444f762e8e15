/** All definitions of system packages of a tree: kubewright.yaml before the tree's own before ours. */
import { join } from 'node:path';
import { bad, type Diagnostic, error, Failure, ok, type Result } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import { configuredDefinition } from '../../steps/systempackage/configured.ts';
import type { PackageDefinition, PackageFormat } from '../../steps/systempackage/definition.ts';
import { kubernetesDefinitions } from '../../steps/systempackage/kubernetes/definitions.ts';
import type { Platform } from '../../target/platform.ts';
import { readTreePackages } from '../../tree/systempackages/read.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Session } from '../session.ts';

/** Definitions for a format; `version` chooses among those that we bring. */
export function definitionsFor(
  session: Session,
  version: string,
  format: PackageFormat,
): Result<readonly PackageDefinition[]> {
  const { tree, config, context } = session;
  const own = readTreePackages(context.host, tree.root, format);
  const ours = tree.family === 'kubernetes' ? kubernetesDefinitions(version, format) : [];
  const known = (own.ok ? own.value : undefined) ?? ours;
  const configured = Object.entries(config.packages ?? {});
  const problems: Diagnostic[] = [];
  const changed = configured.flatMap(([name, one]) => {
    if (one.formats && !one.formats.includes(format)) return [];
    const made = configuredDefinition({
      ...{ name, format, configured: one, base: known.find((other) => other.name === name) },
      treeName: config.name ?? tree.goPackage,
      locate: (path) => config.locate(['packages', name, ...(path ? [path] : [])].join('.')),
      readText: (path) => context.host.files.readTextIfAny(join(tree.root, path)),
    });
    if (made.ok) return made.value;
    problems.push(...made.diagnostics);
    return [];
  });
  if (problems.length > 0) return bad(...problems);
  return ok(
    [...known.filter(({ name }) => config.packages?.[name] === undefined), ...changed],
    own.diagnostics,
  );
}

/** Whether the tree builds all programs of a package for a platform. */
export function isBuiltFor(tree: Tree, { files }: PackageDefinition, platform: Platform): boolean {
  const programs = files.flatMap(({ content }) => (content?.kind === 'program' ? [content.name] : []));
  return programs.every((program) =>
    tree.groups.some(
      ({ targets, platforms }) =>
        platforms.value.includes(platform) &&
        targets.value.some((target) => binaryOf(tree, target) === program),
    ),
  );
}

/** Name of the binary of a target. */
export function binaryOf({ binaryNames }: Pick<Tree, 'binaryNames'>, target: string): string {
  return binaryNames?.[target] ?? target.split('/').at(-1) ?? target;
}

/** Those that a person names, in the order of their definition; none are all whose parts are given. */
export function selectDefinitions(
  definitions: readonly PackageDefinition[],
  names: readonly string[],
  givenParts: ReadonlySet<string>,
): readonly PackageDefinition[] {
  if (names.length === 0) {
    return definitions.filter(
      ({ part, onlyByName }) => !onlyByName && (part === undefined || givenParts.has(part)),
    );
  }
  return definitions.filter(({ name }) => names.includes(name));
}

/** Throws when a name is none of any format. */
export function checkNames(definitions: readonly PackageDefinition[], names: readonly string[]): void {
  const known = [...new Set(definitions.map(({ name }) => name))];
  const problems = names.filter((name) => !known.includes(name)).map((name) => unknown(name, known));
  if (problems.length > 0) throw new Failure(...problems);
  if (known.length === 0) throw new Failure(noDefinitions());
}

function unknown(name: string, known: readonly string[]): Diagnostic {
  const guess = didYouMean(name, known);
  return error('systempackage/unknown', {
    what: `there is no system package ${name}`,
    help: `${guess ? `${guess} ` : ''}known here: ${known.join(', ') || 'none'}; others are described below packages: in kubewright.yaml`,
  });
}

function noDefinitions(): Diagnostic {
  return error('systempackage/unknown', {
    what: 'no system packages are defined for this tree',
    why: 'what a package holds is known for Kubernetes alone',
    help: 'describe them below packages: in kubewright.yaml; docs/guide/system-packages.md shows how',
  });
}
