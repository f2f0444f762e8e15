/** The work behind a request, as the simulator takes it: a node for each package to compile and program to link. */
import type { Ledger } from '../../execute/packages/ledger.ts';
import { guessCompile, guessLink } from '../../plan/cost.ts';
import type { SimulatedNode } from '../../plan/simulate.ts';
import type { Graph } from '../graph/read.ts';

export interface Work {
  readonly nodes: readonly SimulatedNode[];
  /** Nodes whose cost was measured on this machine; the others are guessed from sizes. */
  readonly learned: number;
  /** What the store would keep of all of it. */
  readonly outputBytes: number;
}

/** A package that two graphs of one platform compile alike is one node; with and without cgo they are two. */
export function workOf(graphs: readonly Graph[], ledger: Pick<Ledger, 'cost'>): Work {
  const nodes = new Map<string, SimulatedNode>();
  let learned = 0;
  let outputBytes = 0;
  const add = (id: string, needs: readonly string[], cost: ReturnType<Ledger['cost']>) => {
    if (nodes.has(id)) return;
    nodes.set(id, { id, needs, cpuMilliseconds: cost.milliseconds, peakBytes: cost.peakBytes });
    learned += cost.isLearned ? 1 : 0;
    outputBytes += cost.outputBytes;
  };
  for (const { platform, cgo, targets, facts } of graphs) {
    const known = new Set(facts.map(({ importPath }) => importPath));
    const idOf = (name: string) => `${name} ${platform}${cgo ? ' with cgo' : ''}`;
    for (const { importPath, imports, bytes } of facts) {
      const needs = imports.filter((name) => known.has(name)).map(idOf);
      add(idOf(importPath), needs, ledger.cost(importPath, platform, guessCompile(bytes, imports.length)));
    }
    for (const { title, starts } of targets) {
      const held = facts.filter((fact) => fact.targets.includes(title)).length;
      const cost = ledger.cost(`link ${starts[0] ?? title}`, platform, guessLink(held));
      add(`link ${title}`, starts.map(idOf), cost);
    }
  }
  return { nodes: [...nodes.values()], learned, outputBytes };
}
