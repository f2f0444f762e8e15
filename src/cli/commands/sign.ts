/** `kubewright sign`: a signature beside each artifact. */
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { planSignatures } from '../../steps/sign/plan.ts';
import { runArtifacts } from '../artifacts/run.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';
import { namedArtifacts } from '../supply/artifacts.ts';
import { signImages } from '../supply/imagesignature.ts';
import { IMAGE } from '../supply/remoteimage.ts';
import { addSignerOptions, requireSigner, type SignerOptions } from '../supply/signer.ts';

interface SignOptions extends SignerOptions {
  readonly detached?: boolean;
  readonly wait: number;
}

export function configure(command: Command, start: Start): void {
  addSignerOptions(
    command.argument(
      '<file...>',
      'artifacts, directories of them, or images in a registry: oci://REGISTRY/NAME:TAG',
    ),
  )
    .option('--detached', 'the bare signature too, as NAME.sig')
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0)
    .action((files: string[], options: SignOptions) => start((context) => sign(context, files, options)));
}

async function sign(
  context: CommandContext,
  names: readonly string[],
  options: SignOptions,
): Promise<number> {
  const session = await openSession(context);
  const { signatory, signer, key } = await requireSigner(context, options);
  const images = names.filter((name) => IMAGE.test(name));
  if (images.length > 0) {
    if (!key) throw new Failure(imagesWantKey());
    if (!context.options.dryRun) await signImages(session, images, key);
    if (images.length === names.length) return 0;
  }
  const { artifacts } = namedArtifacts(
    session,
    names.filter((name) => !IMAGE.test(name)),
  );
  const { signingPacker } = await import('../../steps/sign/run.ts');
  // An image layout is signed by its index, which names everything in it by digest.
  const files = artifacts.map(({ name, path, files: own }) =>
    own.length === 1 ? { name, path } : { name: `${name}/index.json`, path: `${path}/index.json` },
  );
  const steps = planSignatures(files, signatory, options.detached === true);
  if (context.options.dryRun) {
    for (const { title, outputs } of steps)
      context.print([title, ...outputs.map((path) => `  ${path}`)].join('\n'));
    return 0;
  }
  const packer = signingPacker(signer);
  return runArtifacts(
    session,
    steps,
    { treeVersion: '', toolchain: '', waitSeconds: options.wait },
    { sign: () => Promise.resolve(packer) },
  );
}

function imagesWantKey() {
  return error('request/conflict', {
    what: 'images in a registry are signed with --key alone',
    help: 'name a key; cosign sign signs images as an identity',
  });
}
