/** Columns that text takes on a terminal, and cutting it to fit. Text here holds no escape codes. */

const ONLY_ASCII = /^[\x20-\x7e]*$/;
// Unicode's East Asian Wide and Fullwidth blocks, as coarse ranges; emoji come by their own property.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const INVISIBLE = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;

/** Columns of a text without control characters. */
export function widthOf(text: string): number {
  if (ONLY_ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmentsOf(text)) width += widthOfSegment(segment);
  return width;
}

/** At most `columns` columns of the text; what is cut off shows as `…`. */
export function cutEnd(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of segmentsOf(text)) {
    width += widthOfSegment(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** As `cutEnd`, but what is cut off is the start: for paths, whose end tells more. */
export function cutStart(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (widthOf(text) <= columns) return text;
  const segments = Array.from(segmentsOf(text), ({ segment }) => segment);
  let width = 1;
  let first = segments.length;
  while (first > 0 && width + widthOfSegment(segments[first - 1] as string) <= columns) {
    first--;
    width += widthOfSegment(segments[first] as string);
  }
  return `…${segments.slice(first).join('')}`;
}

/** The text with blanks up to `columns`, cut when it is longer. */
export function padded(text: string, columns: number): string {
  const cut = cutEnd(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - widthOf(cut)));
}

let segmenter: Intl.Segmenter | undefined;

/** The characters as people count them. Made when first needed: the tables behind it take milliseconds to load. */
function segmentsOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function widthOfSegment(segment: string): number {
  if (INVISIBLE.test(segment)) return 0;
  return WIDE.test(segment) ? 2 : 1;
}
