/** The letter to somebody who asks for generated code that only the tree's own scripts make. */
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import type { KindElsewhere } from '../../tree/codegen/elsewhere.ts';
import type { CommandContext } from '../request.ts';
import { findTool, nameOf } from './tools.ts';

/** Names the command, and says for protobuf whether this machine has the protoc for it. */
export async function madeElsewhere(
  context: CommandContext,
  word: string,
  found: KindElsewhere,
): Promise<Diagnostic> {
  const { command, where } = found;
  const protoc = found.protoc === undefined ? undefined : { name: 'protoc', version: found.protoc };
  const lacking = protoc && (await findTool(context, protoc)).lacking;
  return error('generate/made-elsewhere', {
    what: `${word} is made by this tree’s own script, not by kubewright`,
    where: [where],
    ...(lacking ? { why: `the script ${lacking}` } : {}),
    help: `${protoc && lacking ? `install ${nameOf(protoc)}, then run` : 'run'} ${command}`,
  });
}
