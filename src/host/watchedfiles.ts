/** Files that note in Sights which paths were looked at. */
import { type FileStat, Files } from './files.ts';
import type { PlacedReads } from './placed-reads.ts';
import type { Sights } from './sights.ts';

export class WatchedFiles extends Files {
  readonly #sights: Sights;

  constructor(sights: Sights) {
    super();
    this.#sights = sights;
  }

  override exists(path: string): boolean {
    return super.exists(this.#sights.entry(path));
  }

  override isDirectory(path: string): boolean {
    return super.isDirectory(this.#sights.entry(path));
  }

  override isFile(path: string): boolean {
    return super.isFile(this.#sights.entry(path));
  }

  override isLink(path: string): boolean {
    return super.isLink(this.#sights.link(path));
  }

  override lstat(path: string): FileStat | undefined {
    return super.lstat(this.#sights.link(path));
  }

  override realPath(path: string): string {
    return super.realPath(this.#sights.entry(path));
  }

  override stat(path: string): FileStat | undefined {
    return super.stat(this.#sights.content(path));
  }

  override readText(path: string): string {
    return super.readText(this.#sights.content(path));
  }

  override readBytes(path: string): Buffer {
    return super.readBytes(this.#sights.content(path));
  }

  override readInto(path: string, memory: Buffer): Buffer {
    return super.readInto(this.#sights.content(path), memory);
  }

  override readHead(path: string): ReturnType<Files['readHead']> {
    return super.readHead(this.#sights.content(path));
  }

  override list(path: string): string[] {
    return super.list(this.#sights.content(path));
  }

  override digest(path: string): string {
    return super.digest(this.#sights.content(path));
  }

  override readAtPlaces<T>(path: string, use: (file: PlacedReads) => T): T {
    return super.readAtPlaces(this.#sights.content(path), use);
  }

  override chunks(path: string, isFleeting = false): AsyncIterable<Uint8Array> {
    return super.chunks(this.#sights.content(path), isFleeting);
  }
}
