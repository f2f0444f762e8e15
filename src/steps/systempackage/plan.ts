/** One Step for one system package on one platform. Pure: what lies on the disk is asked through PackageSources. */
import type { Diagnostic, Result } from '../../diagnostic/diagnostic.ts';
import { bad, error, ok } from '../../diagnostic/diagnostic.ts';
import type { FileInput, Step } from '../../plan/step.ts';
import type { Platform } from '../../target/platform.ts';
import type { SigningKey } from '../gpg/key.ts';
import { architectureOf, PACKAGED_ARCHITECTURES } from './architectures.ts';
import { debCopyright, rfc2822 } from './copyright.ts';
import type {
  DefinedFile,
  FileContent,
  PackageDefinition,
  PackageFormat,
  RelationKind,
} from './definition.ts';
import { type PackedFile, packageFileName, type SystemPackage } from './package.ts';
import { isRelation, relationFor } from './relations.ts';
import { packageScripts } from './scripts.ts';
import { versionProblems } from './version.ts';

/** A file that a package takes from the disk. */
export interface SourceFile {
  /** Absolute. */
  readonly file: string;
  /** Below the path that the definition names; empty for that path itself. */
  readonly below: string;
  readonly isExecutable?: boolean;
  /** Of a program: libraries that the loader brings in, and versions that it wants of them: `libc.so.6(GLIBC_2.34)`. */
  readonly libraries?: readonly string[];
}

/** Answers where the contents of a package lie for its platform. */
export type PackageSources = (
  content: Exclude<FileContent, { kind: 'text' }>,
) => Result<readonly SourceFile[]>;

export interface PackageRequest {
  readonly definition: PackageDefinition;
  readonly platform: Platform;
  /** As package managers order it, and where it comes from, in words. */
  readonly version: { readonly value: string; readonly source: string };
  /** Another than the definition's. */
  readonly revision: string | undefined;
  readonly sources: PackageSources;
  /** What the tree has of each. */
  readonly texts: { readonly licence?: string; readonly readme?: string };
  /** Seconds since 1970. */
  readonly time: number;
  /** Absolute directory for the packages of one format. */
  readonly directory: string;
  readonly sign: { readonly key: Omit<SigningKey, 'input'>; readonly file?: string } | undefined;
}

/** Plans the Step, or tells all that is wrong with the package. */
export function planSystemPackage(request: PackageRequest): Result<Step> {
  const { definition, platform, version, time } = request;
  const { format, name } = definition;
  const architecture = architectureOf(platform, format);
  if (architecture === undefined) return bad(noArchitecture(platform));
  const revision = request.revision ?? definition.revision;
  const problems = relationProblems(definition);
  const inputs: string[] = [];
  const libraries = new Set<string>();
  const files = [...definition.files, ...documents(request)].flatMap((file) => {
    const packed = packedFiles(file, request.sources, inputs, libraries);
    if (packed.ok) return packed.value;
    problems.push(...packed.diagnostics.map((one) => located(one, file, definition)));
    return [];
  });
  const twice = repeated(files.map(({ path }) => path));
  if (twice !== undefined) problems.push(pathTwice(definition, twice));
  // Without its files, a part has no version to complain about.
  if (problems.length === 0)
    problems.push(...versionProblems(format, name, { version: version.value, revision }, version.source));
  if (problems.length > 0) return bad(...problems);
  const one: SystemPackage = {
    ...{ format, name, version: version.value, revision, architecture, time },
    ...{ summary: definition.summary, description: definition.description, licence: definition.licence },
    maintainer: definition.maintainer,
    ...(definition.homepage === undefined ? {} : { homepage: definition.homepage }),
    section: definition.section,
    relations: withLibraries(format, platform, relationsFor(definition), libraries),
    scripts: packageScripts(definition),
    files: files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))),
  };
  const { sign } = request;
  const signs = format === 'rpm' && sign !== undefined;
  if (signs && sign.file !== undefined) inputs.push(sign.file);
  const key = signs && { ...sign.key, ...(sign.file === undefined ? {} : { input: inputs.length - 1 }) };
  return ok({
    id: `package:${format}/${name}@${platform}`,
    kind: 'pack',
    title: `${packageFileName(one)}`,
    platform,
    needs: [],
    inputs: inputs.map((path): FileInput => ({ kind: 'file', path })),
    outputs: [`${request.directory}/${architecture}/${packageFileName(one)}`],
    action: {
      ...{ kind: 'pack', packer: 'system-package' },
      parameters: { package: one, ...(key ? { sign: key } : {}) },
    },
    keyParts: {},
  });
}

/** A file of the tree that is missing was named by the definition. */
function located(
  diagnostic: Diagnostic,
  file: DefinedFile,
  { where, places }: PackageDefinition,
): Diagnostic {
  if (file.content?.kind !== 'tree' || diagnostic.code !== 'systempackage/file-missing') return diagnostic;
  return { ...diagnostic, where: [places?.[file.content.path] ?? where] };
}

function packedFiles(
  file: DefinedFile,
  sources: PackageSources,
  inputs: string[],
  libraries: Set<string>,
): Result<readonly PackedFile[]> {
  const { path, kind, mode, role, target, content } = file;
  const plain = {
    ...{ path, kind, mode: mode ?? (kind === 'file' ? 0o644 : 0o755) },
    ...(role === undefined ? {} : { role }),
    ...(target === undefined ? {} : { target }),
  };
  if (content === undefined) return ok([plain]);
  if (content.kind === 'text') {
    const compressed = path.endsWith(`/${CHANGELOG}`) ? { compressed: true } : {};
    return ok([{ ...plain, text: content.text, ...compressed }]);
  }
  const found = sources(content);
  if (!found.ok) return found;
  return ok(
    found.value.map(({ file: source, below, isExecutable, libraries: needed = [] }) => {
      inputs.push(source);
      for (const library of needed) libraries.add(library);
      const guessed = mode === undefined && isExecutable ? { mode: 0o755 } : {};
      return { ...plain, ...guessed, path: below ? `${path}/${below}` : path, input: inputs.length - 1 };
    }),
  );
}

/** Licence and changelog where each family of distributions looks for them (Debian Policy 12; Fedora's guidelines). */
function documents({ definition, texts, version, revision, time }: PackageRequest): DefinedFile[] {
  const { format, name, maintainer } = definition;
  const directory = (path: string): DefinedFile => ({ path, kind: 'directory', mode: 0o755 });
  const file = (path: string, text: string, role?: DefinedFile['role']): DefinedFile => ({
    ...{ path, kind: 'file', mode: 0o644, content: { kind: 'text', text } },
    ...(role === undefined ? {} : { role }),
  });
  const documentation = `/usr/share/doc/${name}`;
  if (format === 'rpm') {
    const licences = `/usr/share/licenses/${name}`;
    return [
      ...(texts.licence === undefined
        ? []
        : [directory(licences), file(`${licences}/LICENSE`, texts.licence, 'licence')]),
      ...(texts.readme === undefined
        ? []
        : [directory(documentation), file(`${documentation}/README.md`, texts.readme, 'documentation')]),
    ];
  }
  const entry = [
    `${name} (${version.value}-${revision ?? definition.revision}) unstable; urgency=medium`,
    `  * ${name} ${version.value}`,
    ` -- ${maintainer}  ${rfc2822(time)}`,
  ];
  return [
    file(`${documentation}/copyright`, debCopyright(definition, texts.licence, time)),
    file(`${documentation}/${CHANGELOG}`, `${entry.join('\n\n')}\n`),
  ];
}

/** Written as text here and compressed by the packer. */
export const CHANGELOG = 'changelog.Debian.gz';

function relationsFor({ format, relations }: PackageDefinition): SystemPackage['relations'] {
  const entries = Object.entries(relations) as [RelationKind, readonly string[]][];
  return Object.fromEntries(
    entries.map(([kind, list]) => [kind, list.map((text) => relationFor(format, text.trim()))]),
  );
}

/** Libraries of glibc in dpkg's shlibs; Go programs that are linked with cgo need no others as a rule. */
const GLIBC = /^(libc\.so\.6|lib(pthread|dl|resolv|m|rt)\.so\.\d+)$/;

/** What the loader needs, in each format's words: rpm names the library itself, as its find-requires does. */
function withLibraries(
  format: PackageFormat,
  platform: Platform,
  relations: SystemPackage['relations'],
  libraries: ReadonlySet<string>,
): SystemPackage['relations'] {
  if (libraries.size === 0) return relations;
  const isNarrow = /\/(386|arm|mips|mipsle)$/.test(platform);
  const needed =
    format === 'rpm'
      ? [...libraries]
          .sort()
          .map((one) => `${one.endsWith(')') ? one : `${one}()`}${isNarrow ? '' : '(64bit)'}`)
      : [...libraries].some((library) => GLIBC.test(library))
        ? [oldestGlibc(libraries)]
        : [];
  return { ...relations, depends: [...(relations.depends ?? []), ...needed] };
}

/** The highest version of glibc whose symbols are used: an older one does not start the program. */
function oldestGlibc(libraries: ReadonlySet<string>): string {
  const versions = [...libraries].flatMap((one) => /\(GLIBC_(\d+\.\d+)[\d.]*\)$/.exec(one)?.[1] ?? []);
  const minor = (version: string) => Number(version.slice(version.indexOf('.') + 1));
  const newest = versions.sort((a, b) => minor(a) - minor(b)).at(-1);
  return newest === undefined ? 'libc6' : `libc6 (>= ${newest})`;
}

function relationProblems(definition: PackageDefinition): Diagnostic[] {
  const { format, name, where, places } = definition;
  return Object.entries(relationsFor(definition)).flatMap(([kind, list]) =>
    list
      .filter((text) => !isRelation(format, text))
      .map((text) =>
        error('systempackage/definition', {
          what: `${name} ${kind === 'depends' ? 'depends on' : kind} ${text}, which is no relation in ${format === 'deb' ? 'a deb' : 'an rpm'}`,
          where: [places?.[text] ?? where],
          help: 'write it like libc6 (>= 2.28) or glibc >= 2.28; what differs by format goes below deb: and rpm:',
        }),
      ),
  );
}

function repeated(paths: readonly string[]): string | undefined {
  return paths.find((path, i) => paths.indexOf(path) !== i);
}

function pathTwice({ name, where }: PackageDefinition, path: string): Diagnostic {
  return error('systempackage/definition', {
    what: `${name} installs ${path} twice`,
    where: [where],
    help: 'take one of them out of the files of the package',
  });
}

function noArchitecture(platform: Platform): Diagnostic {
  return error('systempackage/platform', {
    what: `there are no system packages for ${platform}`,
    why: 'deb and rpm packages install on Linux',
    help: `packages are made for linux on ${PACKAGED_ARCHITECTURES.join(', ')}`,
  });
}
