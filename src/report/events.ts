/** Facts about a run, in the order they happened. Terminal, JSON lines, trace and page are folds over these. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { StepId } from '../plan/step.ts';
import type { Platform } from '../target/platform.ts';

/** How a Step ended. `fresh`: nothing to do; `restored`: bytes came from the store; `built`: the action ran. */
export type StepOutcome = 'fresh' | 'restored' | 'built' | 'failed' | 'cancelled';

export interface OutputFile {
  /** Relative to the tree, or absolute when --out lies elsewhere. */
  readonly path: string;
  readonly size: number;
  readonly digest: string;
}

/** Something in an artifact: a file, or a directory (with a slash) with all that lies in it. */
export interface DescribedEntry {
  readonly path: string;
  readonly files: number;
  readonly size: number;
  /** Path of the artifact of this run that it is; its size is told when that is finished. */
  readonly made?: string;
}

/** What an artifact of a release holds; its size and digest are those of the finished output at that path. */
export interface DescribedArtifact {
  readonly path: string;
  readonly kind: 'archive' | 'image';
  readonly platform?: Platform;
  readonly contents: readonly DescribedEntry[];
  /** Of an image: full names with tags, what it is built on, and our layers from the bottom up. */
  readonly names?: readonly string[];
  readonly base?: {
    readonly name: string;
    readonly digest?: string;
    readonly layers: number;
    readonly size: number;
  };
  readonly layers?: readonly { readonly createdBy: string; readonly size: number }[];
}

export type EventBody =
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly command: readonly string[];
      readonly tree: string;
      readonly label: string;
      readonly treeVersion: string;
      readonly toolchain: string;
      readonly kubewright: string;
      /** Settings of builds that came from the environment. */
      readonly environment?: Readonly<Record<string, string>>;
      readonly host: { readonly platform: Platform; readonly cpus: number; readonly memoryBytes: number };
    }
  | { readonly type: 'diagnostic'; readonly diagnostic: Diagnostic }
  | {
      readonly type: 'plan-made';
      readonly steps: readonly {
        readonly id: StepId;
        readonly kind: string;
        readonly title: string;
        readonly platform?: Platform;
        readonly needs: readonly StepId[];
      }[];
    }
  /** What a release is made of; after the plan. */
  | {
      readonly type: 'release-described';
      readonly version: string;
      readonly artifacts: readonly DescribedArtifact[];
    }
  /** Before a long run: at most so much. `learned`: the share of packages and programs that were made here before. */
  | {
      readonly type: 'forecast';
      readonly milliseconds: number;
      readonly packages: number;
      readonly programs: number;
      readonly learned: number;
      readonly memoryBytes: number;
      readonly diskBytes: number;
    }
  /** `because`: why it is not fresh, one line: `cmd/kubectl/kubectl.go changed`. */
  | { readonly type: 'step-started'; readonly step: StepId; readonly because: string }
  /** Packages compiled so far, of those that the Step (or its batch) holds. */
  | {
      readonly type: 'step-progress';
      readonly step: StepId;
      readonly done: number;
      readonly total: number;
      readonly detail: string;
      /** Until the whole run ends, at most; absent when nobody can tell. */
      readonly leftMilliseconds?: number;
    }
  | { readonly type: 'step-output'; readonly step: StepId; readonly line: string }
  | {
      readonly type: 'step-finished';
      readonly step: StepId;
      readonly outcome: StepOutcome;
      readonly milliseconds: number;
      readonly outputs: readonly OutputFile[];
      readonly key?: string;
      /** What an artifact was packed from. */
      readonly inputs?: readonly { readonly path: string; readonly digest: string }[];
    }
  /** A Go package that several Steps may share: compiled, or found in the store. */
  | {
      readonly type: 'package-finished';
      readonly package: string;
      readonly platform: Platform;
      readonly outcome: Extract<StepOutcome, 'built' | 'restored'>;
      readonly milliseconds: number;
      readonly key: string;
    }
  /** A program, before its version is written into it: linked, or found in the store. */
  | {
      readonly type: 'program-linked';
      readonly program: string;
      readonly platform: Platform;
      readonly outcome: Extract<StepOutcome, 'built' | 'restored'>;
      readonly milliseconds: number;
      readonly key: string;
    }
  | {
      readonly type: 'command-started';
      readonly id: number;
      /** All Steps that this process works for. */
      readonly steps: readonly StepId[];
      readonly argv: readonly string[];
      readonly workingDirectory: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly pid: number;
    }
  | {
      readonly type: 'command-finished';
      readonly id: number;
      readonly exitCode: number;
      readonly milliseconds: number;
    }
  | {
      readonly type: 'run-finished';
      readonly exitCode: number;
      readonly milliseconds: number;
      readonly counts: Readonly<Record<StepOutcome, number>>;
    };

/** `at`: monotonic milliseconds since the run began; `time`: wall clock, ISO 8601 UTC. */
export type Event = EventBody & { readonly seq: number; readonly at: number; readonly time: string };

/** Receives Events; every reporter is one. `close` flushes and may be awaited once. */
export interface EventSink {
  handle(event: Event): void;
  close(): Promise<void>;
}
