/** What a person asked for: global options, shared by all commands. */
import type { Config } from '../config/config.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import type { StillMemory } from './still/memory.ts';

export interface GlobalOptions {
  /** -C, --tree: where to look for the tree; default the working directory and its parents. */
  readonly tree?: string;
  readonly config?: string;
  readonly json: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly jobs?: number;
  readonly offline: boolean;
  readonly dryRun: boolean;
  /** Output directory, relative to the tree; default `_output`. */
  readonly out?: string;
  /** --no-eval: read the tree's lists by parsing, run nothing of the tree. */
  readonly noEval: boolean;
}

/** What a command is handed by `main.ts`. */
export interface CommandContext {
  readonly host: Host;
  readonly options: GlobalOptions;
  /** Result text: stdout. */
  print(text: string): void;
  /** Prints a Diagnostic to stderr (or as a JSON event). */
  report(diagnostic: Diagnostic): void;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Where the answer of a run may be kept that has nothing to do. */
  readonly still?: StillMemory;
}

export type { Config };
