/**
 * Which packages an image needs, and their files: asked of apt with a private configuration in which nothing is
 * installed, so that it resolves the whole closure, for any architecture. The machine's own apt is not touched.
 */
import { join } from 'node:path';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { ProcessResult } from '../../host/processes.ts';
import { sharedTemporaryName, sweepTemporary } from '../../host/temporary.ts';
import { type AptDirectories, asBinaryEntries, privateAptOptions } from '../../tree/source/apt.ts';
import { lastLines, machineSources, runApt } from '../../tree/source/machineapt.ts';

/** One package as apt chose it. */
export interface ChosenPackage {
  readonly name: string;
  readonly version: string;
  /** `amd64`, or `all`. */
  readonly architecture: string;
  readonly size: number;
  readonly sha256: string;
}

export interface PackageClosure {
  /** What Debian calls essential, with what that depends on. */
  readonly essential: readonly ChosenPackage[];
  /** The packages that were asked for, with what else they depend on. */
  readonly wanted: readonly ChosenPackage[];
}

/** One use of apt: a directory of its own that is gone afterwards. */
export class PrivateApt {
  readonly #host: Host;
  readonly #signal: AbortSignal;
  readonly #work: string;
  readonly #options: readonly string[];
  readonly #architecture: string;
  #update: ProcessResult | undefined;
  readonly #addresses = new Map<string, { readonly uri: string; readonly file: string }>();

  private constructor(
    host: Host,
    signal: AbortSignal,
    work: string,
    options: readonly string[],
    architecture: string,
  ) {
    [this.#host, this.#signal, this.#work] = [host, signal, work];
    [this.#options, this.#architecture] = [options, architecture];
  }

  /** `store` is where temporary directories go. `mirrored` rewrites addresses in the machine's sources. */
  static async open(
    host: Host,
    signal: AbortSignal,
    store: string,
    architecture: string,
    mirrored: (text: string) => string = (text) => text,
  ): Promise<PrivateApt> {
    for (const program of ['apt-get', 'apt-config'])
      if (!host.processes.find(program)) throw new Failure(noApt(program));
    host.files.makeDirectory(store);
    sweepTemporary(store);
    const work = sharedTemporaryName(store);
    const at = (name: string) => join(work, name);
    const directories: AptDirectories = { sources: at('sources'), lists: at('lists'), cache: at('cache') };
    for (const directory of ['sources', 'lists/partial', 'cache/archives/partial'])
      host.files.makeDirectory(at(directory));
    for (const [index, file] of (await machineSources(host, signal)).entries()) {
      const { name, text } = asBinaryEntries(file);
      host.files.write(at(`sources/${index}-${name}`), mirrored(text));
    }
    host.files.write(at('status'), '');
    host.files.write(at('apt.conf'), configuration(architecture));
    const options = [
      ...['-c', at('apt.conf'), ...privateAptOptions(directories)],
      ...['-o', `Dir::State::status=${at('status')}`, '-o', `Dir::State=${at('.')}`],
    ];
    return new PrivateApt(host, signal, work, options, architecture);
  }

  close(): void {
    this.#host.files.removeAll(this.#work);
  }

  /** Asks the sources what they hold. One that cannot be reached does not matter when others have the packages. */
  async update(): Promise<void> {
    this.#update = await this.#apt(['update']);
  }

  async closure(names: readonly string[], withEssential: boolean): Promise<PackageClosure> {
    if (!withEssential) return { essential: [], wanted: await this.#resolve(names) };
    // Debian 12 keeps /bin apart from /usr/bin no more; without this one apt takes the converter, and perl with it.
    const essential = await this.#resolve([...ESSENTIAL, 'usr-is-merged']).catch(() =>
      this.#resolve(ESSENTIAL),
    );
    if (names.length === 0) return { essential, wanted: [] };
    const known = new Set(essential.map(({ name }) => name));
    const all = await this.#resolve([...known, ...names]);
    return { essential, wanted: all.filter(({ name }) => !known.has(name)) };
  }

  /** Brings the files of packages; apt checks their hashes. Returns the path of each by its digest. */
  async download(packages: readonly ChosenPackage[]): Promise<Map<string, string>> {
    const names = packages.map(({ name, version }) => `${name}=${version}`);
    const answer = await this.#apt(['-y', '--download-only', ...INSTALL, ...names]);
    if (answer.exitCode !== 0) throw new Failure(this.#notFetched(names, answer));
    const { files } = this.#host;
    const archives = join(this.#work, 'cache/archives');
    return new Map(
      packages.map((one) => {
        const { uri = '', file = '' } = this.#addresses.get(one.sha256) ?? {};
        const fetched = join(archives, file);
        // apt leaves the files of a repository on this machine where they are.
        const path = files.isFile(fetched) ? fetched : decodeURIComponent(uri.replace(/^file:(\/\/)?/, ''));
        if (!files.isFile(path) || files.digest(path) !== one.sha256)
          throw new Failure(this.#notFetched([`${one.name}=${one.version}`], answer));
        return [one.sha256, path] as const;
      }),
    );
  }

  /** `'URI' NAME_VERSION_ARCH.deb SIZE SHA256:…`, one line a package (apt-get(8), --print-uris). */
  async #resolve(names: readonly string[]): Promise<ChosenPackage[]> {
    const options = ['-o', 'Acquire::ForceHash=sha256', '-y', '--print-uris'];
    const answer = await this.#apt([...options, ...INSTALL, ...names]);
    if (answer.exitCode !== 0) throw new Failure(this.#unresolved(names, answer));
    const line = /^'([^']+)' (([^_\s]+)_([^_\s]+)_([^_\s.]+)\.deb) (\d+) SHA256:([0-9a-f]{64})\s*$/gm;
    const found = [...answer.stdout.matchAll(line)].map((match) => {
      const [, uri = '', file = '', name = '', version = '', architecture = '', size, sha256 = ''] = match;
      this.#addresses.set(sha256, { uri, file });
      return { name, version: decodeURIComponent(version), architecture, size: Number(size), sha256 };
    });
    if (found.length === 0) throw new Failure(this.#unresolved(names, answer));
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #apt(argv: readonly string[]): Promise<ProcessResult> {
    return runApt(this.#host, ['apt-get', ...this.#options, ...argv], {
      ...{ workingDirectory: this.#work, signal: this.#signal },
    });
  }

  /** apt counts an update without any answer as a success, with warnings. */
  #unreachable(): string | undefined {
    const { exitCode = 0, stderr = '' } = this.#update ?? {};
    return exitCode !== 0 || /^[WE]: Failed to fetch/m.test(stderr) ? lastLines(stderr) : undefined;
  }

  #unresolved(names: readonly string[], answer: ProcessResult) {
    const unknown = [...answer.stderr.matchAll(/Unable to locate package (\S+)/g)].map(([, name]) => name);
    const wanted = unknown.length > 0 ? unknown : names.filter((name) => !ESSENTIAL.includes(name));
    return error('image/packages-unresolved', {
      what: `apt knows no way to install ${wanted.join(', ') || 'the essential packages'} for ${this.#architecture}`,
      why: this.#unreachable() ?? lastLines(answer.stderr || answer.stdout),
      help: 'correct the names; apt-cache policy NAME tells what the sources of this machine hold, and docs/guide/images.md how other sources are named',
    });
  }

  #notFetched(names: readonly string[], answer: ProcessResult) {
    return error('image/packages-unfetched', {
      what: `apt could not fetch ${names.length === 1 ? names[0] : `${names.length} packages`} for a base`,
      why: this.#unreachable() ?? lastLines(answer.stderr || answer.stdout),
      help: 'check that apt-get update works here (network, proxy, keys), or name a mirror: mirrors in kubewright.yaml; run the command again',
    });
  }
}

const INSTALL = ['--no-install-recommends', 'install'];

/** apt calls itself essential, and an image needs it as little as it needs a kernel. */
const ESSENTIAL: readonly string[] = ['?and(?essential, ?not(?exact-name(apt)))'];

/** Hooks of the machine are not ours to run, and only package lists are wanted. */
function configuration(architecture: string): string {
  return `#clear APT::Architectures;
#clear APT::Update;
#clear DPkg;
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Default-Release "";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
`;
}

function noApt(program: string) {
  return error('source/tool-missing', {
    what: `a base of Debian packages needs ${program}, and it was not found on PATH`,
    why: 'apt resolves, fetches and checks the packages',
    help: 'this works on Debian and its kin alone; elsewhere name another base: a reference, or the file of docker save',
  });
}
