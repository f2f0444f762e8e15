/** What Go calls a build context: platform, cgo and tags, and the questions that they answer about files. */
import { atLeast } from '../../../formats/goversion.ts';
import type { Host } from '../../../host/host.ts';
import type { ListingRequest } from '../golist.ts';
import { constraintsHold } from './constraints.ts';
import { type ChoosingFlags, readFlags } from './flags.ts';
import { readSystemLists, type SystemLists, toolTags } from './toolfacts.ts';
import { Unsupported } from './unsupported.ts';

/** Variables that change the graph in ways that we leave to Go. */
const FOREIGN_VARIABLES = ['GOEXPERIMENT', 'GOFIPS140', 'GOFLAGS_EXTRA', 'GO_EXTLINK_ENABLED'];

export class BuildContext {
  readonly goroot: string;
  readonly goos: string;
  readonly goarch: string;
  readonly cgo: boolean;
  readonly goVersion: string;
  readonly flags: ChoosingFlags;
  readonly environment: Readonly<Record<string, string>>;
  readonly #tags: ReadonlySet<string>;
  readonly #lists: SystemLists;
  readonly #held = new Map<string, boolean>();

  constructor(request: ListingRequest, flags: ChoosingFlags, lists: SystemLists, tags: readonly string[]) {
    const { environment, goVersion } = request;
    this.environment = environment;
    this.goVersion = goVersion;
    this.goroot = environment['GOROOT'] ?? '';
    this.goos = environment['GOOS'] ?? '';
    this.goarch = environment['GOARCH'] ?? '';
    this.cgo = environment['CGO_ENABLED'] === '1';
    this.flags = flags;
    this.#lists = lists;
    this.#tags = new Set([
      ...[this.goos, this.goarch, 'gc', ...flags.tags, ...tags],
      ...(this.cgo ? ['cgo'] : []),
      ...(this.goos === 'illumos' && this.since('1.13') ? ['solaris'] : []),
      ...(this.since('1.19') && lists.unix.has(this.goos) ? ['unix'] : []),
      ...(['race', 'msan', 'asan'] as const).filter((name) => flags[name]),
      ...releaseTags(goVersion),
    ]);
  }

  /** Whether the toolchain is of this version or newer. */
  since(version: string): boolean {
    return atLeast(this.goVersion, version);
  }

  isSet = (tag: string): boolean =>
    this.#tags.has(tag) || (tag === 'boringcrypto' && this.#tags.has('goexperiment.boringcrypto'));

  /** `x_linux_amd64_test.go`: whether the name lets the file in (go/build, goodOSArchFile). */
  nameFits(name: string): boolean {
    const dot = name.indexOf('.');
    const stem = dot < 0 ? name : name.slice(0, dot);
    const first = stem.indexOf('_');
    if (first < 0) return true;
    const words = stem.slice(first).split('_');
    if (words.at(-1) === 'test') words.pop();
    const [system = '', arch = ''] = words.slice(-2);
    const { systems, architectures } = this.#lists;
    if (words.length >= 2 && systems.has(system) && architectures.has(arch)) {
      return this.isSet(arch) && this.isSet(system);
    }
    const last = words.at(-1) ?? '';
    return !(systems.has(last) || architectures.has(last)) || this.isSet(last);
  }

  /** Whether the constraint lines of a file, joined by line feeds, let it in. */
  constraintsFit(joined: string): boolean {
    if (joined === '') return true;
    let held = this.#held.get(joined);
    if (held === undefined) {
      const lines = joined.split('\n');
      // Go 1.16 refuses a //go:build line that has no +build line beside it.
      if (this.since('1.16') && !this.since('1.17') && lines.every((line) => line.startsWith('//go:build')))
        throw new Unsupported('a //go:build line alone with Go 1.16');
      const value = constraintsHold(lines, this.since('1.17') ? 'go-build' : 'plus-build', this.isSet);
      if (value === undefined) throw new Unsupported(`the build constraint ${joined}`);
      held = value;
      this.#held.set(joined, held);
    }
    return held;
  }

  /** Whether imports of a cgo file count though cgo is off: an old Go's way. */
  get countsIdleCgo(): boolean {
    return this.#lists.countsIdleCgo;
  }

  /** Packages that the linker adds to a program (cmd/go/internal/load, LinkerDeps). */
  get linkerImports(): readonly string[] {
    return [
      'runtime',
      ...(this.goarch === 'arm' ? ['math'] : []),
      ...(this.flags.race ? ['runtime/race'] : []),
      ...(this.flags.msan ? ['runtime/msan'] : []),
      ...(this.flags.asan ? ['runtime/asan'] : []),
    ];
  }
}

/** Reads what a request says; Unsupported when it holds something that we leave to Go. */
export async function readContext(
  host: Host,
  request: ListingRequest,
  knownToolTags: Map<string, string>,
  signal: AbortSignal,
): Promise<BuildContext> {
  const { environment, goVersion } = request;
  if (!atLeast(goVersion, '1.9')) throw new Unsupported('Go before 1.9');
  for (const name of ['GOROOT', 'GOOS', 'GOARCH', 'CGO_ENABLED']) {
    if (!environment[name]) throw new Unsupported(`a listing without ${name}`);
  }
  const foreign = FOREIGN_VARIABLES.find((name) => environment[name]);
  if (foreign) throw new Unsupported(`the variable ${foreign}`);
  const platform = `${environment['GOOS']}/${environment['GOARCH']}`;
  // There the linker is the C compiler's, even without cgo, and the rule moved between releases.
  if (/^(android|ios)\/|^darwin\/arm$/.test(platform)) throw new Unsupported(`the platform ${platform}`);
  if (platform === 'darwin/arm64' && !atLeast(goVersion, '1.16'))
    throw new Unsupported('darwin/arm64 before Go 1.16');
  const flags = readFlags([...(environment['GOFLAGS'] ?? '').split(/\s+/).filter(Boolean), ...request.flags]);
  if ((flags.race || flags.msan || flags.asan) && environment['CGO_ENABLED'] !== '1')
    throw new Unsupported('a sanitizer without cgo');
  const lists = readSystemLists(host, environment['GOROOT'] ?? '', goVersion);
  return new BuildContext(request, flags, lists, await toolTags(host, request, knownToolTags, signal));
}

function releaseTags(goVersion: string): string[] {
  const minor = Number(/^1\.(\d+)/.exec(goVersion)?.[1] ?? 0);
  return Array.from({ length: minor }, (_, i) => `go1.${i + 1}`);
}
