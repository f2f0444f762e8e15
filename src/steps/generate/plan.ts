/** Prerequisite code generation, through the tree's own command. Pure. */
import type { Step, StepId } from '../../plan/step.ts';
import type { Tree } from '../../tree/tree.ts';

/** Why generation is needed before some Steps can compile. */
export interface GenerationNeed {
  readonly command: readonly string[];
  /** Files that it must leave behind, relative to the tree. */
  readonly outputs: readonly string[];
  /** One line for people: `pkg/generated/openapi/zz_generated.openapi.go is missing`. */
  readonly because: string;
  /** Compile Steps that wait for it. */
  readonly neededBy: readonly StepId[];
}

/** One Step per command, in the order of the tree's list; each waits for the one before: they share a makefile. */
export function planGeneration(
  tree: Pick<Tree, 'root'>,
  needs: readonly GenerationNeed[],
  environment: Readonly<Record<string, string>>,
): { readonly steps: readonly Step[]; readonly because: ReadonlyMap<StepId, string> } {
  const steps: Step[] = [];
  const because = new Map<StepId, string>();
  for (const need of needs) {
    const id = `generate:${need.command.join(' ')}`;
    const before = steps.at(-1);
    because.set(id, need.because);
    steps.push({
      id,
      kind: 'generate',
      title: need.command.join(' '),
      needs: before ? [before.id] : [],
      inputs: [],
      outputs: need.outputs,
      action: {
        kind: 'command',
        argv: argvOf(tree.root, need.command),
        environment,
        workingDirectory: tree.root,
      },
      keyParts: { command: need.command.join(' ') },
    });
  }
  return { steps, because };
}

/** A script of the tree is named by its absolute path; other programs are found on PATH. */
function argvOf(root: string, [program = '', ...rest]: readonly string[]): readonly string[] {
  return [program.includes('/') ? `${root}/${program}` : program, ...rest];
}
