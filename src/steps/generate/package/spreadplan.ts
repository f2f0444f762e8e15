/** The one Step of a generator whose files spread over many packages. Pure. */
import type { SpreadGenerator } from '../../../tree/codegen/model.ts';
import { canonical, makeStep, type PlanFacts, type PlannedOutput } from './output.ts';
import { selectPackages } from './select.ts';

/** None when no package asks for it. */
export function planSpread(facts: PlanFacts, generator: SpreadGenerator): PlannedOutput[] {
  const { model, sights, goPackage, workingDirectory } = facts;
  const chosen = selectPackages(sights.index, model, generator, facts.scan).filter(({ directory }) =>
    generator.includes(directory),
  );
  const first = chosen[0];
  if (!first) return [];
  const asked = chosen.map(({ directory }) => directory);
  const also = generator.alsoPackages.flatMap((path) => sights.directoryOf(path) ?? []);
  const reads = [...new Set([...asked, ...also])].sort();
  const packages = asked.map((directory) => canonical(model.importPath(directory)));
  const flags = generator.imports.flatMap((path) => ['--proto-import', `${workingDirectory}/${path}`]);
  const { outputName, definitionName, header } = generator;
  const step = makeStep(facts, generator, {
    ...{ directory: outputName, packages, writes: goPackage, reads, tags: [], flags },
    keyFlags: generator.imports,
    more: {
      ...Object.fromEntries(generator.tools.map(({ name }) => [name, facts.tools.versions.get(name) ?? ''])),
      ...Object.fromEntries(generator.plugins.map((one) => [one.name, facts.programKey(one)])),
      packages: packages.join(','),
      [header]: facts.fileDigest(header),
    },
    outputs: reads.flatMap((directory) => [`${directory}/${outputName}`, `${directory}/${definitionName}`]),
    environment: { ...facts.environment, PATH: `${facts.tools.path}:${facts.environment['PATH']}` },
  });
  return [
    {
      ...{ step, generator, directory: outputName, path: `${first.directory}/${outputName}` },
      ...{ selected: first, reads, problems: [] },
    },
  ];
}
