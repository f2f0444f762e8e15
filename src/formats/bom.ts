/** A bill of materials, whatever document it is written as: components, what holds what, and what is linked into what. */
import { type Digest, digestOfBytes } from './digest.ts';

export interface BomComponent {
  /** Unique in its document, and equal in every document about the same thing. */
  readonly ref: string;
  readonly kind: 'release' | 'archive' | 'program' | 'module';
  readonly name: string;
  readonly version?: string;
  /** Package URL. */
  readonly purl?: string;
  readonly sha256?: Digest;
  readonly sha1?: string;
  /** SPDX identifiers, all of which apply. */
  readonly licenses: readonly string[];
  /** Texts that are no licence of the SPDX list. */
  readonly licenseTexts: readonly string[];
  /** Facts for people and tools: `platform` → `linux/amd64`. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface Bom {
  readonly name: string;
  /** ISO 8601, UTC: of the commit, never of the clock. */
  readonly created: string;
  /** What the document is about. */
  readonly root: string;
  readonly components: readonly BomComponent[];
  /** From a container to what lies in it. */
  readonly contains: readonly (readonly [outer: string, inner: string])[];
  /** From a program to the modules that are linked into it. */
  readonly linked: readonly (readonly [program: string, module: string])[];
  readonly tool: { readonly name: string; readonly version: string };
}

/** A UUID that follows from the content, as RFC 9562 has it for other hashes (version 8). */
export function uuidOf(content: unknown): string {
  const hex = digestOfBytes(JSON.stringify(content));
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}

/** The SPDX name of a licence text that the list does not have. */
export function licenseRefOf(text: string): string {
  return `LicenseRef-${digestOfBytes(text).slice(0, 16)}`;
}

/** All licences of a component as an SPDX expression; undefined when nothing is known. */
export function licenseExpression({ licenses, licenseTexts }: BomComponent): string | undefined {
  const all = [...licenses, ...licenseTexts.map(licenseRefOf)];
  return all.length === 0 ? undefined : [...new Set(all)].sort().join(' AND ');
}
