/** Two programs that should be one: the parts in which their bytes differ. */
import { readSections } from './binary.ts';
import type { ByteSource } from './bytes.ts';
import type { Section } from './executable.ts';

export interface SectionDifference {
  /** `.text`; `headers` for what lies in no section. */
  readonly section: string;
  /** Offset in the first file of the first byte that differs; absent when only one has the section. */
  readonly offset?: number;
  /** Bytes that differ; where the sizes do, those of the longer tail too. */
  readonly bytes: number;
}

/** Parts that differ, in the order of the first file; undefined when one of them is no program. */
export function differingSections(a: ByteSource, b: ByteSource): SectionDifference[] | undefined {
  const [left, right] = [sectionsOf(a), sectionsOf(b)];
  if (!left || !right) return undefined;
  const found: SectionDifference[] = [];
  const rest = new Map(right.map((section) => [section.name, section]));
  for (const section of left) {
    const other = rest.get(section.name);
    rest.delete(section.name);
    if (!other) found.push({ section: section.name, bytes: section.size });
    else found.push(...differing(section.name, a, section, b, other));
  }
  for (const { name, size } of rest.values()) found.push({ section: name, bytes: size });
  return found;
}

type Range = Pick<Section, 'offset' | 'size'>;

/** Sections that have bytes, each name once, and the bytes between them. */
function sectionsOf(source: ByteSource): readonly Section[] | undefined {
  const all = readSections(source)?.filter(({ name, size }) => size > 0 && name !== 'PT_LOAD');
  if (!all) return undefined;
  const sections = [...all].sort((one, two) => one.offset - two.offset);
  const named: Section[] = [];
  const count = new Map<string, number>();
  const add = (section: Section) => {
    const times = (count.get(section.name) ?? 0) + 1;
    count.set(section.name, times);
    named.push(times === 1 ? section : { ...section, name: `${section.name} (${times})` });
  };
  let end = 0;
  for (const section of sections) {
    if (section.offset > end) add({ name: 'headers', address: 0, offset: end, size: section.offset - end });
    add(section);
    end = Math.max(end, section.offset + section.size);
  }
  if (source.size > end) add({ name: 'headers', address: 0, offset: end, size: source.size - end });
  return named;
}

function differing(
  section: string,
  a: ByteSource,
  left: Range,
  b: ByteSource,
  right: Range,
): SectionDifference[] {
  const found = differingBytes(a, left, b, right);
  return found ? [{ section, ...found }] : [];
}

const STEP = 1 << 20;

/** Where two ranges first differ, as an offset in the first file, and in how many bytes; undefined when they are equal. */
export function differingBytes(
  a: ByteSource,
  left: Range,
  b: ByteSource,
  right: Range,
): { readonly offset: number; readonly bytes: number } | undefined {
  const common = Math.min(left.size, right.size);
  let first: number | undefined;
  let bytes = Math.abs(left.size - right.size);
  for (let at = 0; at < common; at += STEP) {
    const length = Math.min(STEP, common - at);
    const [one, two] = [a.read(left.offset + at, length), b.read(right.offset + at, length)];
    if (one.equals(two)) continue;
    for (let i = 0; i < length; i++) {
      if (one[i] === two[i]) continue;
      first ??= left.offset + at + i;
      bytes++;
    }
  }
  return bytes === 0 ? undefined : { offset: first ?? left.offset + common, bytes };
}
