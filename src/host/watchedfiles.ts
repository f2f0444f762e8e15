/** Files that remember which paths were looked at: what an answer depends on. */
import { type FileStat, Files } from './files.ts';

export class WatchedFiles extends Files {
  readonly seen = new Set<string>();

  override exists(path: string): boolean {
    return super.exists(this.#noted(path));
  }

  override isDirectory(path: string): boolean {
    return super.isDirectory(this.#noted(path));
  }

  override isFile(path: string): boolean {
    return super.isFile(this.#noted(path));
  }

  override isLink(path: string): boolean {
    return super.isLink(this.#noted(path));
  }

  override lstat(path: string): FileStat | undefined {
    return super.lstat(this.#noted(path));
  }

  override stat(path: string): FileStat | undefined {
    return super.stat(this.#noted(path));
  }

  override readText(path: string): string {
    return super.readText(this.#noted(path));
  }

  override readBytes(path: string): Buffer {
    return super.readBytes(this.#noted(path));
  }

  override list(path: string): string[] {
    return super.list(this.#noted(path));
  }

  #noted(path: string): string {
    this.seen.add(path);
    return path;
  }
}
