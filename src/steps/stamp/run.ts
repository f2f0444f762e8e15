/** Puts a linked program in its place, with the version written over the sentinels. */

import { hashesItself } from '../../formats/binary/binary.ts';
import { sourceOfBytes } from '../../formats/binary/bytes.ts';
import { gnuBuildIdOf } from '../../formats/binary/gnubuildid.ts';
import { type Digest, digestOfBytes } from '../../formats/digest.ts';
import type { Files } from '../../host/files.ts';
import { type Sentinel, writeStamps } from './sentinels.ts';

// The section .go.buildinfo, and the variable runtime.modinfo (cmd/link/internal/ld/data.go, Go 1.18).
const COPIES = 2;

/** Plain data: it travels to threads. */
export interface StampRequest {
  /** The program as it was linked; not changed. */
  readonly linked: string;
  readonly sentinels: readonly Sentinel[];
  /** Text of the build info that go embeds: from 1.18 on it holds the linker flags, without -trimpath. */
  readonly moduleInfo: string;
  /** Whether the linked program is known to carry GNU ld's own build ID; undefined when nobody has looked. */
  readonly hasGnuBuildId?: boolean | undefined;
  /** Final name. */
  readonly path: string;
}

export interface Stamped {
  readonly digest: Digest;
  readonly size: number;
  readonly hasGnuBuildId: boolean;
}

/** Stamps one program after the other in the same memory: fresh pages for each would cost as much as reading it. */
export class Stamper {
  readonly #files: Files;
  #memory = Buffer.alloc(0);

  constructor(files: Files) {
    this.#files = files;
  }

  /**
   * Undefined when a sentinel is not where it should be, or a hash of the whole would no longer hold and is not ours to
   * renew: the program has to be linked with the values.
   */
  stamp({ linked, sentinels, moduleInfo, hasGnuBuildId, path }: StampRequest): Stamped | undefined {
    const program = this.#read(linked);
    const renewId = hasGnuBuildId === false ? undefined : gnuBuildIdOf(program, hasGnuBuildId);
    if (!renewId && hashesItself(sourceOfBytes(program))) return undefined;
    const inBuildInfo = ({ text }: Sentinel) => COPIES * (moduleInfo.split(text).length - 1);
    if (!writeStamps(program, sentinels, inBuildInfo)) return undefined;
    renewId?.();
    // Not made durable: what a power cut tears is found by its stat and stamped again.
    this.#files.publish(path, program, { mode: 0o755, fsync: false });
    return { digest: digestOfBytes(program), size: program.length, hasGnuBuildId: renewId !== undefined };
  }

  #read(path: string): Buffer {
    const size = this.#files.stat(path)?.size ?? 0;
    if (this.#memory.length < size) this.#memory = Buffer.allocUnsafeSlow(size);
    return this.#files.readInto(path, this.#memory);
  }
}
