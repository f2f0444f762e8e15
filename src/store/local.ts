/**
 * Bytes by digest on this machine, shared by all checkouts: `cas/sha256/ab/abc…` holds objects, `actions/ab/…json`
 * says which objects a key gave. Objects are durable before the record that names them; reading verifies. This
 * folder does not know what a key is made of.
 */
import { type Diagnostic, Failure, warning } from '../diagnostic/diagnostic.ts';
import type { Digest } from '../formats/digest.ts';
import type { Host } from '../host/host.ts';

/** Bytes that the store is kept to unless a person says otherwise; what was used longest ago goes first. */
export const STORE_LIMIT = 20 * 1024 ** 3;

export interface StoredOutput {
  /** File name, without directory. */
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface ActionRecord {
  readonly outputs: readonly StoredOutput[];
  /** What the work took when it was done, in milliseconds. */
  readonly milliseconds: number;
}

export interface StoreSize {
  readonly objects: number;
  readonly bytes: number;
}

export class LocalStore {
  readonly #host: Host;
  readonly #root: string;
  readonly #report: (diagnostic: Diagnostic) => void;
  #usable = true;

  /** `directory` is the shared cache; the format's number is part of the path, so versions leave each other alone. */
  constructor(host: Host, directory: string, report: (diagnostic: Diagnostic) => void) {
    this.#host = host;
    this.#root = `${directory}/store/v1`;
    this.#report = report;
  }

  /** What a key gave before; undefined when it is unknown or an object is gone. */
  lookUp(key: Digest): ActionRecord | undefined {
    const text = this.#guarded(() => this.#host.files.readTextIfAny(this.#actionPath(key)));
    if (!text) return undefined;
    const record = parseRecord(text);
    return record?.outputs.every((output) => this.#holds(output)) ? record : undefined;
  }

  /**
   * Copies an object to its final name. False when another run has pruned it meanwhile, or when its bytes are not
   * what its name says: it is set aside.
   */
  restore(output: StoredOutput, to: string): boolean {
    const path = this.#objectPath(output.digest);
    if (!this.#holds(output)) return false;
    if (this.#host.files.digest(path) !== output.digest) {
      this.#setAside(output.digest);
      return false;
    }
    this.#host.files.publishCopy(path, to, 0o755);
    this.#host.files.touch(path, this.#host.clock.now());
    return true;
  }

  /** Keeps the files that a key gave. A store that cannot be written is a warning, and the build goes on. */
  keep(
    key: Digest,
    files: readonly {
      readonly name: string;
      readonly path: string;
      readonly digest: Digest;
      readonly size: number;
    }[],
    milliseconds: number,
  ): void {
    this.#guarded(() => {
      for (const file of files) {
        if (!this.#holds(file)) this.#host.files.publishCopy(file.path, this.#objectPath(file.digest), 0o444);
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

  /** Removes the objects used longest ago until at most `limit` bytes are left; returns what went. */
  prune(limit: number): StoreSize {
    const objects = this.#objects().sort((a, b) => a.used - b.used);
    let bytes = objects.reduce((sum, object) => sum + object.size, 0);
    const removed = { objects: 0, bytes: 0 };
    for (const object of objects) {
      if (bytes <= limit) break;
      this.#host.files.remove(object.path);
      bytes -= object.size;
      removed.objects++;
      removed.bytes += object.size;
    }
    this.#removeDanglingRecords();
    return removed;
  }

  /** Digests every object anew; those that are not what their name says are set aside and returned. */
  verify(): readonly Digest[] {
    const wrong = this.#objects().filter((object) => this.#host.files.digest(object.path) !== object.digest);
    for (const object of wrong) this.#setAside(object.digest);
    return wrong.map((object) => object.digest);
  }

  #removeDanglingRecords(): void {
    for (const path of this.#filesIn('actions')) {
      const record = parseRecord(this.#host.files.readText(path));
      if (!record?.outputs.every((output) => this.#holds(output))) this.#host.files.remove(path);
    }
  }

  #objects(): { path: string; digest: Digest; size: number; used: number }[] {
    return this.#filesIn('cas/sha256').flatMap((path) => {
      const stat = this.#host.files.lstat(path);
      return stat
        ? [{ path, digest: path.slice(path.lastIndexOf('/') + 1), size: stat.size, used: stat.mtime }]
        : [];
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
    return this.#host.files.lstat(this.#objectPath(output.digest))?.size === output.size;
  }

  #setAside(digest: Digest): void {
    const bad = `${this.#root}/bad/${digest}`;
    this.#host.files.makeDirectory(`${this.#root}/bad`);
    this.#host.files.rename(this.#objectPath(digest), bad);
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

  #objectPath(digest: Digest): string {
    return `${this.#root}/cas/sha256/${digest.slice(0, 2)}/${digest}`;
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
