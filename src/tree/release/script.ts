/**
 * Reads the packaging functions of a tree (`kube::release::package_…` in build/lib/release.sh, in build/common.sh
 * before 1.5) without running them: a small interpreter of the commands that they are made of. What it cannot read is
 * handed back with its line, never guessed.
 */
import type { Location } from '../../diagnostic/diagnostic.ts';
import { functionBodies, type Line } from './functions.ts';
import { expandWords, splitWords, type Variables } from './words.ts';

/** One thing that a script puts into the directory that becomes an archive. */
export type Staging =
  | { readonly kind: 'directory'; readonly to: string }
  | {
      readonly kind: 'copy';
      /** Path with one of the prefixes of `ROOTS`; may end in a star. */
      readonly from: string;
      readonly to: string;
      readonly recursive: boolean;
      /** Guarded by a test for its existence. */
      readonly isOptional: boolean;
      readonly where: Location;
    }
  | {
      /** Files below a directory by their names, with their paths below it. */
      readonly kind: 'find';
      readonly from: string;
      readonly to: string;
      readonly names: readonly string[];
      /** Left out when this stands in the file's name, or anywhere in its path. */
      readonly without?: { readonly text: string; readonly in: 'name' | 'path' };
      /** Put side by side, without the directories that they lie in. */
      readonly isFlat: boolean;
    }
  | { readonly kind: 'text'; readonly to: string; readonly text: string }
  | { readonly kind: 'remove'; readonly to: string }
  /** The images of the servers for an architecture, each with its tag. */
  | { readonly kind: 'images'; readonly to: string; readonly arch: string };

export interface ScriptedTarball {
  /** `kubernetes-client-linux-amd64.tar.gz` */
  readonly name: string;
  /** The directory that is packed with its last element as root; stagings lie below. */
  readonly root: string;
  readonly stagings: readonly Staging[];
}

export interface ScriptReading {
  readonly tarballs: readonly ScriptedTarball[];
  /** Lines that were not understood. */
  readonly unknown: readonly Location[];
}

/** Where paths lie that the script builds: the tree, its outputs by platform, finished archives, scratch. */
export const ROOTS = {
  tree: '@tree',
  programs: '@programs',
  tarballs: '@tarballs',
  stage: '@stage',
} as const;

/** Functions in the order in which their archives are made. Names of all eras. */
const FUNCTIONS = [
  ...['package_client_tarballs', 'package_node_tarballs', 'package_server_tarballs'],
  ...['package_salt_tarball', 'package_kube_manifests_tarball', 'package_test_tarballs'],
  ...['package_test_tarball', 'package_final_tarball', 'package_full_tarball'],
].map((name) => `kube::release::${name}`);

/** `lists`: KUBE_…_BINARIES, KUBE_…_PLATFORMS, KUBE_TEST_PORTABLE. `settings`: switches and the version. */
export function readPackagingScript(
  file: string,
  text: string,
  lists: Variables,
  settings: Readonly<Record<string, string>>,
): ScriptReading {
  const bodies = functionBodies(text);
  const run = new Interpreter(file, bodies, lists, settings);
  for (const name of FUNCTIONS) run.call(name);
  return { tarballs: run.tarballs, unknown: run.unknown };
}

/** Calls that stage nothing. */
const WITHOUT_EFFECT =
  /^(kube::(log|util|build)::|kube::release::(clean_cruft|build_hyperkube_image|build_conformance_image)|local [\w ]+$|local -\w|local arch=|arch=|return|exit|wait|shopt|set |\(|\)|true|fi$|done$|then$|do$|;;)/;

class Interpreter {
  readonly tarballs: ScriptedTarball[] = [];
  readonly unknown: Location[] = [];
  readonly #file: string;
  readonly #bodies: ReadonlyMap<string, readonly Line[]>;
  readonly #variables: Map<string, readonly string[]>;
  #stagings: Staging[] = [];

  constructor(
    file: string,
    bodies: ReadonlyMap<string, readonly Line[]>,
    lists: Variables,
    settings: Readonly<Record<string, string>>,
  ) {
    this.#file = file;
    this.#bodies = bodies;
    this.#variables = new Map([
      ...lists,
      ...Object.entries(settings).map(([name, value]) => [name, [value]] as const),
      ['KUBE_ROOT', [ROOTS.tree]],
      ['LOCAL_OUTPUT_BINPATH', [ROOTS.programs]],
      ['RELEASE_STAGE', [ROOTS.stage]],
      ['RELEASE_TARS', [ROOTS.tarballs]],
      ['RELEASE_DIR', [ROOTS.tarballs]],
    ]);
  }

  call(name: string): void {
    const body = this.#bodies.get(name);
    if (body) this.#block(body, false);
  }

  #block(lines: readonly Line[], isOptional: boolean): void {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as Line;
      const opener = /^(if|for|while)\b/.exec(line.text)?.[1];
      if (!opener) {
        this.#command(line, isOptional);
        continue;
      }
      const end = endOf(lines, i);
      const body = lines.slice(i + 1, end);
      if (opener === 'for') this.#loop(line, body, isOptional);
      else if (opener === 'if') this.#condition(line, body, isOptional);
      else this.#lost(line);
      i = end;
    }
  }

  #loop(line: Line, body: readonly Line[], isOptional: boolean): void {
    const [, name = '', list = ''] = /^for (\w+) in (.*?);?\s*(?:do)?$/.exec(line.text) ?? [];
    if (name === '') {
      this.#lost(line);
      return;
    }
    for (const value of this.#listed(list)) {
      const platform = name === 'platform_long' ? 'platform' : name;
      this.#variables.set(platform, [value]);
      if (platform === 'platform') {
        this.#variables.set('platform_tag', [value.replace('/', '-')]);
        this.#variables.set('arch', [value.slice(value.indexOf('/') + 1)]);
      }
      this.#block(body, isOptional);
    }
  }

  /** The platforms of clients are the directories that are there; ours are those of the group. */
  #listed(list: string): string[] {
    if (/\b(long_platforms|platforms)\[@\]/.test(list))
      return [...(this.#variables.get('KUBE_CLIENT_PLATFORMS') ?? [])];
    return expandWords(list, this.#variables);
  }

  #condition(line: Line, body: readonly Line[], isOptional: boolean): void {
    const { text } = line;
    // The lists bring the names that programs have on their platform.
    if (/==? *['"]?windows/.test(text)) return;
    if (/-[efd] /.test(text)) {
      this.#block(body, true);
      return;
    }
    const [, setting, pattern] = /\$\{?(\w+)\}?"? *=~ *(\S+)/.exec(text) ?? [];
    if (setting && pattern) {
      const value = this.#variables.get(setting)?.[0] ?? 'y';
      if (new RegExp(pattern).test(value)) this.#block(body, isOptional);
      return;
    }
    // Further names of images, platforms that the environment narrows: the lists hold them already.
    if (/-n |KUBE_BUILD_PLATFORMS/.test(text)) return;
    this.#lost(line);
  }

  #command(line: Line, isOptional: boolean): void {
    const { text } = line;
    const finding = this.#finding(text);
    if (finding) {
      this.#stagings.push(...finding);
      return;
    }
    if (this.#assigned(text)) return;
    const words = expandWords(text.replace(/\s*(&|;)$/, ''), this.#variables);
    const [program = '', ...rest] = words;
    const named = rest.filter((word) => !word.startsWith('-'));
    const options = rest.filter((word) => word.startsWith('-')).join('');
    switch (program) {
      case 'mkdir':
        for (const to of named) this.#stagings.push({ kind: 'directory', to: normal(to) });
        return;
      case 'rm':
        for (const to of named) this.#remove(normal(to));
        return;
      case 'cp': {
        const to = named.pop() ?? '';
        const where = { file: this.#file, line: line.number, text: line.written };
        for (const from of named)
          this.#stagings.push({
            kind: 'copy',
            from,
            to,
            recursive: /[rRa]/.test(options),
            isOptional,
            where,
          });
        return;
      }
      case 'cat':
      case 'echo': {
        const target = />\s*(\S.*?)\s*$/.exec(text.replace(/<<\s*'?"?\w+'?"?/, ''))?.[1];
        const said = line.here ?? `${words.slice(1, words.indexOf('>')).join(' ')}\n`;
        if (target === undefined) return;
        const to = normal(expandWords(target, this.#variables)[0] ?? '');
        if (to.startsWith(ROOTS.stage)) this.#stagings.push({ kind: 'text', to, text: said });
        return;
      }
      case 'kube::release::create_tarball':
        this.#pack(named);
        return;
      case 'kube::release::create_docker_images_for_server':
        this.#stagings.push({ kind: 'images', to: normal(named[0] ?? ''), arch: named[1] ?? '' });
        return;
    }
    if (this.#bodies.has(program) && /::(package|build_server)_/.test(program)) this.call(program);
    else if (!WITHOUT_EFFECT.test(text)) this.#lost(line);
  }

  #remove(to: string): void {
    if (to === ROOTS.stage) return;
    this.#stagings = this.#stagings.filter((one) => !`${one.to}/`.startsWith(`${to}/`));
    this.#stagings.push({ kind: 'remove', to });
  }

  #pack([name = '', directory = '']: readonly string[]): void {
    const root = `${normal(directory)}/kubernetes`;
    this.tarballs.push({
      name: name.slice(name.lastIndexOf('/') + 1),
      root,
      stagings: this.#stagings.filter((one) => `${one.to}/`.startsWith(`${root}/`)),
    });
  }

  /** Pipelines that select files: from `find` (all eras), and a list of paths handed from tar to tar. */
  #finding(text: string): Staging[] | undefined {
    const names = [...text.matchAll(/-name ['"]?(\S+?)['"]?(?= |$|\))/g)].map(([, name = '']) =>
      name.replaceAll('\\', ''),
    );
    const exec = /^find (\S+) .*-exec cp \{\} (\S+)/.exec(text);
    if (exec) return this.#found(exec[1], exec[2], names, undefined, true);
    const piped = /^find (\S+) .*\| *\S*(?:tar|TAR).*-C (\S+)$/i.exec(text);
    if (piped) {
      const [last = ''] = names.slice(-1);
      const without = /! /.test(text) ? { text: last.replaceAll('*', ''), in: 'name' as const } : undefined;
      return this.#found(piped[1], piped[2], without ? names.slice(0, -1) : names, without, false);
    }
    const objects = /^objects=\$\(cd (\S+) && find .*?(?:grep -v (\w+))?\)$/.exec(text);
    if (objects) {
      this.#variables.set('objects', [...names.map((name) => `name ${name}`), `without ${objects[2] ?? ''}`]);
      return [];
    }
    const moved = /^\S*(?:tar|TAR)\S* c (?:-C (\S+) )?(\S+) \| *\S*(?:tar|TAR)\S* x -C (\S+)$/i.exec(text);
    if (!moved) return undefined;
    const [, from, list = '', to = ''] = moved;
    if (from) {
      const objects = this.#variables.get('objects') ?? [];
      const excluded = objects.find((one) => one.startsWith('without '))?.slice(8);
      const wanted = objects.filter((one) => one.startsWith('name ')).map((one) => one.slice(5));
      return this.#found(from, to, wanted, excluded ? { text: excluded, in: 'path' } : undefined, false);
    }
    const directory = expandWords(to, this.#variables)[0] ?? '';
    return expandWords(list, this.#variables).map((path) => ({
      ...{ kind: 'copy', from: `${ROOTS.tree}/${path}`, to: normal(`${directory}/${path}`), recursive: true },
      ...{ isOptional: false, where: { file: 'hack/lib/golang.sh', text: path } },
    }));
  }

  #found(
    from = '',
    to = '',
    names: readonly string[] = [],
    without: Extract<Staging, { kind: 'find' }>['without'] = undefined,
    isFlat = false,
  ): Staging[] {
    const one = (word: string) => normal(expandWords(word, this.#variables)[0] ?? '');
    return [{ kind: 'find', from: one(from), to: one(to), names, isFlat, ...(without ? { without } : {}) }];
  }

  #assigned(text: string): boolean {
    const match = /^(?:(?:local|readonly|declare|export)\s+(?:-\w+\s+)*)?(\w+)=(.*)$/.exec(text);
    if (!match) return /^read -ra long_platforms/.test(text);
    const [, name = '', value = ''] = match;
    // What a loop over platforms sets is right already.
    if (['platform', 'platform_tag', 'arch', 'platforms', 'long_platforms'].includes(name)) return true;
    if (value.startsWith('$(')) return true;
    const list = /^\((.*)\)$/.exec(value);
    this.#variables.set(
      name,
      list ? expandWords(list[1] ?? '', this.#variables) : expandWords(value, this.#variables),
    );
    return true;
  }

  #lost(line: Line): void {
    this.unknown.push({ file: this.#file, line: line.number, text: line.written });
  }
}

/** Index of the line that closes what the line at `start` opens. */
function endOf(lines: readonly Line[], start: number): number {
  let depth = 0;
  for (let i = start; i < lines.length; i++) {
    const [first = ''] = splitWords((lines[i] as Line).text);
    if (/^(if|for|while)$/.test(first)) depth++;
    if (/^(fi|done)\b/.test(first) && --depth === 0) return i;
  }
  return lines.length;
}

/** Without doubled, trailing and parent parts. */
export function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
