/**
 * Bytes by digest on this machine, shared by all checkouts: `cas/sha256/ab/abc…` holds objects, `actions/ab/…json`
 * says which objects a key gave. Objects are durable before the record that names them; reading verifies. This
 * folder does not know what a key is made of.
 */
import { type Diagnostic, Failure, warning } from '../diagnostic/diagnostic.ts';
import type { Digest } from '../formats/digest.ts';
import type { Host } from '../host/host.ts';
import type { StampFacts } from '../steps/stamp/run.ts';
import { Claims } from './claims.ts';

/** Bytes that the store is kept to unless a person says otherwise; what was used longest ago goes first. */
export const STORE_LIMIT = 20 * 1024 ** 3;

export interface StoredOutput {
  /** File name, without directory. */
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
  /** mtime, ctime, inode and boot under which the object is known to have these bytes: it need not be digested again. */
  readonly proof?: ObjectProof;
}

export type ObjectProof = readonly [mtime: number, ctime: number, inode: number, boot: string];

/** A file to keep: its name in the record, where it lies now, and what it holds. */
export interface KeptFile extends StoredOutput {
  readonly path: string;
}

export interface ActionRecord {
  readonly outputs: readonly StoredOutput[];
  /** What the work took when it was done, in milliseconds. */
  readonly milliseconds: number;
  /** Most memory that one of its processes held, in bytes; absent when nobody looked. */
  readonly peakBytes?: number;
  /** Of a program: the build info in it. */
  readonly moduleInfo?: string;
  /** Of a program: what its stamps need to know of it. */
  readonly stamping?: StampFacts;
}

export interface StoreSize {
  readonly objects: number;
  readonly bytes: number;
}

const HOUR = 3_600_000;

export class LocalStore {
  readonly #host: Host;
  readonly #root: string;
  readonly #report: (diagnostic: Diagnostic) => void;
  /** Work that is being done for this store, by whichever build. */
  readonly claims: Claims;
  #usable = true;
  #boot: string | undefined;
  /** Bytes kept by this object. */
  #added = 0;

  /** `directory` is the shared cache; the format's number is part of the path, so versions leave each other alone. */
  constructor(host: Host, directory: string, report: (diagnostic: Diagnostic) => void) {
    this.#host = host;
    this.#root = `${directory}/store/v1`;
    this.#report = report;
    this.claims = new Claims(host, `${this.#root}/claims`);
  }

  /** What a key gave before; undefined when it is unknown or an object is gone. */
  lookUp(key: Digest): ActionRecord | undefined {
    const text = this.#guarded(() => this.#host.files.readTextIfAny(this.#actionPath(key)));
    if (!text) return undefined;
    const record = parseRecord(text);
    if (!record?.outputs.every((output) => this.#holds(output))) return undefined;
    this.#markUsed(key);
    return record;
  }

  /**
   * What a key gave before, ready to be read where it lies (`objectPath`): an object whose stat is not as it was left
   * is digested again, and one with other bytes is set aside.
   */
  find(key: Digest): ActionRecord | undefined {
    const record = this.lookUp(key);
    if (!record) return undefined;
    const proven = record.outputs.map((output) => this.#proven(output));
    if (proven.includes(undefined)) return undefined;
    const outputs = proven as StoredOutput[];
    if (outputs.some((output, i) => output !== record.outputs[i])) this.#write(key, { ...record, outputs });
    return { ...record, outputs };
  }

  /**
   * Moves finished files into the store, and records them under a key. Not made durable: after a power cut the proof
   * is void (another boot), and what was torn is found by its digest.
   */
  adopt(key: Digest, files: readonly KeptFile[], facts: Omit<ActionRecord, 'outputs'>): ActionRecord {
    const outputs = files.map(({ path, name, digest, size }) => {
      const object = this.objectPath(digest);
      if (this.#holds({ digest, size }) && this.#host.files.digest(object) === digest)
        this.#host.files.remove(path);
      else {
        this.#host.files.moveReadOnly(path, object);
        this.#added += size;
      }
      return this.#withProof({ name, digest, size });
    });
    const record = { outputs, ...facts };
    this.#write(key, record);
    return record;
  }

  /** Says what a key gave when its objects are in the store already. */
  record(key: Digest, outputs: readonly StoredOutput[], facts: Omit<ActionRecord, 'outputs'>): void {
    this.#guarded(() =>
      this.#write(key, {
        outputs: outputs.map(({ name, digest, size }) => ({ name, digest, size })),
        ...facts,
      }),
    );
  }

  /** Adds to what is known of a key, when its record is still there. */
  learn(key: Digest, facts: Partial<Omit<ActionRecord, 'outputs'>>): void {
    const record = this.lookUp(key);
    if (record) this.#guarded(() => this.#write(key, { ...record, ...facts }));
  }

  /**
   * A directory of this process for files that may move into the store; what dead processes left is removed.
   * Undefined when the store cannot be written.
   */
  scratch(): string | undefined {
    const { files, processes } = this.#host;
    const all = `${this.#root}/scratch`;
    return this.#guarded(() => {
      files.makeDirectory(all);
      for (const name of files.list(all))
        if (!processes.isAlive(Number.parseInt(name, 10))) files.remove(`${all}/${name.replace(/\/$/, '')}`);
      const own = `${all}/${processes.self.pid}`;
      files.remove(own);
      files.makeDirectory(own);
      return own;
    });
  }

  /** Where an object lies. It must not be written to. */
  objectPath(digest: Digest): string {
    return `${this.#root}/cas/sha256/${digest.slice(0, 2)}/${digest}`;
  }

  #proven(output: StoredOutput): StoredOutput | undefined {
    const current = this.#withProof(output);
    if (output.proof && current.proof?.every((fact, i) => fact === output.proof?.[i])) return output;
    if (this.#host.files.digest(this.objectPath(output.digest)) === output.digest) return current;
    this.#setAside(output.digest);
    return undefined;
  }

  #withProof({ name, digest, size }: StoredOutput): StoredOutput {
    const stat = this.#host.files.lstat(this.objectPath(digest));
    if (!stat) return { name, digest, size };
    this.#boot ??= this.#host.files.readTextIfAny('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
    return { name, digest, size, proof: [stat.mtime, stat.ctime, stat.inode, this.#boot] };
  }

  /** The time of a record is when it was last of use; to the hour is enough, and spares most writes. */
  #markUsed(key: Digest): void {
    const path = this.#actionPath(key);
    const now = this.#host.clock.now();
    if ((this.#host.files.lstat(path)?.mtime ?? now) < now - HOUR) this.#host.files.touch(path, now);
  }

  #write(key: Digest, record: ActionRecord): void {
    this.#host.files.publish(this.#actionPath(key), JSON.stringify(record), { fsync: false });
  }

  /**
   * Copies an object to its final name. False when another run has pruned it meanwhile, or when its bytes are not
   * what its name says: it is set aside.
   */
  restore(output: StoredOutput, to: string, mode = 0o755): boolean {
    const path = this.objectPath(output.digest);
    if (!this.#holds(output)) return false;
    if (this.#host.files.digest(path) !== output.digest) {
      this.#setAside(output.digest);
      return false;
    }
    this.#host.files.publishCopy(path, to, mode);
    return true;
  }

  /** Keeps the files that a key gave. A store that cannot be written is a warning, and the build goes on. */
  keep(key: Digest, files: readonly KeptFile[], milliseconds: number): void {
    this.#guarded(() => {
      for (const file of files) {
        if (this.#holds(file)) continue;
        this.#host.files.publishCopy(file.path, this.objectPath(file.digest), 0o444);
        this.#added += file.size;
      }
      const outputs = files.map(({ name, digest, size }) => ({ name, digest, size }));
      this.#host.files.publish(
        this.#actionPath(key),
        JSON.stringify({ outputs, milliseconds } satisfies ActionRecord),
      );
    });
  }

  size(): StoreSize {
    const sizes = this.#objects().map((object) => object.size);
    return { objects: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** Removes what was of use longest ago until at most `limit` bytes are left; returns what went. */
  prune(limit: number): StoreSize {
    const removed = { objects: 0, bytes: 0 };
    const objects = this.#objects();
    let bytes = objects.reduce((sum, object) => sum + object.size, 0);
    const records = this.#records();
    const users = new Map<Digest, number>();
    for (const { record } of records)
      for (const { digest } of record.outputs) users.set(digest, (users.get(digest) ?? 0) + 1);
    const drop = (digest: Digest, size: number) => {
      this.#host.files.remove(this.objectPath(digest));
      removed.objects++;
      removed.bytes += size;
      bytes -= size;
    };
    for (const { digest, size } of objects) if (bytes > limit && !users.has(digest)) drop(digest, size);
    for (const { path, record } of records.sort((a, b) => a.used - b.used)) {
      if (bytes <= limit) break;
      this.#host.files.remove(path);
      for (const { digest, size } of record.outputs) {
        const left = (users.get(digest) ?? 1) - 1;
        users.set(digest, left);
        if (left === 0) drop(digest, size);
      }
    }
    this.#writeSize(bytes);
    return removed;
  }

  /** As `prune`, when what was kept since the last count may have passed the limit: the count itself takes time. */
  pruneIfDue(limit: number): void {
    const known = Number(this.#host.files.readTextIfAny(`${this.#root}/size`) ?? Number.NaN);
    if (known + this.#added <= limit) this.#writeSize(known + this.#added);
    else this.prune(limit);
  }

  #writeSize(bytes: number): void {
    this.#guarded(() => this.#host.files.publish(`${this.#root}/size`, `${bytes}`, { fsync: false }));
  }

  /** Digests every object anew; those that are not what their name says are set aside and returned. */
  verify(): readonly Digest[] {
    const wrong = this.#objects().filter((object) => this.#host.files.digest(object.path) !== object.digest);
    for (const object of wrong) this.#setAside(object.digest);
    return wrong.map((object) => object.digest);
  }

  /** Records whose objects are all there; the others are removed. */
  #records(): { path: string; used: number; record: ActionRecord }[] {
    return this.#filesIn('actions').flatMap((path) => {
      const record = parseRecord(this.#host.files.readTextIfAny(path) ?? '');
      const used = this.#host.files.lstat(path)?.mtime ?? 0;
      if (record?.outputs.every((output) => this.#holds(output))) return [{ path, used, record }];
      this.#host.files.remove(path);
      return [];
    });
  }

  #objects(): { path: string; digest: Digest; size: number }[] {
    return this.#filesIn('cas/sha256').flatMap((path) => {
      const stat = this.#host.files.lstat(path);
      return stat ? [{ path, digest: path.slice(path.lastIndexOf('/') + 1), size: stat.size }] : [];
    });
  }

  #filesIn(directory: string): string[] {
    const root = `${this.#root}/${directory}`;
    if (!this.#host.files.isDirectory(root)) return [];
    return this.#host.files
      .list(root)
      .filter((shard) => shard.endsWith('/'))
      .flatMap((shard) =>
        this.#host.files.list(`${root}/${shard.slice(0, -1)}`).map((name) => `${root}/${shard}${name}`),
      )
      .filter((path) => !path.includes('/.kw-tmp-'));
  }

  #holds(output: Pick<StoredOutput, 'digest' | 'size'>): boolean {
    return this.#host.files.lstat(this.objectPath(output.digest))?.size === output.size;
  }

  #setAside(digest: Digest): void {
    const bad = `${this.#root}/bad/${digest}`;
    this.#host.files.makeDirectory(`${this.#root}/bad`);
    this.#host.files.rename(this.objectPath(digest), bad);
    this.#report(
      warning('store/corrupt', {
        what: `a stored object had other bytes than its digest says, and was moved to ${bad}`,
        why: 'a disk or another program changed it; it was not used',
        help: 'nothing is needed: what it held is built again. If it happens often, check the disk',
      }),
    );
  }

  #guarded<T>(action: () => T): T | undefined {
    if (!this.#usable) return undefined;
    try {
      return action();
    } catch (problem) {
      if (!(problem instanceof Failure)) throw problem;
      this.#usable = false;
      this.#report(
        warning('store/unusable', {
          what: `the store at ${this.#root} cannot be used: ${problem.diagnostics[0]?.what}`,
          why: 'results of this run are not kept for later runs and other checkouts',
          help: 'free space or mend the permissions there, or set KUBEWRIGHT_CACHE to another directory',
        }),
      );
      return undefined;
    }
  }

  #actionPath(key: Digest): string {
    return `${this.#root}/actions/${key.slice(0, 2)}/${key}.json`;
  }
}

function parseRecord(text: string): ActionRecord | undefined {
  try {
    const record = JSON.parse(text) as ActionRecord;
    return Array.isArray(record.outputs) && record.outputs.length > 0 ? record : undefined;
  } catch {
    return undefined;
  }
}
