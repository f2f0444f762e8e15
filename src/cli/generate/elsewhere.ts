/** The letter to somebody who asks for generated code that only the tree's own scripts make. */
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import type { KindElsewhere } from '../../tree/codegen/elsewhere.ts';
import type { CommandContext } from '../request.ts';

/** Names the command, and says for protobuf whether this machine has the protoc for it. */
export async function madeElsewhere(
  context: CommandContext,
  word: string,
  found: KindElsewhere,
): Promise<Diagnostic> {
  const { command, where, protoc } = found;
  const lacking = protoc === undefined ? undefined : await lackingProtoc(context, protoc);
  return error('generate/made-elsewhere', {
    what: `${word} is made by this tree’s own script, not by kubewright`,
    where: [where],
    ...(lacking ? { why: lacking } : {}),
    help: `${lacking ? `install protoc ${shownVersion(protoc)}, then run` : 'run'} ${command}`,
  });
}

/** `3.`: any of that line. */
export function shownVersion(protoc = ''): string {
  return protoc.endsWith('.') ? `${protoc}x` : protoc;
}

/** What a protoc says of its version: `3.21.12`. */
export async function protocVersion({ host, signal }: CommandContext, program: string): Promise<string> {
  const { stdout } = await host.processes.run({
    ...{ argv: [program, '--version'], environment: {}, workingDirectory: '/', signal },
  });
  return /libprotoc ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown';
}

async function lackingProtoc(context: CommandContext, protoc: string): Promise<string | undefined> {
  const wish = `the script wants protoc ${shownVersion(protoc)}`;
  const program = context.host.processes.find('protoc');
  if (!program) return `${wish}, and there is none on PATH`;
  const version = await protocVersion(context, program);
  const fits = protoc.endsWith('.') ? version.startsWith(protoc) : version === protoc;
  return fits ? undefined : `${wish}, and ${program} is ${version}`;
}
