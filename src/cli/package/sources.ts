/** Where the contents of system packages lie: programs of the tree, parts from elsewhere, files of the tree. */
import { basename, join, resolve } from 'node:path';
import { bad, type Diagnostic, error, ok, type Result } from '../../diagnostic/diagnostic.ts';
import { type BinaryFacts, readBinary } from '../../formats/binary/binary.ts';
import type { Host } from '../../host/host.ts';
import { outputPath } from '../../steps/compile/plan.ts';
import type { PackageSources, SourceFile } from '../../steps/systempackage/plan.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { Session } from '../session.ts';
import { type GivenPart, versionInName } from './parts.ts';

/** Variables in which programs of parts keep their version. */
const PART_VERSION_VARIABLES = [
  'github.com/kubernetes-sigs/cri-tools/pkg/version.Version',
  'sigs.k8s.io/cri-tools/pkg/version.Version',
  'github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion',
];

/** Looks contents up for one platform, and checks each program that it finds. */
export class PlatformSources {
  readonly #session: Session;
  readonly #platform: Platform;
  readonly #from: string | undefined;
  readonly #parts: ReadonlyMap<string, GivenPart>;
  readonly #facts = new Map<string, Result<BinaryFacts>>();

  constructor(
    session: Session,
    platform: Platform,
    from: string | undefined,
    parts: ReadonlyMap<string, GivenPart>,
  ) {
    this.#session = session;
    this.#platform = platform;
    this.#from = from;
    this.#parts = parts;
  }

  /** Answers for a Plan. */
  readonly lookUp: PackageSources = (content) => {
    switch (content.kind) {
      case 'tree':
        return this.#treeFile(content.path);
      case 'program':
        return this.#checked(this.program(content.name), content.name);
      case 'part': {
        const files = this.#partFiles(content.part, content.file);
        if (!files.ok) return files;
        const wrong = files.value.flatMap(({ file }) => this.#wrongPlatform(file) ?? []);
        if (wrong.length > 0) return bad(...wrong);
        return ok(files.value.map((file) => ({ ...file, libraries: this.#librariesOf(file.file) })));
      }
    }
  };

  /** Where a program of the tree lies; undefined when it is not there. */
  program(name: string): string | undefined {
    const { host } = this.#session.context;
    return this.#candidates(name).find((path) => host.files.isFile(path));
  }

  /** The version that a program carries in the tree's own variable. */
  versionOf(program: string): string | undefined {
    const file = this.program(program);
    const facts = file === undefined ? undefined : this.#factsOf(file);
    if (!facts?.ok) return undefined;
    const { variables } = facts.value;
    const name = this.#session.tree.stamping.packages.value.find((one) => variables[`${one}.gitVersion`]);
    return name === undefined ? undefined : variables[`${name}.gitVersion`];
  }

  /** The version of a part: as it was given, from its programs, from the name of its file. */
  partVersion(name: string): string | undefined {
    const given = this.#parts.get(name);
    if (!given || given.version !== undefined) return given?.version;
    const files = this.#partFiles(name, 'all');
    for (const { file } of files.ok ? files.value : []) {
      const facts = this.#factsOf(file);
      const variables = facts.ok ? facts.value.variables : {};
      const found = PART_VERSION_VARIABLES.map((variable) => variables[variable]).find(Boolean);
      if (found) return found;
    }
    return versionInName(given.path);
  }

  #candidates(name: string): string[] {
    const { tree, layout } = this.#session;
    const { os, arch } = splitPlatform(this.#platform);
    if (this.#from === undefined) return [outputPath(tree, layout, { binary: name }, this.#platform)];
    const places = [
      ...[`${os}/${arch}`, `bin/${os}/${arch}`, `local/bin/${os}/${arch}`, `${os}-${arch}`, arch],
      ...['node/bin', 'server/bin', 'client/bin', 'bin', '.'],
      ...['kubernetes/node/bin', 'kubernetes/server/bin', 'kubernetes/client/bin'],
    ];
    return places.map((place) => join(this.#from as string, place, name));
  }

  #treeFile(path: string): Result<readonly SourceFile[]> {
    const { tree, context } = this.#session;
    const file = join(tree.root, path);
    const { files } = context.host;
    const found = (below: string) => {
      const place = below === '' ? file : join(file, below);
      const isExecutable = ((files.stat(place)?.mode ?? 0) & 0o111) !== 0;
      return { file: place, below, isExecutable, libraries: this.#librariesOf(place) };
    };
    if (files.isFile(file)) return ok([found('')]);
    const below = filesBelow(context.host, file, '');
    if (below.length > 0) return ok(below.map(found));
    return bad(
      error('systempackage/file-missing', {
        what: `there is no file ${path} in the tree`,
        why: 'the definition of a package names it',
        help: 'make the file, or correct its path in the definition',
      }),
    );
  }

  #checked(file: string | undefined, name: string): Result<readonly SourceFile[]> {
    if (file === undefined) return bad(this.#programMissing(name));
    const wrong = this.#wrongPlatform(file);
    return wrong ? bad(wrong) : ok([{ file, below: '', libraries: this.#librariesOf(file) }]);
  }

  /** A script or a text is for every platform. */
  #wrongPlatform(file: string): Diagnostic | undefined {
    const facts = this.#factsOf(file);
    if (!facts.ok) return facts.diagnostics.find(({ code }) => code === 'binary/damaged');
    const { os, arch } = facts.value;
    if (`${os}/${arch}` === this.#platform) return undefined;
    return error('systempackage/program-wrong', {
      what: `${file} is a program for ${os}/${arch}, not for ${this.#platform}`,
      why: 'a package for an architecture would install and not run',
      help: `build it: kubewright build ${basename(file)} --platform ${this.#platform}; or package --platform ${os}/${arch}`,
    });
  }

  #librariesOf(file: string): readonly string[] {
    const facts = this.#factsOf(file);
    return facts.ok ? [...facts.value.libraries, ...(facts.value.libraryVersions ?? [])] : [];
  }

  #factsOf(file: string): Result<BinaryFacts> {
    const known = this.#facts.get(file);
    if (known) return known;
    const { tree, context } = this.#session;
    const variables = [
      ...tree.stamping.packages.value.map((name) => `${name}.gitVersion`),
      ...PART_VERSION_VARIABLES,
    ];
    const facts = context.host.files.readAtPlaces(file, (source) => readBinary(source, file, variables));
    this.#facts.set(file, facts);
    return facts;
  }

  #partFiles(name: string, wanted: string): Result<readonly SourceFile[]> {
    const { host } = this.#session.context;
    const given = this.#parts.get(name);
    if (!given) return bad(partMissing(name));
    const { arch } = splitPlatform(this.#platform);
    const place = resolve(host.workingDirectory, given.path.replaceAll('{arch}', arch));
    if (host.files.isFile(place)) {
      const isWanted = wanted === 'all' || basename(place) === wanted;
      return isWanted
        ? ok([{ file: place, below: wanted === 'all' ? basename(place) : '' }])
        : bad(partLacks(name, place, wanted));
    }
    const files = filesBelow(host, place, '');
    const chosen = wanted === 'all' ? files : files.filter((file) => basename(file) === wanted).slice(0, 1);
    if (chosen.length === 0) return bad(partLacks(name, place, wanted));
    return ok(chosen.map((file) => ({ file: join(place, file), below: wanted === 'all' ? file : '' })));
  }

  #programMissing(name: string): Diagnostic {
    const looked = this.#candidates(name);
    return error('systempackage/program-missing', {
      what: `the program ${name} for ${this.#platform} is not there`,
      why: `it was looked for as ${looked[0]}${looked.length > 1 ? ' and in other places of that directory' : ''}`,
      help: `build it first: kubewright build ${name} --platform ${this.#platform}; or name the directory of finished programs with --from`,
    });
  }
}

/** Ordinary files below a directory, in order; nothing where there is no directory. */
function filesBelow(host: Host, directory: string, below: string): string[] {
  if (!host.files.isDirectory(directory)) return [];
  return host.files.list(directory).flatMap((name) => {
    const path = below + name;
    if (name.endsWith('/')) return filesBelow(host, join(directory, name), path);
    return host.files.isFile(join(directory, name)) ? [path] : [];
  });
}

function partMissing(name: string): Diagnostic {
  return error('systempackage/part-missing', {
    what: `the files of ${name} are not given`,
    why: 'they are built from another source than this tree',
    help: `name the directory or the archive that holds them: --part ${name}=PATH`,
  });
}

function partLacks(name: string, place: string, wanted: string): Diagnostic {
  return error('systempackage/part-missing', {
    what: wanted === 'all' ? `there are no files of ${name} in ${place}` : `${place} holds no ${wanted}`,
    why: `the package ${name} is made of them`,
    help: 'name the directory or the archive (.tar.gz, .tgz) that holds them; {arch} in the path stands for the architecture',
  });
}
