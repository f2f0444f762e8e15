/** Facts that differ between Go toolchains, read from the toolchain itself. */
import { atLeast } from '../../../formats/goversion.ts';
import type { Host } from '../../../host/host.ts';
import type { ListingRequest } from '../golist.ts';
import { Unsupported } from './unsupported.ts';

/** The words that file names may end in, and the systems that the tag `unix` stands for. */
export interface SystemLists {
  /** Whether imports of a cgo file count even when cgo is off, as they did up to Go 1.13 or so. */
  readonly countsIdleCgo: boolean;
  readonly systems: ReadonlySet<string>;
  readonly architectures: ReadonlySet<string>;
  readonly unix: ReadonlySet<string>;
}

/** Reads go/build's own lists: constants of words up to Go 1.18, maps after. */
export function readSystemLists(host: Host, goroot: string, goVersion: string): SystemLists {
  const text =
    host.files.readTextIfAny(`${goroot}/src/internal/syslist/syslist.go`) ??
    host.files.readTextIfAny(`${goroot}/src/go/build/syslist.go`);
  // The words of the comment above the line that changed it.
  const countsIdleCgo =
    !atLeast(goVersion, '1.15') &&
    !host.files.readText(`${goroot}/src/go/build/build.go`).includes('Ignore imports from cgo files');
  const systems = text && wordsOf(text, /goosList|knownOS/i);
  const architectures = text && wordsOf(text, /goarchList|knownArch/i);
  if (!systems || !architectures) throw new Unsupported(`a toolchain without go/build/syslist.go`);
  return { systems, architectures, unix: wordsOf(text, /unixOS/i) ?? new Set(), countsIdleCgo };
}

function wordsOf(text: string, name: RegExp): ReadonlySet<string> | undefined {
  const constant = new RegExp(`const (?:${name.source}) = "([^"]*)"`, 'i').exec(text);
  if (constant) return new Set(constant[1]?.split(' ').filter(Boolean));
  const map = new RegExp(`var (?:${name.source}) = map\\[string\\]bool\\{([^}]*)\\}`, 'i').exec(text);
  return map ? new Set([...(map[1] ?? '').matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '')) : undefined;
}

/**
 * Tags that the toolchain sets itself: experiments that are on by default (from Go 1.17), architecture levels
 * such as `amd64.v1`. Code decides them, so Go is asked; once for a toolchain and platform, then remembered.
 */
export async function toolTags(
  host: Host,
  request: ListingRequest,
  known: Map<string, string>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { environment, goVersion } = request;
  if (!atLeast(goVersion, '1.17')) return [];
  const goroot = environment['GOROOT'] ?? '';
  const levels = Object.entries(environment).filter(([name]) =>
    /^GO(OS|ARCH|AMD64|ARM|ARM64|386|MIPS|MIPS64|PPC64|RISCV64|WASM)$/.test(name),
  );
  const proof = host.files.stat(`${goroot}/VERSION`);
  const key = JSON.stringify([goroot, proof?.mtime, proof?.size, proof?.inode, ...levels]);
  let tags = known.get(key);
  if (tags === undefined) {
    const result = await host.processes.run({
      argv: [request.go, 'list', '-f', '{{join context.ToolTags " "}}', 'unsafe'],
      environment: { ...environment, GO111MODULE: 'off', GOFLAGS: '', GOWORK: 'off', PWD: `${goroot}/src` },
      workingDirectory: `${goroot}/src`,
      signal,
    });
    signal.throwIfAborted();
    if (result.exitCode !== 0) throw new Unsupported('a go command that does not tell its tags');
    tags = result.stdout.trim();
    known.set(key, tags);
  }
  return tags.split(' ').filter(Boolean);
}
