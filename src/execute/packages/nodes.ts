/** The graph of packages and programs of one group, ready to be scheduled. Pure. */

import type { Blob } from '../../formats/remoteaction.ts';
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
  readonly cost: number;
  readonly peakBytes: number;
  /** Milliseconds from the start of this node to the end of the run, if nothing else held it up. */
  remaining: number;
  state: 'waiting' | 'ready' | 'running' | 'done' | 'failed';
}

export interface PackageNode extends NodeFacts {
  readonly kind: 'package';
  readonly recipe: Recipe;
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
  | { readonly kind: 'linked'; readonly program: Blob; readonly file: string; readonly milliseconds: number }
  | { readonly kind: 'failed' };

export type Node = PackageNode | LinkNode;

const GUESSED_COMPILE: readonly [number, number] = [150, 150 * 1024 ** 2];
const GUESSED_LINK: readonly [number, number] = [4_000, 1_200 * 1024 ** 2];

/** Nodes in an order in which needs come first. */
export function makeNodes(
  group: Group,
  ledger: Ledger,
  settle: (step: StepId, outcome: LinkOutcome) => void,
): Node[] {
  const { recipes, platform } = group;
  const byId = new Map<string, PackageNode>();
  const nodes: Node[] = [];
  const facts = (name: string, needs: readonly Node[], guess: readonly [number, number]) => {
    const [cost, peakBytes] = ledger.cost(name, platform) ?? guess;
    return {
      ...{
        group,
        name,
        needs: [...needs],
        dependents: [],
        waiting: 0,
        cost,
        remaining: cost,
        state: 'waiting' as const,
      },
      peakBytes: peakBytes || guess[1],
    };
  };
  for (const recipe of recipes.packages) {
    const needs = recipe.imports.flatMap(([, id]) => byId.get(id) ?? []);
    const node: PackageNode = {
      kind: 'package',
      recipe,
      ...facts(recipe.importPath, needs, GUESSED_COMPILE),
    };
    byId.set(recipe.id, node);
    nodes.push(node);
  }
  for (const [step, index] of Object.entries(recipes.targets)) {
    const recipe = recipes.links[index];
    if (!recipe) continue;
    const needs = recipe.packages.flatMap(([, id]) => byId.get(id) ?? []);
    nodes.push({
      ...{ kind: 'link', recipe, step, settle: (outcome) => settle(step, outcome) },
      ...facts(`link ${recipe.importPath}`, needs, GUESSED_LINK),
    });
  }
  for (const node of nodes) for (const need of node.needs) need.dependents.push(node);
  for (const node of nodes.toReversed())
    for (const need of node.needs) need.remaining = Math.max(need.remaining, need.cost + node.remaining);
  return nodes;
}
