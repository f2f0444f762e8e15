/** The graph of packages and programs of one group, ready to be scheduled. Pure. */

import type { Blob } from '../../formats/remoteaction.ts';
import { type Cost, guessCompile, guessLink } from '../../plan/cost.ts';
import type { StepId } from '../../plan/step.ts';
import type { ActionContext } from '../../steps/package/action.ts';
import type { LinkRecipe, Recipe } from '../../steps/package/recipe.ts';
import type { Platform } from '../../target/platform.ts';
import type { Ledger } from './ledger.ts';
import type { GroupRecipes } from './recipes.ts';

/** What all nodes of a group share. */
export interface Group {
  readonly recipes: GroupRecipes;
  readonly platform: Platform;
  readonly context: ActionContext;
  /** Environment of every tool. */
  readonly environment: Readonly<Record<string, string>>;
  /** Directory that go is run in: the tree, or the tree as the link tree shows it. */
  readonly workingDirectory: string;
}

interface NodeFacts {
  readonly group: Group;
  readonly name: string;
  readonly needs: Node[];
  readonly dependents: Node[];
  /** Needs that are not done. */
  waiting: number;
  /** Dependents that have not failed: at 0 nobody wants a package any more. */
  wanted: number;
  /** Milliseconds that it is thought to take. */
  readonly cost: number;
  readonly peakBytes: number;
  readonly outputBytes: number;
  /** Whether these figures were measured on this machine, or guessed. */
  readonly isLearned: boolean;
  /** Milliseconds from the start of this node to the end of the run, if nothing else held it up. */
  remaining: number;
  state: 'waiting' | 'ready' | 'running' | 'done' | 'failed';
}

export interface PackageNode extends NodeFacts {
  readonly kind: 'package';
  readonly recipe: Recipe;
  /** Of all its sources together. */
  readonly sourceBytes: number;
  interface?: Blob;
  object?: Blob;
}

export interface LinkNode extends NodeFacts {
  readonly kind: 'link';
  readonly recipe: LinkRecipe;
  readonly step: StepId;
  readonly settle: (outcome: LinkOutcome) => void;
}

export type LinkOutcome =
  | {
      readonly kind: 'linked';
      readonly program: Blob;
      /** Where it lies in the store. */
      readonly file: string;
      readonly moduleInfo: string;
      readonly milliseconds: number;
    }
  | { readonly kind: 'failed' | 'cancelled' };

export type Node = PackageNode | LinkNode;

/** Nodes in an order in which needs come first. */
export function makeNodes(
  group: Group,
  ledger: Ledger,
  sourceBytes: (recipe: Recipe) => number,
  settle: (step: StepId, outcome: LinkOutcome) => void,
): Node[] {
  const { recipes, platform } = group;
  const byId = new Map<string, PackageNode>();
  const facts = (name: string, guess: Cost) => {
    const { milliseconds: cost, peakBytes, outputBytes, isLearned } = ledger.cost(name, platform, guess);
    return {
      ...{ group, name, needs: [], dependents: [], waiting: 0, wanted: 0, cost, remaining: cost },
      ...{ state: 'waiting' as const, peakBytes, outputBytes, isLearned },
    };
  };
  for (const recipe of recipes.packages) {
    const bytes = sourceBytes(recipe);
    const guess = guessCompile(bytes, recipe.imports.length);
    byId.set(recipe.id, { kind: 'package', recipe, sourceBytes: bytes, ...facts(recipe.importPath, guess) });
  }
  const links: LinkNode[] = [];
  for (const [step, index] of Object.entries(recipes.targets)) {
    const recipe = recipes.links[index];
    if (!recipe) continue;
    links.push({
      ...{ kind: 'link', recipe, step, settle: (outcome) => settle(step, outcome) },
      ...facts(`link ${recipe.importPath}`, guessLink(recipe.packages.length)),
    });
  }
  for (const node of [...byId.values(), ...links]) {
    const needed = node.kind === 'package' ? node.recipe.imports : node.recipe.packages;
    node.needs.push(...needed.flatMap(([, id]) => byId.get(id) ?? []));
    for (const need of node.needs) {
      need.dependents.push(node);
      need.wanted++;
    }
  }
  const nodes = inOrder([...byId.values(), ...links]);
  for (const node of nodes.toReversed())
    for (const need of node.needs) need.remaining = Math.max(need.remaining, need.cost + node.remaining);
  return nodes;
}

/** Needs first. Go's script has no cycles. */
function inOrder(nodes: readonly Node[]): Node[] {
  const ordered: Node[] = [];
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const need of node.needs) visit(need);
    ordered.push(node);
  };
  for (const node of nodes) visit(node);
  return ordered;
}
