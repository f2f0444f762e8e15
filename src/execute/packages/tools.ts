/** Runs the tools of packages and programs: from shells, their memory watched, their garbage collector set by size. */
import type { Host } from '../../host/host.ts';
import type { Launcher } from '../../host/launcher.ts';
import type { RunTool } from '../../steps/package/run.ts';
import type { Node } from './nodes.ts';
import { PeakMemory } from './peakmemory.ts';

export interface ToolsContext {
  readonly host: Host;
  /** Existing directory for the shells' files. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Told of each process group that programs are started in. */
  readonly onProcess: (pid: number) => void;
}

/** Sources below this many bytes compile in so little memory that collecting any of it is time lost. */
const SMALL_BYTES = 300_000;

/**
 * GOGC by node. It changes no output. Measured on a cold kubectl with Go 1.15: without collection small packages take
 * 6 % less CPU; the few large ones, which set the peak of the whole build, take a quarter less memory.
 * A linker holds what it has read to its end: collecting less saves it nothing, and takes a sixth more memory.
 */
const COLLECTION = { small: '1600', large: '120', link: '100', scarce: '100' };

export class Tools {
  readonly #x: ToolsContext;
  readonly #peaks: PeakMemory;
  #launcher: Launcher | undefined;

  constructor(context: ToolsContext) {
    this.#x = context;
    this.#peaks = new PeakMemory(context.host);
  }

  /** What runs the tools of one node; `peakBytes`, asked once at the end, is the most memory that one of them held. */
  forNode(): { readonly tool: RunTool; peakBytes(): number } {
    const { host, scratch, signal, onProcess } = this.#x;
    this.#launcher ??= host.processes.launcher(scratch, signal, onProcess);
    const launcher = this.#launcher;
    const pids: number[] = [];
    const onStart = (pid: number) => {
      pids.push(pid);
      this.#peaks.watch(pid);
    };
    const tool: RunTool = async (argv, environment, workingDirectory) => {
      if (launcher) return launcher.run({ argv, environment, workingDirectory, onStart });
      const {
        exitCode,
        signal: ended,
        stdout,
        stderr,
      } = await host.processes.run({
        ...{ argv, environment, workingDirectory, signal },
        onStart: (pid) => {
          onStart(pid);
          onProcess(pid);
        },
      });
      return { exitCode, signal: ended, output: `${stdout}${stderr}` };
    };
    return { tool, peakBytes: () => this.#peaks.take(pids) };
  }

  /** Ends the shells. */
  async close(): Promise<void> {
    await this.#launcher?.close();
    this.#launcher = undefined;
  }
}

/** The environment of a node's tools. `isScarce`: one of them was ended for want of memory. */
export function toolEnvironment(node: Node, isScarce: boolean): Readonly<Record<string, string>> {
  const size = node.kind === 'link' ? 'link' : node.sourceBytes < SMALL_BYTES ? 'small' : 'large';
  return { ...node.group.environment, GOGC: COLLECTION[isScarce ? 'scarce' : size] };
}
