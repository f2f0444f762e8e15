/** What the executor of artifacts asks of those who make them. */
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
  /** Tells how far it is, in bytes of its inputs. */
  readonly onProgress: (done: number, total: number, detail: string) => void;
}

export interface Packer {
  /** Rises when the same request gives other bytes than before. */
  readonly version: number;
  /** Writes the outputs. Throws a Failure when it cannot; stops soon once the signal is aborted. */
  pack(request: PackRequest): Promise<void>;
}
