/** A plain directory with the layout of a bucket: what a web server hands out, or what is copied elsewhere. */
import { join } from 'node:path';
import { Failure } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import type { Fingerprint } from './fingerprint.ts';
import { notKept } from './problems.ts';
import type { ObjectStore, SentObject, Staging, StoredObject, StoredText } from './store.ts';

export class DirectoryStore implements ObjectStore {
  readonly #host: Host;
  readonly #root: string;
  readonly setting = 'the directory on the command line';
  readonly staging: Staging = {
    place: (prefix) => prefix.replace(/([^/]+)\/$/, '.kw-part-$1/'),
    reveal: (prefix) => this.#reveal(prefix),
  };

  constructor(host: Host, root: string) {
    [this.#host, this.#root] = [host, root];
  }

  get name(): string {
    return this.#root;
  }

  async list(prefix: string): Promise<ReadonlyMap<string, StoredObject>> {
    const found = new Map<string, StoredObject>();
    const visit = (directory: string): void => {
      for (const entry of this.#host.files.list(join(this.#root, directory))) {
        if (entry.startsWith('.kw-')) continue;
        const key = `${directory}${entry}`;
        if (entry.endsWith('/')) visit(key);
        else found.set(key, { size: this.#host.files.stat(this.#path(key))?.size ?? -1, tag: '' });
      }
    };
    if (this.#host.files.isDirectory(join(this.#root, prefix))) visit(prefix);
    return found;
  }

  async isSame(key: string, { size }: StoredObject, { size: wanted, sha256 }: Fingerprint): Promise<boolean> {
    return size === wanted && this.#host.files.digest(this.#path(key)) === sha256;
  }

  async send({ key, file, fingerprint }: SentObject): Promise<number> {
    this.#host.files.publishCopy(file, this.#path(key), 0o644);
    return fingerprint.size;
  }

  async readText(key: string): Promise<StoredText | undefined> {
    const text = this.#host.files.readTextIfAny(this.#path(key));
    return text === undefined ? undefined : { text, version: text };
  }

  async writeText(key: string, text: string, _: unknown, replaced: StoredText | undefined): Promise<boolean> {
    if ((await this.readText(key))?.text !== replaced?.text) return false;
    this.#host.files.publish(this.#path(key), text);
    return true;
  }

  async download(key: string, file: string, limitBytes: number): Promise<void> {
    const path = this.#path(key);
    if ((this.#host.files.stat(path)?.size ?? 0) > limitBytes) throw new Failure(notKept(this.name, key));
    this.#host.files.publishCopy(path, file, 0o644);
  }

  async remove(key: string): Promise<void> {
    this.#host.files.remove(this.#path(key));
  }

  /** One rename; what was there before is put aside first, and removed after. */
  #reveal(prefix: string): void {
    const { files } = this.#host;
    const place = this.#path(prefix).replace(/\/$/, '');
    const aside = files.temporaryName(place);
    const isThere = files.isDirectory(place);
    if (isThere) files.rename(place, aside);
    files.rename(this.#path(this.staging.place(prefix)).replace(/\/$/, ''), place);
    if (isThere) files.remove(aside);
  }

  #path(key: string): string {
    return join(this.#root, key);
  }
}
