/** All definitions of system packages of a tree: kubewright.yaml before the tree's own before ours. */
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import type { PackageDefinition, PackageFormat } from '../../steps/systempackage/definition.ts';
import { kubernetesDefinitions } from '../../steps/systempackage/kubernetes/definitions.ts';
import type { Session } from '../session.ts';

/** Definitions for a format; `version` chooses among those that we bring. */
export function definitionsFor(
  { tree }: Session,
  version: string,
  format: PackageFormat,
): readonly PackageDefinition[] {
  if (tree.family === 'kubernetes') return kubernetesDefinitions(version, format);
  return [];
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
