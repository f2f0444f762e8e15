/** The container of one run and what goes in and out of it. Whatever happens, `end` leaves nothing of it at the engine. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { EngineRefusal } from '../../engine/problems.ts';
import { tar } from '../../formats/tar.ts';
import type { OutputFile } from '../../report/events.ts';
import { isInteractive, joinStreams } from './attach.ts';
import { alteredHere, doneKey, isDone, isSameRows, rowsOf, stillDone } from './done.ts';
import { publishGenerated } from './generated.ts';
import { isMissingShell, noShell, nothingBuilt } from './letters.ts';
import { CHECKOUT_LABEL } from './names.ts';
import { ownFiles } from './ownfiles.ts';
import { containerSpec, OWN } from './plan.ts';
import type { PreparedContainer } from './prepare.ts';
import {
  bytesOf,
  changedResults,
  fetchResults,
  filesIn,
  isSameFacts,
  parseResults,
  removeVanished,
} from './results.ts';
import { withRsync } from './rsync.ts';
import { OUTPUTS } from './script.ts';
import {
  areDirectories,
  collectSources,
  type SourceRows,
  sourceArchive,
  sourceChanges,
  withoutTouched,
} from './sources.ts';
import { type ContainerState, loadContainerState, NO_STATE, saveContainerState, unsettle } from './state.ts';
import { prepareVolumes } from './volumes.ts';

const GRACE_MILLISECONDS = 5_000;
const SIGNS = { include: '+', exclude: '-', hide: 'H' } as const;

export class ContainerJob {
  readonly #x: PreparedContainer;
  readonly #run: string;
  readonly #stage: string;
  #container: string | undefined;
  #state: ContainerState = NO_STATE;
  #sent: SourceRows = {};
  /** Whether the rows of the sources are those that were read. */
  #isAsRead = false;
  /** Programs here before a command that writes among them itself. */
  #before: SourceRows = {};
  /** What the script left, by name; undefined before it ended. */
  #left: ReadonlyMap<string, Buffer> | undefined;
  /** Key of this build, where it is one. */
  readonly #key: string | undefined;
  /** Whether it was done before, so that there is nothing to do. */
  isDone = false;

  constructor(prepared: PreparedContainer, { run, stage }: { readonly run: string; readonly stage: string }) {
    [this.#x, this.#run, this.#stage] = [prepared, run, stage];
    this.#key = doneKey(prepared);
  }

  /** Makes the container and brings the sources to where it finds them. */
  async bringSources(start: (because: string) => void) {
    const { plan, engine, host } = this.#x;
    await this.#removeLeftovers();
    if (plan.transport === 'bind') {
      start(`the checkout is mounted at ${plan.build.remoteRoot}`);
      this.#before = this.#programsHere();
      await this.#create([]);
      await this.#proveMount();
      return { files: 0, removed: 0, bytes: 0, why: 'mounted' };
    }
    const { state, why } = await prepareVolumes(this.#x, this.#run);
    this.#state = state;
    const { session } = this.#x;
    this.#sent = collectSources(host.files, session.tree.root, plan.build, session.layout.out);
    const changes = sourceChanges(this.#state.files, this.#sent);
    const changed = changes.sent.length + changes.removed.length;
    this.#isAsRead = changed === 0 && why === undefined;
    // What a build wrote beside its sources has touched their directories in there.
    const mayBeDone = why === undefined && !this.#x.request.always && changes.removed.length === 0;
    const isAsBuilt = mayBeDone && areDirectories(this.#sent, changes.sent);
    this.isDone = isAsBuilt && isDone(this.#state, this.#key, () => this.#programsHere());
    if (this.isDone) return { files: 0, removed: 0, bytes: 0, why };
    const isRsync = plan.transport === 'rsync';
    if (isRsync || why !== undefined || changed > 0)
      start(why ?? (isRsync ? 'rsync compares' : `${changed} changed`));
    unsettle(host, this.#x.stateFile);
    if (why !== undefined) this.#save({ ...this.#state, isSettled: false });
    const id = await this.#create(isRsync ? [] : changes.removed);
    if (why !== undefined) await this.#x.own(id);
    if (isRsync) return { ...(await this.#syncIn()), why };
    if (changes.sent.length > 0) {
      const [uid = 0, gid = 0] = (plan.user ?? '0:0').split(':').map(Number);
      const archive = sourceArchive(host.files, session.tree.root, this.#sent, changes.sent, { uid, gid });
      await engine.containers.putArchive(id, plan.build.remoteRoot, archive, this.#x.signal);
    }
    return { files: changes.sent.length, removed: changes.removed.length, bytes: changes.bytes, why };
  }

  /** Runs the command with our streams; its exit status. */
  async runCommand(): Promise<number> {
    const { engine, host, signal, image } = this.#x;
    const id = this.#id();
    const { containers } = engine;
    const tty = isInteractive(host);
    const stream = await containers.attach(id, { stdin: tty });
    const stop = () => {
      void containers.kill(id, 'SIGTERM').catch(() => {});
      setTimeout(() => void containers.kill(id).catch(() => {}), GRACE_MILLISECONDS).unref();
    };
    try {
      await containers.start(id).catch((problem: unknown) => {
        throw isMissingShell(problem) ? new Failure(noShell(image.reference)) : problem;
      });
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      const [, status] = await Promise.all([
        joinStreams(host, containers, id, stream, tty),
        containers.wait(id),
      ]);
      await this.#settle();
      return status;
    } finally {
      signal.removeEventListener('abort', stop);
      stream.close();
    }
  }

  async ranOutOfMemory(): Promise<boolean> {
    return (await this.#x.engine.containers.inspect(this.#id()))?.State.OOMKilled === true;
  }

  /** Brings programs here, and removes those that we brought and that are no more. */
  async fetchResults(
    start: (because: string) => void,
    isAlone: boolean,
  ): Promise<{ outputs: readonly OutputFile[]; removed: readonly string[] }> {
    const { plan, engine, host, request, session } = this.#x;
    if (isAlone) await this.#listOnly();
    if (plan.transport === 'bind') return { outputs: this.#newPrograms(), removed: [] };
    const facts = parseResults(this.#text(OUTPUTS.results), plan.remoteBin);
    const before = this.#state.results;
    const altered = alteredHere(this.#state, facts, this.#programsHere());
    const changed = changedResults(host, plan.localBin, before, facts);
    const wanted = [...new Set([...changed, ...altered])].sort();
    if (wanted.length > 0) start(`${wanted.length} changed`);
    const paths =
      plan.transport === 'rsync'
        ? await this.#syncOut(wanted)
        : (
            await fetchResults(
              host,
              engine.containers,
              { container: this.#id(), remoteBin: plan.remoteBin, facts },
              wanted,
              { localBin: plan.localBin, stage: this.#stage },
            )
          ).map(({ path }) => path);
    const removed = removeVanished(host, plan.localBin, before, facts);
    const { done = [], here = {} } = this.#state;
    const rows = rowsOf(facts, this.#programsHere());
    const isNew = !isAlone && this.#key !== undefined && !done.includes(this.#key);
    const now = isNew ? [...done, this.#key as string] : done;
    const isAsBefore = wanted.length + removed.length === 0 && isSameFacts(before, facts);
    this.#save(
      { ...this.#state, results: facts, here: rows, done: now },
      isAsBefore && !isNew && isSameRows(here, rows),
    );
    const generated = request.generated
      ? await publishGenerated(session, this.#left?.get(OUTPUTS.generated), this.#sent)
      : [];
    const files = [...paths.map((path) => `${plan.localBin}/${path}`), ...generated];
    return { outputs: files.map((path) => this.#output(path)), removed };
  }

  /** Removes the container; `keep` leaves an ended one to be looked at. */
  async end(keep: boolean): Promise<void> {
    if (this.#container === undefined || keep) return;
    await this.#x.engine.containers.remove(this.#container);
  }

  /** Containers of this checkout that a dead run left: under its lock, all of them are. */
  async #removeLeftovers(): Promise<void> {
    const { engine, names } = this.#x;
    const left = await engine.containers.list([`${CHECKOUT_LABEL}=${names.checkout}`]);
    for (const { Id } of left) await engine.containers.remove(Id);
  }

  async #create(removed: readonly string[], command = this.#x.request.command): Promise<string> {
    const { plan, engine, image, request, host, binds } = this.#x;
    await engine.containers.remove(plan.names.build);
    const spec = containerSpec(plan, {
      ...{ image: image.id, command, run: this.#run, binds, network: request.network },
      ...{ tty: isInteractive(host), cgroupParent: host.environment['DOCKER_CGROUP_PARENT'] || undefined },
    });
    try {
      this.#container = await engine.containers.create(plan.names.build, spec);
    } catch (problem) {
      const isElsewhere =
        problem instanceof EngineRefusal && /bind source path|no such file/i.test(problem.words);
      throw isElsewhere && plan.transport === 'bind' ? new Failure(this.#notHere()) : problem;
    }
    await engine.containers.putArchive(this.#container, '/', tar(ownFiles(this.#x, removed)));
    return this.#container;
  }

  /** Our own lock must be seen where the checkout is mounted: an engine elsewhere has another disk. */
  async #proveMount(): Promise<void> {
    const { engine, session, plan, host } = this.#x;
    const marker = `${session.own}/mounted`;
    host.files.publish(marker, this.#run, { fsync: false });
    const inside = session.own.startsWith(`${session.tree.root}/`)
      ? `${plan.build.remoteRoot}${session.own.slice(session.tree.root.length)}`
      : `${plan.build.remoteRoot}/_output/kubewright`;
    const archive = await engine.containers.getArchive(this.#id(), `${inside}/mounted`);
    let seen = '';
    if (archive) for await (const { content } of filesIn(archive)) seen = (await bytesOf(content)).toString();
    host.files.remove(marker);
    if (seen !== this.#run) throw new Failure(this.#notHere());
  }

  #notHere() {
    const { engine, session } = this.#x;
    return error('container/bind-elsewhere', {
      what: `the engine at ${engine.address} does not see ${session.tree.root}`,
      why: 'it runs on another machine, or in a virtual machine that does not share this directory',
      help: 'leave --transport out, or take --transport stream: sources are then sent to it',
    });
  }

  /** Reads what the script listed, and remembers what the volume holds now. */
  async #settle(): Promise<void> {
    const { plan } = this.#x;
    const left = await this.#readLists();
    const [changed, entries] = [left.get(OUTPUTS.changed), left.get(OUTPUTS.entries)];
    const there = entries ?? left.get(OUTPUTS.directories);
    if (plan.transport === 'bind' || !changed || !there) return;
    // What is no build may have changed anything.
    const { done = [] } = this.#state;
    const facts = parseResults(this.#text(OUTPUTS.results), plan.remoteBin);
    const isBuild = this.#key !== undefined && this.#isAsRead;
    const kept = isBuild ? stillDone(this.#state, facts) : [];
    const isSameDone = kept.length === done.length;
    const settled = { ...this.#state, isSettled: true, done: kept };
    if (changed.length === 0) {
      this.#save({ ...settled, files: this.#sent }, this.#isAsRead && isSameDone);
      return;
    }
    const root = plan.build.remoteRoot;
    const relative = (list: Buffer) =>
      list
        .toString('utf8')
        .split('\0')
        .filter((path) => path === root || path.startsWith(`${root}/`))
        .map((path) => path.slice(root.length + 1));
    const remaining = { paths: relative(there), isEverything: entries !== undefined };
    const files = withoutTouched(this.#sent, relative(changed), remaining);
    this.#save({ ...settled, files });
  }

  async #readLists(): Promise<ReadonlyMap<string, Buffer>> {
    const archive = await this.#x.engine.containers.getArchive(this.#id(), `${OWN}/out`);
    const left = new Map<string, Buffer>();
    if (archive)
      for await (const { name, content } of filesIn(archive))
        left.set(name.slice(name.indexOf('/') + 1), await bytesOf(content));
    this.#left = left;
    return left;
  }

  /** A container whose command does nothing, for its lists alone. */
  async #listOnly(): Promise<void> {
    const { engine, plan } = this.#x;
    await this.#removeLeftovers();
    if (plan.transport === 'bind') return;
    const [sources] = plan.volumes;
    if (!sources || !(await engine.volumes.inspect(sources.name)))
      throw new Failure(nothingBuilt(sources?.name ?? ''));
    this.#state = loadContainerState(this.#x.host, this.#x.stateFile);
    this.#sent = this.#state.files;
    const id = await this.#create([], ['true']);
    await engine.containers.start(id);
    await engine.containers.wait(id);
    await this.#readLists();
  }

  async #syncIn() {
    const { session, plan } = this.#x;
    const filters = plan.build.send.map(({ action, pattern }) => `--filter=${SIGNS[action]} ${pattern}`);
    const options = ['--delete', ...filters];
    const job = { options, from: `${session.tree.root}/`, to: 'module:/' };
    const [files = 0] = await withRsync(this.#x, this.#run, this.#stage, [job]);
    return { files, removed: 0, bytes: 0 };
  }

  async #syncOut(wanted: readonly string[]): Promise<readonly string[]> {
    const { plan, request, session, host } = this.#x;
    const bin = {
      options: ['--prune-empty-dirs'],
      from: 'module:/_output/dockerized/bin/',
      to: `${plan.localBin}/`,
    };
    const receive = ['--prune-empty-dirs', ...plan.build.receive.map((rule) => `--filter=${rule}`)];
    const generated = { options: receive, from: 'module:/', to: `${session.tree.root}/` };
    host.files.makeDirectory(plan.localBin);
    if (wanted.length === 0 && !request.generated) return [];
    await withRsync(this.#x, this.#run, this.#stage, [bin, ...(request.generated ? [generated] : [])]);
    return wanted;
  }

  #programsHere(): SourceRows {
    const { host, plan } = this.#x;
    return host.files.isDirectory(plan.localBin)
      ? collectSources(host.files, plan.localBin, { send: [] }, '')
      : {};
  }

  #newPrograms(): OutputFile[] {
    const now = this.#programsHere();
    const { sent } = sourceChanges(this.#before, now);
    const { plan } = this.#x;
    return sent
      .filter((path) => (now[path]?.[0] ?? 0) >>> 12 === 0o10)
      .map((path) => this.#output(`${plan.localBin}/${path}`));
  }

  #output(path: string): OutputFile {
    const { host, session } = this.#x;
    const root = `${session.tree.root}/`;
    return {
      path: path.startsWith(root) ? path.slice(root.length) : path,
      size: host.files.lstat(path)?.size ?? 0,
      digest: host.files.digest(path),
    };
  }

  #text(name: string): string {
    return this.#left?.get(name)?.toString('utf8') ?? '';
  }

  #id(): string {
    return this.#container ?? this.#x.plan.names.build;
  }

  #save(state: ContainerState, isAsRead = false): void {
    this.#state = state;
    saveContainerState(this.#x.host, this.#x.stateFile, state, isAsRead);
  }
}
