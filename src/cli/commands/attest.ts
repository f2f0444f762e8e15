/** `kubewright attest`: provenance of artifacts, as a signed in-toto statement. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Subject } from '../../formats/intoto/statement.ts';
import { readStatementBundle } from '../../formats/sigstorebundle/bundle.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import { type NamedArtifact, namedArtifacts } from '../supply/artifacts.ts';
import { IMAGE } from '../supply/remoteimage.ts';
import { addSignerOptions, type ChosenSigner, chooseSigner, type SignerOptions } from '../supply/signer.ts';
import { statementAbout } from '../supply/statement.ts';

export function configure(command: Command, start: Start): void {
  addSignerOptions(
    command.argument(
      '<file...>',
      'artifacts, one directory of them: a release, or images in a registry: oci://REGISTRY/NAME:TAG',
    ),
  ).action((files: string[], options: SignerOptions) => start((context) => attest(context, files, options)));
}

async function attest(
  context: CommandContext,
  names: readonly string[],
  options: SignerOptions,
): Promise<number> {
  const session = await openSession(context);
  const chosen = await chooseSigner(context, options);
  const images = names.filter((name) => IMAGE.test(name));
  if (images.length > 0) {
    if (!chosen?.key) throw new Failure(imagesWantKey());
    const { attestImages } = await import('../supply/imageattestation.ts');
    await attestImages(session, images, chosen.key);
    if (images.length === names.length) return 0;
  }
  const { artifacts, release } = namedArtifacts(
    session,
    names.filter((name) => !IMAGE.test(name)),
  );
  const groups =
    release === undefined
      ? artifacts.map((artifact) => ({ place: `${artifact.path}.provenance`, artifacts: [artifact] }))
      : [{ place: join(release, 'provenance'), artifacts }];
  for (const { place, artifacts: own } of groups) {
    const subjects = own.flatMap((artifact) =>
      artifact.files.map((file) => subjectOf(session, artifact, file)),
    );
    const statement = await statementAbout(session, subjects);
    for (const path of await publish(context, place, statement, chosen)) context.print(path);
  }
  return 0;
}

function subjectOf({ context }: Session, artifact: NamedArtifact, file: string): Subject {
  const below = file === artifact.path ? '' : file.slice(artifact.path.length);
  return { name: `${artifact.name}${below}`, digest: { sha256: context.host.files.digest(file) } };
}

/** Writes what is not there yet. A signature that holds is kept, so that a second call changes no byte. */
async function publish(
  { host, options }: CommandContext,
  place: string,
  statement: string,
  chosen: ChosenSigner | undefined,
): Promise<string[]> {
  const [plain, signed] = [`${place}.json`, `${place}.sigstore.json`];
  if (options.dryRun) return chosen ? [plain, signed] : [plain];
  host.files.makeDirectory(dirname(place));
  if (host.files.readTextIfAny(plain) !== statement) host.files.publish(plain, statement);
  if (!chosen) return [plain];
  const payload = Buffer.from(statement);
  const { isSignedBy } = await import('../../steps/sign/run.ts');
  const old = readStatementBundle(host.files.readTextIfAny(signed) ?? '');
  const holds =
    old && chosen.key && old.payload.equals(payload) && isSignedBy(chosen.key, payload, old.signature);
  if (!holds) host.files.publish(signed, await chosen.signer.statement(payload));
  return [plain, signed];
}

function imagesWantKey() {
  return error('request/conflict', {
    what: 'what is said of images in a registry is signed with --key alone',
    why: 'nobody could tell who wrote an attestation beside an image that is not signed',
    help: 'name a key with --key; cosign attest signs as an identity',
  });
}
