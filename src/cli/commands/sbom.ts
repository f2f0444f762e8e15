/** `kubewright sbom`: what artifacts are made of, as SPDX and CycloneDX documents. */
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { taken } from '../../diagnostic/diagnostic.ts';
import { planSboms } from '../../steps/sbom/plan.ts';
import { readTreeVersion } from '../../tree/version.ts';
import { runArtifacts } from '../artifacts/run.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';
import { namedArtifacts } from '../supply/artifacts.ts';
import { readTreeModules } from '../supply/modules.ts';
import { VERSION } from '../version.ts';

interface SbomOptions {
  readonly output?: string;
  readonly wait: number;
}

export function configure(command: Command, start: Start): void {
  command
    .argument(
      '[file...]',
      'artifacts, or one directory of them: a release. None: the programs of this checkout',
    )
    .option(
      '-o, --output <dir>',
      'where the documents go (default: beside each artifact; OUT/sbom for none named)',
    )
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0)
    .action((files: string[], options: SbomOptions) => start((context) => sbom(context, files, options)));
}

async function sbom(
  context: CommandContext,
  names: readonly string[],
  options: SbomOptions,
): Promise<number> {
  const session = await openSession(context);
  const { host, signal } = context;
  const { artifacts, release } = namedArtifacts(session, names);
  const version = taken(await readTreeVersion(host, session.tree, { signal })).value;
  const treeVersion = version.gitVersion ?? 'v0.0.0';
  const asked = options.output ?? (names.length === 0 ? join(session.layout.out, 'sbom') : undefined);
  const output = asked === undefined ? undefined : resolve(host.workingDirectory, asked);
  const place = (path: string, name: string) => (output === undefined ? path : join(output, name));
  const described = artifacts.map(({ name, path, files }) => ({
    ...{ name, files, spdx: `${place(path, name)}.spdx.json`, cycloneDx: `${place(path, name)}.cdx.json` },
  }));
  const whole = release === undefined ? undefined : (output ?? release);
  const steps = planSboms(
    described,
    {
      ...readTreeModules(host, session.tree, treeVersion),
      ...{ version: treeVersion, created: version.buildDate },
      tool: { name: 'kubewright', version: VERSION },
    },
    whole === undefined
      ? undefined
      : {
          name: basename(session.tree.goPackage),
          spdx: join(whole, 'sbom.spdx.json'),
          cycloneDx: join(whole, 'sbom.cdx.json'),
        },
  );
  if (context.options.dryRun) {
    for (const { title, outputs } of steps)
      context.print([title, ...outputs.map((path) => `  ${path}`)].join('\n'));
    return 0;
  }
  return runArtifacts(session, steps, { treeVersion, toolchain: '', waitSeconds: options.wait });
}
