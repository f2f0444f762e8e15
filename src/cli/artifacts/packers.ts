/** Every packer by name; its worker is loaded when the first Step wants it. */
import type { Packer } from '../../execute/artifacts/packer.ts';

/** `archive: async () => (await import('../../steps/archive/run.ts')).archivePacker` */
export const PACKERS: Readonly<Record<string, () => Promise<Packer>>> = {};
