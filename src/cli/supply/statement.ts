/** The statement about where artifacts come from, as text. */
import { taken } from '../../diagnostic/diagnostic.ts';
import type { Subject } from '../../formats/intoto/statement.ts';
import { cacheDirectory } from '../../host/host.ts';
import { provenanceOf } from '../../steps/attest/provenance.ts';
import { readTreeVersion } from '../../tree/version.ts';
import type { Session } from '../session.ts';
import { findOrigins } from './provenance.ts';

/** Reads what the runs of this checkout recorded; a subject that none of them made is a Failure. */
export async function statementAbout(session: Session, subjects: readonly Subject[]): Promise<string> {
  const { context, tree } = session;
  const { host, signal } = context;
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
