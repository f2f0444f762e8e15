/** Puts a linked program in its place, with the version written over the sentinels. */

import { hashesItself } from '../../formats/binary/binary.ts';
import { sourceOfBytes } from '../../formats/binary/bytes.ts';
import { gnuBuildIdOf } from '../../formats/binary/gnubuildid.ts';
import { type Digest, digestOfBytes } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import { type Sentinel, writeStamps } from './sentinels.ts';

// The section .go.buildinfo, and the variable runtime.modinfo (cmd/link/internal/ld/data.go, Go 1.18).
const COPIES = 2;

export interface StampRun {
  readonly host: Host;
  /** The program as it was linked; not changed. */
  readonly linked: string;
  readonly sentinels: readonly Sentinel[];
  /** Text of the build info that go embeds: from 1.18 on it holds the linker flags, without -trimpath. */
  readonly moduleInfo: string;
  /** Final name. */
  readonly path: string;
}

/**
 * Undefined when a sentinel is not where it should be, or a hash of the whole would no longer hold and is not ours to
 * renew: the program has to be linked with the values.
 */
export function stampProgram(run: StampRun): { readonly digest: Digest; readonly size: number } | undefined {
  const program = run.host.files.readBytes(run.linked);
  const renewId = gnuBuildIdOf(program);
  if (!renewId && hashesItself(sourceOfBytes(program))) return undefined;
  const inBuildInfo = ({ text }: Sentinel) => COPIES * (run.moduleInfo.split(text).length - 1);
  if (!writeStamps(program, run.sentinels, inBuildInfo)) return undefined;
  renewId?.();
  // Not made durable: what a power cut tears is found by its stat and stamped again.
  run.host.files.publish(run.path, program, { mode: 0o755, fsync: false });
  return { digest: digestOfBytes(program), size: program.length };
}
