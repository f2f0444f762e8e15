/** Tables by version of Kubernetes: the last row that a version reaches holds. */

export type Since<T> = readonly (readonly [since: string, value: T])[];

/** The value for a version; its pre-release words do not count, as upstream's tables end with `-alpha.0`. */
export function valueAt<T>(table: Since<T>, version: string): T | undefined {
  return table.filter(([since]) => compareNumbers(since, version) <= 0).at(-1)?.[1];
}

/** Whether a version is at least another, pre-release words aside. */
export function reaches(version: string, since: string): boolean {
  return compareNumbers(since, version) <= 0;
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const different = left.findIndex((number, i) => number !== right[i]);
  return different < 0 ? 0 : (left[different] ?? 0) - (right[different] ?? 0);
}

function numbersOf(version: string): number[] {
  const [, ...numbers] = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version) ?? [];
  return [0, 1, 2].map((i) => Number(numbers[i] ?? 0));
}
