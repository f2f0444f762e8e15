/** Every packer by name; its worker is loaded when the first Step wants it. */
import type { Packer } from '../../execute/artifacts/packer.ts';

/** Entries read `name: async () => (await load).packer`. */
export const PACKERS: Readonly<Record<string, () => Promise<Packer>>> = {
  checksum: async () => (await import('../../steps/checksum/run.ts')).packer,
  deflate: async () => (await import('../../steps/deflate/run.ts')).packer,
  programs: async () => (await import('../../steps/programs/run.ts')).packer,
  sbom: async () => (await import('../../steps/sbom/run.ts')).SBOM,
  'package-repository': async () => (await import('../../steps/packagerepository/run.ts')).packer,
  'system-package': async () => (await import('../../steps/systempackage/run.ts')).packer,
  'image-archive': async () => (await import('../../steps/image/run.ts')).IMAGE_ARCHIVE,
  'image-layer': async () => (await import('../../steps/image/run.ts')).IMAGE_LAYER,
  'image-layout': async () => (await import('../../steps/image/layout/run.ts')).packer,
  tarball: async () => (await import('../../steps/tarball/run.ts')).packer,
};
