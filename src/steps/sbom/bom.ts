/** From what was found in artifacts to a bill of materials. */
import type { Bom, BomComponent } from '../../formats/bom.ts';
import { filePurl, goPurl } from '../../formats/purl.ts';
import { type KnownModule, type LinkedModule, linkageOf, type ProgramContents } from './modules.ts';
import type { SbomParameters } from './plan.ts';

/** A file that matters in an artifact: the artifact itself, an archive in it, or a program. */
export interface Part {
  /** From the artifact inwards; empty for the artifact itself. */
  readonly path: readonly string[];
  readonly size: number;
  readonly sha1: string;
  readonly sha256: string;
  readonly program?: ProgramContents;
}

export interface ArtifactContents {
  readonly name: string;
  /** The first is the artifact itself. */
  readonly parts: readonly Part[];
}

/** Licences of a module: of the SPDX list, and texts that are not on it. */
export type LicensesOf = (module: Pick<KnownModule, 'licenses'>) => {
  readonly ids: readonly string[];
  readonly texts: readonly string[];
};

export function bomOf(
  parameters: SbomParameters,
  contents: readonly ArtifactContents[],
  licensesOf: LicensesOf,
): Bom {
  const { name, version, created, tool, isRelease } = parameters;
  const collected = new Collected(parameters, licensesOf);
  const roots = contents.map((one) => collected.addArtifact(one));
  const root = isRelease ? collected.addRelease(name) : (roots[0] as string);
  return {
    name: isRelease ? `${name}-${version}` : name,
    ...{ created, tool, root },
    components: byRef(collected.components.values()),
    contains: [...(isRelease ? pairs(root, roots) : []), ...collected.contains],
    linked: collected.linked,
  };
}

class Collected {
  readonly components = new Map<string, BomComponent>();
  readonly contains: (readonly [string, string])[] = [];
  readonly linked: (readonly [string, string])[] = [];
  readonly #parameters: SbomParameters;
  readonly #licensesOf: LicensesOf;

  constructor(parameters: SbomParameters, licensesOf: LicensesOf) {
    this.#parameters = parameters;
    this.#licensesOf = licensesOf;
  }

  addRelease(name: string): string {
    const { version } = this.#parameters;
    const ref = `release:${name}@${version}`;
    const licenses = this.#ownLicenses();
    this.components.set(ref, { ...{ ref, kind: 'release', name, version, properties: {} }, ...licenses });
    return ref;
  }

  addArtifact({ name, parts }: ArtifactContents): string {
    const [whole, ...inner] = parts as [Part, ...Part[]];
    const root = this.#addPart(name, whole);
    for (const part of inner) {
      this.contains.push([root, this.#addPart([name, ...part.path].join('!'), part)]);
    }
    return root;
  }

  #addPart(place: string, { sha1, sha256, size, program }: Part): string {
    const { version } = this.#parameters;
    const ref = `file:${place}#${sha256.slice(0, 16)}`;
    const name = place.slice(Math.max(place.lastIndexOf('/'), place.lastIndexOf('!')) + 1);
    const linkage = program && linkageOf(program, this.#parameters.modules, this.#parameters.main);
    const properties: Record<string, string> = { file: place, size: String(size) };
    if (program) properties['platform'] = program.platform;
    if (program?.goVersion) properties['go'] = program.goVersion;
    if (linkage) properties['modules known from'] = linkage.evidence;
    this.components.set(ref, {
      ...{ ref, kind: program ? 'program' : 'archive', name, version, sha1, sha256, properties },
      purl: filePurl(name, version, sha256),
      ...(program ? this.#ownLicenses() : { licenses: [], licenseTexts: [] }),
    });
    for (const module of linkage?.modules ?? []) this.linked.push([ref, this.#addModule(module)]);
    const go = /^go(\d\S*)/.exec(program?.goVersion ?? '')?.[1];
    if (go) this.linked.push([ref, this.#addStandardLibrary(go)]);
    return ref;
  }

  #addModule({ path, version, sum, licenses }: LinkedModule): string {
    const purl = goPurl(path, version);
    const { ids, texts } = this.#licensesOf({ licenses });
    this.components.set(purl, {
      ...{ ref: purl, kind: 'module', name: path, purl, licenses: ids, licenseTexts: texts },
      ...(version ? { version } : {}),
      properties: sum ? { 'go.sum': sum } : {},
    });
    return purl;
  }

  /** Scanners know advisories about Go itself by this name (Go's vulnerability database, module `stdlib`). */
  #addStandardLibrary(version: string): string {
    const purl = goPurl('stdlib', `v${version}`);
    const licenses = { licenses: ['BSD-3-Clause'], licenseTexts: [] };
    this.components.set(purl, {
      ...{ ref: purl, kind: 'module', name: 'stdlib', version: `v${version}`, purl, properties: {} },
      ...licenses,
    });
    return purl;
  }

  #ownLicenses(): Pick<BomComponent, 'licenses' | 'licenseTexts'> {
    const { ids, texts } = this.#licensesOf(this.#parameters.main);
    return { licenses: ids, licenseTexts: texts };
  }
}

function pairs(outer: string, inner: readonly string[]): (readonly [string, string])[] {
  return inner.map((one) => [outer, one] as const);
}

function byRef(components: Iterable<BomComponent>): BomComponent[] {
  return [...components].sort((a, b) => (a.ref < b.ref ? -1 : 1));
}
