/** Names that a person may have meant. */

/** Up to `count` names nearest to a word: same letters in another order, a slip of a key, a part left out. */
export function nearest(word: string, names: Iterable<string>, count = 3): string[] {
  const lower = word.toLowerCase();
  const scored = [...new Set(names)].map((name) => ({ name, score: score(lower, name.toLowerCase()) }));
  return scored
    .filter(({ score }) => score <= Math.max(2, Math.ceil(word.length / 3)))
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

/** `did you mean a, b or c?`, or the empty string when nothing is near. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const found = nearest(word, names);
  const last = found.at(-1);
  if (last === undefined) return '';
  return `did you mean ${found.length === 1 ? last : `${found.slice(0, -1).join(', ')} or ${last}`}?`;
}

/** Edit distance; what is contained whole, or is equal behind the last slash, counts as near. */
function score(word: string, name: string): number {
  const full = distance(word, name);
  const base = distance(word.slice(word.lastIndexOf('/') + 1), name.slice(name.lastIndexOf('/') + 1));
  const inside = word.length >= 3 && name.includes(word) ? 1 : Number.POSITIVE_INFINITY;
  return Math.min(full, base + 0.5, inside);
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
