/** What the executor of artifacts asks of those who make them. */
import type { Digest } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { Json } from '../../plan/step.ts';

export interface PackRequest<Parameters extends Json = Json> {
  readonly host: Host;
  readonly parameters: Parameters;
  /** Absolute paths of the Step's input files, in their order. */
  readonly inputs: readonly string[];
  /** Where to write the Step's outputs, in their order: scratch files, published when all are whole. */
  readonly outputs: readonly string[];
  /** Digests of the inputs, in their order: nothing has to be read twice. */
  readonly digests: readonly string[];
  /** Threads that the packer may keep busy. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Tells the digest of an output that was summed while it was written: it is not read again. */
  readonly onSummed?: (output: number, digest: Digest) => void;
  /**
   * Hands over an output whose name follows from its bytes: a path below the directory of the first output, which `put`
   * writes whole unless the file is there already. It is public before the declared outputs, which name it.
   */
  readonly putNamed: (name: string, file: NamedOutput, put: (path: string) => void) => void;
  /** Tells how far it is, in bytes of its inputs. */
  readonly onProgress: (done: number, total: number, detail: string) => void;
}

export interface NamedOutput {
  readonly digest: Digest;
  readonly size: number;
}

export interface Packer {
  /** Rises when the same request gives other bytes than before. */
  readonly version: number;
  /** Whether a restored output would cost what a packed one does: it is not kept in the store then. */
  readonly isCopy?: boolean;
  /** Writes the outputs. Throws a Failure when it cannot; stops soon once the signal is aborted. */
  pack(request: PackRequest): Promise<void>;
}
