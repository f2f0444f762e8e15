/** A bill of materials as an SPDX 2.3 document in JSON (ISO/IEC 5962 and its successor 2.3, schema of the JSON form). */
import { type Bom, type BomComponent, licenseExpression, licenseRefOf, uuidOf } from '../bom.ts';
import { digestOfBytes } from '../digest.ts';

const PURPOSES = {
  release: 'INSTALL',
  archive: 'ARCHIVE',
  program: 'APPLICATION',
  module: 'LIBRARY',
} as const;
const NONE = 'NOASSERTION';

/** The document's text. Equal boms give equal bytes, its namespace included. */
export function spdxDocument(bom: Bom): string {
  const ids = new Map(bom.components.map(({ ref, name }) => [ref, idOf(ref, name)]));
  const id = (ref: string) => ids.get(ref) ?? NONE;
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: bom.name,
    documentNamespace: `urn:uuid:${uuidOf(bom)}`,
    creationInfo: { created: bom.created, creators: [`Tool: ${bom.tool.name}-${bom.tool.version}`] },
    packages: bom.components.map((component) => packageOf(component, id(component.ref))),
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: id(bom.root) },
      ...bom.contains.map(([outer, inner]) => relation(id(outer), 'CONTAINS', id(inner))),
      ...bom.linked.map(([program, module]) => relation(id(program), 'DEPENDS_ON', id(module))),
    ],
    ...extractedTexts(bom.components),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function relation(spdxElementId: string, relationshipType: string, relatedSpdxElement: string) {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}

function packageOf(component: BomComponent, SPDXID: string) {
  const { kind, name, version, purl, sha256, sha1, properties } = component;
  const license = licenseExpression(component) ?? NONE;
  const sums = { SHA1: sha1, SHA256: sha256 };
  const checksums = Object.entries(sums).flatMap(([algorithm, checksumValue]) =>
    checksumValue ? [{ algorithm, checksumValue }] : [],
  );
  const comment = Object.entries(properties).map(([key, value]) => `${key}: ${value}`);
  return {
    SPDXID,
    name,
    ...(version ? { versionInfo: version } : {}),
    downloadLocation: NONE,
    filesAnalyzed: false,
    ...(checksums.length > 0 ? { checksums } : {}),
    licenseConcluded: kind === 'module' ? license : NONE,
    licenseDeclared: license,
    copyrightText: NONE,
    primaryPackagePurpose: PURPOSES[kind],
    ...(comment.length > 0 ? { comment: comment.join('\n') } : {}),
    ...(purl
      ? {
          externalRefs: [
            { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl },
          ],
        }
      : {}),
  };
}

function extractedTexts(components: readonly BomComponent[]) {
  const texts = new Map(
    components.flatMap(({ licenseTexts, name }) => licenseTexts.map((text) => [text, name])),
  );
  if (texts.size === 0) return {};
  const entries = [...texts].map(([extractedText, name]) => ({
    ...{ licenseId: licenseRefOf(extractedText), extractedText, name: `licence of ${name}` },
  }));
  return { hasExtractedLicensingInfos: entries.sort((a, b) => (a.licenseId < b.licenseId ? -1 : 1)) };
}

/** Letters, digits, dots and dashes alone are allowed, so a digest keeps two names apart. */
function idOf(ref: string, name: string): string {
  return `SPDXRef-${name.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80)}-${digestOfBytes(ref).slice(0, 12)}`;
}
