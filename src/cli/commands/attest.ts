/** `kubewright attest`: provenance of artifacts, as a signed in-toto statement. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { taken } from '../../diagnostic/diagnostic.ts';
import type { Subject } from '../../formats/intoto/statement.ts';
import { readStatementBundle } from '../../formats/sigstorebundle/bundle.ts';
import { cacheDirectory } from '../../host/host.ts';
import { provenanceOf } from '../../steps/attest/provenance.ts';
import { readTreeVersion } from '../../tree/version.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import { type NamedArtifact, namedArtifacts } from '../supply/artifacts.ts';
import { findOrigins } from '../supply/provenance.ts';
import { addSignerOptions, type ChosenSigner, chooseSigner, type SignerOptions } from '../supply/signer.ts';

export function configure(command: Command, start: Start): void {
  addSignerOptions(command.argument('<file...>', 'artifacts, or one directory of them: a release')).action(
    (files: string[], options: SignerOptions) => start((context) => attest(context, files, options)),
  );
}

async function attest(
  context: CommandContext,
  names: readonly string[],
  options: SignerOptions,
): Promise<number> {
  const session = await openSession(context);
  const { artifacts, release } = namedArtifacts(session, names);
  const chosen = await chooseSigner(context, options);
  const groups =
    release === undefined
      ? artifacts.map((artifact) => ({ place: `${artifact.path}.provenance`, artifacts: [artifact] }))
      : [{ place: join(release, 'provenance'), artifacts }];
  for (const { place, artifacts: own } of groups) {
    const statement = await statementOf(session, own);
    for (const path of await publish(context, place, statement, chosen)) context.print(path);
  }
  return 0;
}

async function statementOf(session: Session, artifacts: readonly NamedArtifact[]): Promise<string> {
  const { context, tree } = session;
  const { host, signal } = context;
  const subjects = artifacts.flatMap((artifact) =>
    artifact.files.map((file) => subjectOf(session, artifact, file)),
  );
  const version = taken(await readTreeVersion(host, tree, { signal })).value;
  const wanted = new Map(subjects.map(({ name, digest }) => [name, digest.sha256]));
  const { origins, inputsOf, diagnostics } = findOrigins(session, wanted);
  for (const diagnostic of diagnostics) context.report(diagnostic);
  const toolchain = origins.map((origin) => inputsOf(origin).parts['toolchain']).find(Boolean);
  const [, toolchainDigest] = toolchain?.split(' ') ?? [];
  const goroot = origins.map((origin) => inputsOf(origin).parts['environment GOROOT']).find(Boolean);
  const statement = provenanceOf({
    ...{ subjects, origins, inputsOf },
    tree: {
      version: version.gitVersion ?? '',
      state: version.gitTreeState ?? 'unknown',
      ...(version.gitCommit ? { commit: version.gitCommit } : {}),
    },
    ...(toolchainDigest ? { toolchainDigest } : {}),
    places: [
      [cacheDirectory(host), '<cache>'],
      [session.own, '<kubewright>'],
      [session.layout.out, '<out>'],
      [tree.root, '<tree>'],
      ...(goroot ? [[goroot, '<go>'] as const] : []),
      ...(host.homeDirectory ? [[host.homeDirectory, '<home>'] as const] : []),
    ],
  });
  return `${JSON.stringify(statement, undefined, 1)}\n`;
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
