/**
 * Makes packages and programs: one queue over all targets and platforms, what holds up the most first, as many at
 * once as cores and memory allow. What the store knows under the same key is not made again; two nodes with one key
 * are one piece of work.
 */
import { Failure } from '../../diagnostic/diagnostic.ts';
import type { Digest } from '../../formats/digest.ts';
import type { Blob } from '../../formats/remoteaction.ts';
import { Heap } from '../../plan/heap.ts';
import { linkProgram, withBuildId } from '../../steps/link/run.ts';
import { compilePackage, type RunTool, type ToolFailure } from '../../steps/package/run.ts';
import type { ActionRecord } from '../../store/local.ts';
import type { PackageRunContext } from './context.ts';
import { Elsewhere, type WaitingWork } from './elsewhere.ts';
import type { NodeInputs } from './inputs.ts';
import { LargeWork } from './largework.ts';
import { keptFile, prebuiltInterface } from './made.ts';
import type { Node, PackageNode } from './nodes.ts';
import { Outlook } from './outlook.ts';
import { Tools, toolEnvironment } from './tools.ts';
import { Workplaces } from './workplaces.ts';

type Made = { readonly kind: 'made' | 'found'; readonly record: ActionRecord } | { readonly kind: 'failed' };

const YIELD_MILLISECONDS = 50;

// One thread and several give different objects (Go 1.15 adds types of inlined variables); two and more give the same.
const FEW_THREADS = 2;
const MANY_THREADS = 4;

export class PackageRun {
  readonly #x: PackageRunContext;
  readonly #ready = new Heap<WaitingWork>((a, b) => a.node.remaining > b.node.remaining);
  readonly #unsettled: Node[] = [];
  readonly #byKey = new Map<Digest, { made?: Made; readonly waiting: Node[] }>();
  readonly #tools: Tools;
  readonly #inputs: NodeInputs;
  readonly #elsewhere: Elsewhere;
  readonly #large: LargeWork;
  readonly #workplaces: Workplaces;
  readonly #onIdle: (() => void)[] = [];
  #running = 0;
  #heldBytes = 0;
  #settling = false;
  #done = 0;
  #total = 0;
  #stopped = false;
  readonly outlook: Outlook;
  /** Files that changed between being digested and being compiled. */
  readonly movedFiles = new Set<string>();

  constructor(context: PackageRunContext) {
    this.#x = context;
    this.#tools = new Tools(context);
    this.outlook = new Outlook(context.slots, context.memoryBytes);
    this.#inputs = context.inputs;
    this.#large = new LargeWork(context.slots);
    this.#workplaces = new Workplaces(context.host, context.scratch);
    this.#elsewhere = new Elsewhere(
      context.store,
      ({ key }, record) => this.#found(key, record),
      (work) => {
        this.#ready.push(work);
        this.#start();
      },
    );
    context.signal.addEventListener('abort', () => this.#start(), { once: true });
  }

  /** Adds nodes; each link tells its own outcome. */
  add(nodes: readonly Node[]): void {
    this.outlook.add(nodes);
    for (const node of nodes) {
      node.waiting = node.needs.filter((need) => need.state !== 'done').length;
      if (node.kind === 'package') this.#total++;
      if (node.waiting === 0) this.#unsettled.push(node);
    }
    void this.#advance();
  }

  /** Packages that are done, of all that were added. */
  get progress(): { readonly done: number; readonly total: number; readonly leftMilliseconds: number } {
    return { done: this.#done, total: this.#total, leftMilliseconds: this.outlook.left };
  }

  async #advance(): Promise<void> {
    if (this.#settling) return;
    this.#settling = true;
    let since = this.#x.host.clock.monotonic();
    for (let node = this.#unsettled.pop(); node; node = this.#unsettled.pop()) {
      this.#settleOrFail(node);
      this.#start();
      if (this.#x.host.clock.monotonic() - since < YIELD_MILLISECONDS) continue;
      await new Promise(setImmediate);
      since = this.#x.host.clock.monotonic();
    }
    this.#settling = false;
    this.#x.onSettled();
    this.#start();
  }

  #settleOrFail(node: Node): void {
    try {
      if (this.#isOver) this.#fail(node);
      else this.#settle(node);
    } catch (problem) {
      this.#tellProblem(node, problem);
      this.#fail(node);
    }
  }

  /** A full disk, a tool that is not there: one node fails with it, and what needs it. */
  #tellProblem(node: Node, problem: unknown): void {
    const failure = { argv: [], exitCode: 1, signal: undefined, output: String(problem) };
    const diagnostics = problem instanceof Failure ? problem.diagnostics : this.#x.explain(node, failure);
    for (const diagnostic of diagnostics) this.#x.emit({ type: 'diagnostic', diagnostic });
  }

  /** All needs are done: the key is known, and with it whether there is anything to do. */
  #settle(node: Node): void {
    if (node.state === 'failed') return;
    if (node.kind === 'package' && node.recipe.prebuilt) {
      this.#takePrebuilt(node, node.recipe.prebuilt);
      return;
    }
    const key = this.#inputs.keyOf(node);
    const same = this.#byKey.get(key);
    if (same?.made) {
      this.#finish(node, key, same.made, 0, true);
      return;
    }
    if (same) {
      same.waiting.push(node);
      return;
    }
    const record = this.#x.store.find(key);
    if (record) {
      const made: Made = { kind: 'found', record };
      this.#byKey.set(key, { made, waiting: [] });
      this.#finish(node, key, made, 0, false);
      return;
    }
    this.#byKey.set(key, { waiting: [node] });
    node.state = 'ready';
    this.#ready.push({ node, key });
  }

  #start(): void {
    while (this.#ready.size > 0 && !this.#isOver) {
      const next = this.#ready.peek();
      if (next && !this.#isWanted(next.key)) {
        this.#ready.pop();
        this.#byKey.delete(next.key);
        continue;
      }
      if (!next || !this.#large.hasRoom(next, this.#running)) return;
      if (this.#running > 0 && this.#heldBytes + next.node.peakBytes > this.#x.memoryBytes) return;
      this.#ready.pop();
      if (this.#large.holdsBack(next)) continue;
      const other = this.#elsewhere.settle(next);
      if (other) {
        if (other !== 'waits') this.#found(next.key, other);
        continue;
      }
      this.#running++;
      this.#large.started(next);
      this.#heldBytes += next.node.peakBytes;
      next.node.state = 'running';
      void this.#make(next.node, next.key).finally(() => {
        this.#running--;
        this.#heldBytes -= next.node.peakBytes;
        for (const work of this.#large.ended(next)) this.#ready.push(work);
        void this.#advance();
        if (this.#running === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
      });
    }
    if (!this.#isOver) return;
    while (this.#ready.size > 0) this.#failAll((this.#ready.pop() as WaitingWork).key);
    for (const { key } of [...this.#elsewhere.drop(), ...this.#large.drop()]) this.#failAll(key);
  }

  /** Another build made it meanwhile. */
  #found(key: Digest, record: ActionRecord): void {
    const waiting = this.#byKey.get(key)?.waiting ?? [];
    const made: Made = { kind: 'found', record };
    this.#byKey.set(key, { made, waiting: [] });
    for (const [i, node] of waiting.entries()) this.#finish(node, key, made, 0, i > 0);
    void this.#advance();
  }

  /** Nothing new is started any more. */
  get #isOver(): boolean {
    return this.#stopped || this.#x.signal.aborted;
  }

  #isWanted(key: Digest): boolean {
    return this.#byKey.get(key)?.waiting.some((node) => node.state !== 'failed') ?? false;
  }

  async #make(node: Node, key: Digest): Promise<void> {
    const { host, store, ledger, signal } = this.#x;
    const work = this.#workplaces.take();
    const started = host.clock.monotonic();
    const { tool, peakBytes: peakOfTools } = this.#tools.forNode();
    try {
      host.files.makeDirectory(work);
      let failure = await this.#runTools(node, key, { work, tool }, false);
      // The kernel ends who takes the most when memory is out: collecting more, it may fit.
      if (failure?.signal === 'SIGKILL') failure = await this.#runTools(node, key, { work, tool }, true);
      const peakBytes = peakOfTools();
      const milliseconds = host.clock.monotonic() - started;
      if (failure) {
        for (const diagnostic of this.#x.explain(node, failure))
          this.#x.emit({ type: 'diagnostic', diagnostic });
        this.#failAll(key);
        this.#stopUnlessKeptGoing();
        return;
      }
      const moved = node.kind === 'package' ? this.#inputs.movedSources(node) : [];
      for (const path of moved) this.movedFiles.add(path);
      if (node.kind === 'package' && moved.length > 0) {
        this.#again(node, key);
        return;
      }
      const names = node.kind === 'package' ? ['p.x', 'p.a'] : ['linked'];
      const record = store.adopt(
        key,
        names.map((name) => keptFile(host, work, name)),
        { milliseconds, peakBytes },
      );
      const outputBytes = record.outputs.reduce((sum, { size }) => sum + size, 0);
      ledger.learn(node.name, node.group.platform, { milliseconds, peakBytes, outputBytes });
      const waiting = this.#byKey.get(key)?.waiting ?? [];
      const made: Made = { kind: 'made', record };
      this.#byKey.set(key, { made, waiting: [] });
      for (const [i, same] of waiting.entries()) this.#finish(same, key, made, milliseconds, i > 0);
    } catch (problem) {
      if (!signal.aborted) this.#tellProblem(node, problem);
      this.#failAll(key);
      this.#stopUnlessKeptGoing();
    } finally {
      this.#workplaces.release(work);
      store.claims.release(key);
    }
  }

  #runTools(
    node: Node,
    key: Digest,
    place: { readonly work: string; readonly tool: RunTool },
    isScarce: boolean,
  ): Promise<ToolFailure | undefined> {
    const { host, signal } = this.#x;
    const common = {
      ...place,
      host,
      signal,
      environment: toolEnvironment(node, isScarce || node.peakBytes > this.#x.memoryBytes),
    };
    if (node.kind === 'link') {
      const objects = this.#inputs.objectFiles(node);
      return linkProgram({ ...common, recipe: withBuildId(node.recipe, key), objects });
    }
    const concurrency = this.#ready.size >= this.#x.slots ? FEW_THREADS : MANY_THREADS;
    const imports = this.#inputs.interfaceFiles(node);
    return compilePackage({ ...common, recipe: node.recipe, imports, concurrency });
  }

  #finish(node: Node, key: Digest, made: Made, milliseconds: number, isShared: boolean): void {
    if (node.state === 'failed') return;
    if (made.kind === 'failed') {
      this.#fail(node);
      return;
    }
    const { record } = made;
    if (!isShared) this.#tell(node, key, made.kind === 'made' ? 'built' : 'restored', milliseconds);
    if (node.kind === 'package') {
      const [first, second] = record.outputs;
      if (first) node.interface = first;
      if (second) node.object = second;
      this.#done++;
    } else {
      const program = record.outputs[0] as Blob;
      const moduleInfo = node.recipe.moduleInfo ?? '';
      const file = this.#x.store.objectPath(program.digest);
      node.settle({ kind: 'linked', program, file, moduleInfo, milliseconds });
    }
    this.#complete(node);
  }

  /** Importers read what they would read if it had been compiled here, so that they are shared with those that do. */
  #takePrebuilt(node: PackageNode, path: string): void {
    const object = node.group.recipes.standardSources[path] as Blob;
    const work = this.#workplaces.take();
    Object.assign(node, { interface: prebuiltInterface({ ...this.#x, work }, path, object), object });
    this.#done++;
    this.#complete(node);
  }

  #complete(node: Node): void {
    node.state = 'done';
    this.outlook.close(node);
    for (const dependent of node.dependents) if (--dependent.waiting === 0) this.#unsettled.push(dependent);
  }

  #tell(node: Node, key: Digest, outcome: 'built' | 'restored', milliseconds: number): void {
    const facts = { platform: node.group.platform, key, milliseconds, outcome };
    if (node.kind === 'package') this.#x.emit({ type: 'package-finished', package: node.name, ...facts });
    else this.#x.emit({ type: 'program-linked', program: node.recipe.importPath, ...facts });
  }

  #failAll(key: Digest): void {
    const work = this.#byKey.get(key);
    this.#byKey.set(key, { made: { kind: 'failed' }, waiting: [] });
    for (const node of work?.waiting ?? []) this.#fail(node);
  }

  /** A failure was told: with it the rest ends too, unless it is to go on. */
  #stopUnlessKeptGoing(): void {
    this.#stopped ||= !this.#x.keepGoing;
  }

  /** What needs a failed node fails silently: the failure itself was told. */
  #fail(node: Node): void {
    const kind = this.#isOver ? 'cancelled' : 'failed';
    const queue: Node[] = [node];
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (next.state === 'failed' || next.state === 'done') continue;
      next.state = 'failed';
      this.outlook.close(next);
      if (next.kind === 'link') next.settle({ kind });
      queue.push(...next.dependents);
      for (const need of next.needs) if (--need.wanted === 0) queue.push(need);
    }
  }

  /** Resolves when no process runs any more. */
  async drained(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await this.#tools.close();
  }

  /** A source moved under the compiler: what was made of it is thrown away, and it is read and compiled anew. */
  #again(node: PackageNode, key: Digest): void {
    this.#x.index.refresh();
    const work = this.#byKey.get(key);
    this.#byKey.delete(key);
    this.#unsettled.push(...(work?.waiting ?? [node]));
  }
}
