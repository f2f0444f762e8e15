/** Definitions of system packages out of kubewright.yaml: whole ones, and changes to those that are known already. */
import type { ConfiguredPackage } from '../../config/packages.ts';
import { bad, type Diagnostic, error, type Location, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type {
  DefinedFile,
  DefinedUnit,
  PackageDefinition,
  PackageFormat,
  RelationKind,
  ScriptMoment,
} from './definition.ts';

export interface ConfiguredRequest {
  readonly name: string;
  readonly format: PackageFormat;
  readonly configured: ConfiguredPackage;
  /** What the tree, or our own table, says of a package of that name. */
  readonly base: PackageDefinition | undefined;
  /** Name of the tree, for what a package says of itself. */
  readonly treeName: string;
  /** Location of a value of the package by its path; empty for the package. */
  readonly locate: (path: string) => Location;
  /** Text of a file of the tree; undefined when there is none. */
  readonly readText: (path: string) => string | undefined;
}

const RELATIONS = [
  ...(['depends', 'recommends', 'suggests', 'conflicts', 'replaces', 'provides'] as const),
] satisfies readonly RelationKind[];

/** The definition for one format. */
export function configuredDefinition(request: ConfiguredRequest): Result<PackageDefinition> {
  const { name, format, configured, base, locate } = request;
  const problems: Diagnostic[] = [];
  for (const key of ['summary', 'maintainer', 'licence'] as const)
    if (configured[key] === undefined && !base) problems.push(keyMissing(name, key, locate('')));
  if (!configured.files && !configured.units && !base) problems.push(keyMissing(name, 'files', locate('')));
  const scripts = readScripts(request, problems);
  if (problems.length > 0) return bad(...problems);
  const own = configured[format];
  const units = configured.units?.map(unitOf);
  const homepage = configured.homepage ?? base?.homepage;
  const version = configured.version ?? base?.version;
  return ok({
    ...{ name, format },
    summary: configured.summary ?? base?.summary ?? name,
    description: configured.description?.trim() ?? base?.description ?? `Part of ${request.treeName}.`,
    maintainer: configured.maintainer ?? base?.maintainer ?? '',
    licence: configured.licence ?? base?.licence ?? '',
    section: own?.section ?? base?.section ?? (format === 'deb' ? 'misc' : 'Unspecified'),
    revision: configured.revision ?? base?.revision ?? '1',
    ...(homepage === undefined ? {} : { homepage }),
    ...(version === undefined ? {} : { version }),
    ...(base?.part !== undefined && !configured.files ? { part: base.part } : {}),
    files: [
      ...(configured.files?.map(fileOf) ?? base?.files ?? []),
      ...(units?.map(({ file }) => file) ?? []),
    ],
    relations: Object.fromEntries(
      RELATIONS.flatMap((kind) => {
        const list = own?.[kind] ?? configured[kind] ?? base?.relations[kind];
        return list ? [[kind, list]] : [];
      }),
    ),
    scripts: { ...base?.scripts, ...scripts },
    units: units?.map(({ unit }) => unit) ?? base?.units ?? [],
    where: locate(''),
    places: placesOf(request),
  });
}

/** A misspelt name is underlined where it was typed. */
function placesOf({ configured, format, locate }: ConfiguredRequest): Record<string, Location> {
  const lists: (readonly [path: string, texts: readonly string[]])[] = RELATIONS.flatMap((kind) => [
    [kind, configured[kind] ?? []] as const,
    [`${format}.${kind}`, configured[format]?.[kind] ?? []] as const,
  ]);
  lists.push(['files', configured.files?.map(({ source = '' }) => source) ?? []]);
  lists.push([
    'units',
    configured.units?.map((unit) => (typeof unit === 'string' ? unit : unit.source)) ?? [],
  ]);
  return Object.fromEntries(
    lists.flatMap(([path, texts]) => texts.map((text, i) => [text, locate(`${path}.${i}`)])),
  );
}

function fileOf(file: NonNullable<ConfiguredPackage['files']>[number]): DefinedFile {
  const { program, source, text, directory, link } = file;
  const role = file.config ? ({ role: 'config' } as const) : {};
  const path = file.path ?? directory ?? `/usr/bin/${program}`;
  const mode = file.mode === undefined ? undefined : Number.parseInt(file.mode, 8);
  if (directory !== undefined) return { path: directory, kind: 'directory', mode: mode ?? 0o755 };
  if (link !== undefined) return { path, kind: 'symlink', mode: 0o777, target: link };
  if (program !== undefined)
    return { path, kind: 'file', mode: mode ?? 0o755, content: { kind: 'program', name: program } };
  if (text !== undefined)
    return { path, kind: 'file', mode: mode ?? 0o644, ...role, content: { kind: 'text', text } };
  const plain = { path, kind: 'file', ...role, content: { kind: 'tree', path: source ?? '' } } as const;
  return mode === undefined ? plain : { ...plain, mode };
}

function unitOf(configured: NonNullable<ConfiguredPackage['units']>[number]): {
  readonly file: DefinedFile;
  readonly unit: DefinedUnit;
} {
  const { source, start = true } = typeof configured === 'string' ? { source: configured } : configured;
  const name = source.slice(source.lastIndexOf('/') + 1);
  return {
    file: {
      ...{ path: `/usr/lib/systemd/system/${name}`, kind: 'file', mode: 0o644 },
      content: { kind: 'tree', path: source },
    },
    unit: { name, starts: start },
  };
}

function readScripts(
  { configured, locate, readText }: ConfiguredRequest,
  problems: Diagnostic[],
): Partial<Record<ScriptMoment, string>> {
  const entries = Object.entries(configured.scripts ?? {}) as [ScriptMoment, string | undefined][];
  return Object.fromEntries(
    entries.flatMap(([moment, path]) => {
      if (path === undefined) return [];
      const text = readText(path);
      if (text !== undefined) return [[moment, text]];
      problems.push(
        error('systempackage/file-missing', {
          what: `there is no file ${path} in the tree`,
          where: [locate(`scripts.${moment}`)],
          why: 'it is a script of a system package',
          help: 'make the file, or correct its path',
        }),
      );
      return [];
    }),
  );
}

function keyMissing(name: string, key: string, where: Location): Diagnostic {
  return error('systempackage/definition', {
    what: `the package ${name} has no ${key}`,
    where: [where],
    why: 'nothing else in this tree says it',
    help: `add it: ${EXAMPLES[key]}`,
  });
}

const EXAMPLES: Readonly<Record<string, string>> = {
  summary: 'summary: Keeps apples fresh',
  maintainer: 'maintainer: Orchard Team <team@example.org>',
  licence: 'licence: Apache-2.0',
  files: 'files: [{ program: apples }]',
};
