/** What making packages and programs needs to know and to reach. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { EventBody } from '../../report/events.ts';
import type { ToolFailure } from '../../steps/package/run.ts';
import type { LocalStore } from '../../store/local.ts';
import type { FileIndex } from '../../tree/packages/fileindex.ts';
import type { NodeInputs } from './inputs.ts';
import type { Ledger } from './ledger.ts';
import type { Node } from './nodes.ts';

export interface PackageRunContext {
  readonly host: Host;
  readonly index: FileIndex;
  readonly inputs: NodeInputs;
  readonly store: LocalStore;
  readonly ledger: Ledger;
  /** Processes at once. */
  readonly slots: number;
  readonly memoryBytes: number;
  /** Directory of this run for scratch directories, in the file system of the store. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly emit: (event: EventBody) => void;
  readonly onProcess: (pid: number) => void;
  readonly explain: (node: Node, failure: ToolFailure) => readonly Diagnostic[];
  /** Whether a failure stops only what needs it; else nothing new is started after it. */
  readonly keepGoing: boolean;
  /** Called whenever all that is known of is settled: what is left has to be made. */
  readonly onSettled: () => void;
}
