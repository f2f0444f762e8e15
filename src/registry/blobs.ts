/** Blobs of images on this machine by digest, shared by all checkouts; what is here was checked when it came. */
import { createHash } from 'node:crypto';
import { digestOfBytes } from '../formats/digest.ts';
import { type Bytes, type LayerFacts, readLayer } from '../formats/oci/layer.ts';
import type { Host } from '../host/host.ts';

export interface KnownBlob {
  readonly digest: string;
  readonly size: number;
  readonly path: string;
}

/** What a cache holds, or what went out of it. */
export interface CacheSize {
  readonly objects: number;
  readonly bytes: number;
}

const FACTS_SCHEMA = 1;
const HOUR = 60 * 60 * 1000;
/** No layer that is worth removing is smaller. */
const DOCUMENT = 256 << 10;

export class BlobCache {
  readonly #host: Host;
  readonly #root: string;

  /** `directory` is the shared cache; the format's number is part of the path. */
  constructor(host: Host, directory: string) {
    this.#host = host;
    this.#root = `${directory}/images/v1`;
  }

  path(digest: string): string {
    return `${this.#root}/blobs/${digest.replace(':', '/')}`;
  }

  /** Whether a blob is here; its size has to fit. */
  has(digest: string, size: number): boolean {
    return this.#host.files.lstat(this.path(digest))?.size === size;
  }

  bytes(digest: string): Buffer {
    return this.#host.files.readBytes(this.path(digest));
  }

  /** A path for a file that is not whole yet, of this process alone. */
  scratch(name: string): string {
    const own = `${this.#root}/scratch/${this.#host.processes.self.pid}`;
    this.#host.files.makeDirectory(own);
    return this.#host.files.temporaryName(`${own}/${name}`);
  }

  /** Removes what this process left, and what dead ones did. */
  clean(): void {
    const { files, processes } = this.#host;
    const all = `${this.#root}/scratch`;
    if (!files.isDirectory(all)) return;
    for (const name of files.list(all)) {
      const pid = Number.parseInt(name, 10);
      if (pid === processes.self.pid || !processes.isAlive(pid))
        files.remove(`${all}/${name.replace(/\/$/, '')}`);
    }
  }

  put(bytes: Uint8Array): KnownBlob {
    const digest = `sha256:${digestOfBytes(bytes)}`;
    const path = this.path(digest);
    if (!this.has(digest, bytes.length)) this.#host.files.publish(path, bytes, { mode: 0o444 });
    return { digest, size: bytes.length, path };
  }

  /** Takes a finished scratch file over. `digest` is what its bytes were found to have. */
  adopt(file: string, digest: string, size: number): KnownBlob {
    const path = this.path(digest);
    if (this.has(digest, size)) this.#host.files.remove(file);
    else this.#host.files.publishMove(file, path, 0o444);
    return { digest, size, path };
  }

  /** Keeps the bytes of a stream, whatever their digest. */
  async receive(content: Bytes): Promise<KnownBlob> {
    const file = this.scratch('blob');
    const sum = createHash('sha256');
    let size = 0;
    async function* hashed(): Bytes {
      for await (const chunk of content) {
        sum.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    try {
      await this.#host.files.writeChunks(file, hashed());
      return this.adopt(file, `sha256:${sum.digest('hex')}`, size);
    } finally {
      this.#host.files.remove(file);
    }
  }

  /** What a layer holds; read and checked once, then remembered. Throws RefusedArchive. */
  async layerFacts(digest: string): Promise<LayerFacts> {
    const remembered = this.#factsPath(digest);
    const known = this.#host.files.readTextIfAny(remembered);
    if (known) {
      this.#markUsed(remembered);
      return JSON.parse(known) as LayerFacts;
    }
    const facts = await readLayer(this.#host.files.chunks(this.path(digest)));
    this.#host.files.publish(remembered, JSON.stringify(facts), { fsync: false });
    return facts;
  }

  /** The digest that a tag had when it was last asked for. */
  remembered(reference: string): string | undefined {
    return this.#host.files.readTextIfAny(this.#tagPath(reference))?.trim() || undefined;
  }

  remember(reference: string, digest: string): void {
    if (this.remembered(reference) !== digest)
      this.#host.files.publish(this.#tagPath(reference), `${digest}\n`, { fsync: false });
  }

  size(): CacheSize {
    const sizes = this.#blobs().map(({ size }) => size);
    return { objects: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /**
   * Removes layers, the ones of use longest ago first, until at most `limit` bytes are left. Small blobs stay: they are documents,
   * without which nobody knows which layers an image has. What is wanted again is fetched, or made, again.
   */
  prune(limit: number): CacheSize {
    const blobs = this.#blobs();
    let bytes = blobs.reduce((sum, { size }) => sum + size, 0);
    const removed = { objects: 0, bytes: 0 };
    for (const { path, facts, size } of blobs.sort((a, b) => a.used - b.used)) {
      if (bytes <= limit) break;
      if (size < DOCUMENT) continue;
      this.#host.files.remove(path);
      this.#host.files.remove(facts);
      bytes -= size;
      removed.objects++;
      removed.bytes += size;
    }
    return removed;
  }

  #blobs(): { path: string; facts: string; size: number; used: number }[] {
    const { files } = this.#host;
    const directory = `${this.#root}/blobs/sha256`;
    if (!files.isDirectory(directory)) return [];
    return files.list(directory).flatMap((name) => {
      const [path, facts] = [`${directory}/${name}`, this.#factsPath(`sha256:${name}`)];
      const stat = name.startsWith('.') ? undefined : files.lstat(path);
      return stat ? [{ path, facts, size: stat.size, used: files.lstat(facts)?.mtime ?? stat.mtime }] : [];
    });
  }

  #factsPath(digest: string): string {
    return `${this.#root}/facts/v${FACTS_SCHEMA}/${digest.replace(':', '/')}.json`;
  }

  /** The facts of a layer bear the time of its last use, to the hour; the blob keeps its own, by which it is known unchanged. */
  #markUsed(facts: string): void {
    const { files, clock } = this.#host;
    const now = clock.now();
    if ((files.lstat(facts)?.mtime ?? now) < now - HOUR) files.touch(facts, now);
  }

  #tagPath(reference: string): string {
    return `${this.#root}/tags/${digestOfBytes(reference)}`;
  }
}
