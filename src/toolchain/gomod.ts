/** The `go` and `toolchain` lines of a go.mod or go.work file, with their places. */
import { join } from 'node:path';
import { parseGoVersion } from '../formats/goversion.ts';
import type { Host } from '../host/host.ts';
import type { Fact } from '../tree/tree.ts';

/** What a tree's module files say about Go. */
export interface GoModLines {
  /** `go 1.22.0`: the least Go that may build it. */
  readonly go?: Fact<string>;
  /** `toolchain go1.22.5`: the Go its authors suggest. */
  readonly toolchain?: Fact<string>;
}

/** Reads go.work, else go.mod, at the root of a tree; empty when there is neither. */
export function readGoModLines(host: Host, root: string): GoModLines {
  for (const file of ['go.work', 'go.mod']) {
    const text = host.files.readTextIfAny(join(root, file));
    if (text === undefined) continue;
    const go = lineOf(text, file, 'go');
    const toolchain = lineOf(text, file, 'toolchain');
    if (go) return { go, ...(toolchain ? { toolchain } : {}) };
  }
  return {};
}

function lineOf(text: string, file: string, keyword: 'go' | 'toolchain'): Fact<string> | undefined {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => new RegExp(`^\\s*${keyword}\\s+\\S`).test(line));
  const line = lines[index];
  const word = line === undefined ? undefined : /^\s*\S+\s+(\S+)/.exec(line)?.[1];
  const version = word === undefined ? undefined : parseGoVersion(word);
  if (line === undefined || word === undefined || version === undefined) return undefined;
  return {
    value: version,
    source: 'parsed',
    where: {
      file,
      line: index + 1,
      column: line.indexOf(word) + 1,
      length: word.length,
      text: line,
      note: 'asked for here',
    },
  };
}
