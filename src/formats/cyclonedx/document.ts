/** A bill of materials as a CycloneDX 1.6 document in JSON, written by CycloneDX's own library. */
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { type Bom, type BomComponent, licenseExpression, licenseRefOf, uuidOf } from '../bom.ts';

const TYPES = {
  release: Enums.ComponentType.Application,
  archive: Enums.ComponentType.File,
  program: Enums.ComponentType.Application,
  module: Enums.ComponentType.Library,
} as const;

/** The document's text. Equal boms give equal bytes, its serial number included. */
export function cycloneDxDocument(bom: Bom): string {
  const components = new Map(bom.components.map((component) => [component.ref, componentOf(component)]));
  const of = (ref: string) => components.get(ref) as Models.Component;
  for (const [program, module] of bom.linked) of(program).dependencies.add(of(module).bomRef);
  for (const [outer, inner] of bom.contains) of(outer).dependencies.add(of(inner).bomRef);
  const root = of(bom.root);
  const document = new Models.Bom({
    serialNumber: `urn:uuid:${uuidOf(bom)}`,
    version: 1,
    metadata: new Models.Metadata({
      timestamp: new Date(bom.created),
      component: root,
      tools: new Models.Tools({
        components: new Models.ComponentRepository([
          new Models.Component(Enums.ComponentType.Application, bom.tool.name, { version: bom.tool.version }),
        ]),
      }),
    }),
    components: new Models.ComponentRepository([...components.values()].filter((one) => one !== root)),
  });
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(factory).serialize(document, { sortLists: true, space: 2 })}\n`;
}

function componentOf(component: BomComponent): Models.Component {
  const { ref, kind, name, version, purl, sha256, sha1, properties } = component;
  const hashes: [Enums.HashAlgorithm, string][] = [];
  if (sha1) hashes.push([Enums.HashAlgorithm['SHA-1'], sha1]);
  if (sha256) hashes.push([Enums.HashAlgorithm['SHA-256'], sha256]);
  return new Models.Component(TYPES[kind], name, {
    bomRef: ref,
    ...(version ? { version } : {}),
    ...(purl ? { purl } : {}),
    hashes: new Models.HashDictionary(hashes),
    licenses: licensesOf(component),
    properties: new Models.PropertyRepository(
      Object.entries(properties).map(([key, value]) => new Models.Property(`kubewright:${key}`, value)),
    ),
  });
}

/** The schema takes one expression, or licences one by one; texts of their own need the latter. */
function licensesOf(component: BomComponent): Models.LicenseRepository {
  const expression = licenseExpression(component);
  if (expression === undefined) return new Models.LicenseRepository();
  if (component.licenseTexts.length === 0 && expression.includes(' '))
    return new Models.LicenseRepository([new Models.LicenseExpression(expression)]);
  const named = component.licenseTexts.map(
    (text) => new Models.NamedLicense(licenseRefOf(text), { text: new Models.Attachment(text) }),
  );
  return new Models.LicenseRepository([
    ...component.licenses.map((id) => new Models.SpdxLicense(id)),
    ...named,
  ]);
}
