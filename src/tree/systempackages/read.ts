/** System packages as a tree itself defines them; trees from 1.20 on do not. */
import { type Diagnostic, ok, type Result, warning } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { PackageDefinition, PackageFormat } from '../../steps/systempackage/definition.ts';
import { TreeReader } from '../reader.ts';
import { readDebs } from './debs.ts';
import { readSpecs } from './specs.ts';
import { StarlarkError } from './starlark.ts';

/** Definitions for a format; none when the tree has none, or when they cannot be read, which is told. */
export function readTreePackages(
  host: Host,
  root: string,
  format: PackageFormat,
): Result<readonly PackageDefinition[] | undefined> {
  const reader = new TreeReader(host, root);
  if (format === 'rpm') return ok(readSpecs(reader));
  try {
    return ok(readDebs(reader));
  } catch (problem) {
    if (!(problem instanceof StarlarkError)) throw problem;
    return ok(undefined, [unreadable(reader, problem)]);
  }
}

function unreadable(reader: TreeReader, { line, message }: StarlarkError): Diagnostic {
  return warning('systempackage/definition', {
    what: `the packages that the tree defines cannot be read: ${message}`,
    where: [reader.at('build/debs/BUILD', line)],
    why: 'what kubernetes/release made of this version is taken instead',
    help: 'say what differs below packages: in kubewright.yaml',
  });
}
