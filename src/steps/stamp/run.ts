/** Puts a linked program in its place, with the version written over the sentinels. */

import { hashesItself } from '../../formats/binary/binary.ts';
import type { FillingSource } from '../../formats/binary/bytes.ts';
import { type GnuBuildId, gnuBuildIdOf } from '../../formats/binary/gnubuildid.ts';
import type { Digest } from '../../formats/digest.ts';
import { Summing } from '../../formats/summing.ts';
import type { Files } from '../../host/files.ts';
import { Patched, PIECE_BYTES } from './patched.ts';
import { areAt, findSentinels, type Places, type Sentinel, stampsAt } from './sentinels.ts';

// The section .go.buildinfo, and the variable runtime.modinfo (cmd/link/internal/ld/data.go, Go 1.18).
const COPIES = 2;

/** What is true of a linked program whatever is stamped into it: looked for once. */
export interface StampFacts {
  readonly places: Places;
  /** Whether it carries a build ID that GNU ld computed from its bytes. */
  readonly hasGnuBuildId: boolean;
}

/** Plain data: it travels to threads. */
export interface StampRequest {
  /** The program as it was linked; not changed. */
  readonly linked: string;
  /** Of the program: the largest goes first. */
  readonly size: number;
  readonly sentinels: readonly Sentinel[];
  /** Text of the build info that go embeds: from 1.18 on it holds the linker flags, without -trimpath. */
  readonly moduleInfo: string;
  /** What an earlier stamping of the same bytes found; undefined when nobody has looked. */
  readonly facts?: StampFacts | undefined;
  /** Final name. */
  readonly path: string;
}

export interface Stamped {
  readonly digest: Digest;
  readonly size: number;
  readonly facts: StampFacts;
}

/**
 * Stamps one program after the other, each read, changed, hashed and written piece by piece in the same memory: it is as
 * good as never held, and what a core has in its cache is not fetched again.
 */
export class Stamper {
  readonly #files: Files;
  readonly #memory = Buffer.allocUnsafeSlow(PIECE_BYTES);

  constructor(files: Files) {
    this.#files = files;
  }

  /**
   * Undefined when a sentinel is not where it should be, or a hash of the whole would no longer hold and is not ours to
   * renew: the program has to be linked with the values.
   */
  stamp(request: StampRequest): Stamped | undefined {
    return this.#files.readAtPlaces(request.linked, (program) => {
      const id = request.facts?.hasGnuBuildId === false ? undefined : gnuBuildIdOf(program);
      const facts = this.#known(program, request, id) ?? this.#learn(program, request, id);
      if (!facts) return undefined;
      const patched = new Patched(program, this.#memory, stampsAt(request.sentinels, facts.places));
      if (id && facts.hasGnuBuildId)
        patched.add({ at: id.at, bytes: id.of((from, to) => patched.pieces(from, to)) });
      const sum = new Summing();
      // Not made durable: what a power cut tears is found by its stat and stamped again.
      this.#files.publishPieces(request.path, sum.passing(patched.pieces()), 0o755);
      return { digest: sum.hex, size: sum.size, facts };
    });
  }

  /** What was found before, when it still is so. */
  #known(
    program: FillingSource,
    { facts, sentinels }: StampRequest,
    id: GnuBuildId | undefined,
  ): StampFacts | undefined {
    if (!facts || facts.hasGnuBuildId !== (id !== undefined)) return undefined;
    return areAt(program, sentinels, facts.places) ? facts : undefined;
  }

  #learn(
    program: FillingSource,
    { sentinels, moduleInfo }: StampRequest,
    id: GnuBuildId | undefined,
  ): StampFacts | undefined {
    const asLinked = new Patched(program, this.#memory, []);
    const hasGnuBuildId = id?.of((from, to) => asLinked.pieces(from, to)).equals(id.bytes) ?? false;
    if (!hasGnuBuildId && hashesItself(program)) return undefined;
    const inBuildInfo = ({ text }: Sentinel) => COPIES * (moduleInfo.split(text).length - 1);
    const places = findSentinels(program, sentinels, inBuildInfo, this.#memory);
    return places && { places, hasGnuBuildId };
  }
}
