/**
 * Which licences a text is, by SPDX identifier. A licence is there when nearly all pairs of neighbouring words of its text
 * are (SPDX 2.3, annex B, tells what never counts: case, punctuation, copyright lines). One file may hold several.
 */

/** Names and texts of the SPDX list. */
export type LicenseList = Readonly<
  Record<string, { readonly name: string; readonly licenseText: string; readonly osiApproved: boolean }>
>;

interface Template {
  readonly id: string;
  readonly title: string;
  /** Of the terms. */
  readonly pairs: ReadonlyMap<string, number>;
  readonly size: number;
  /** Of what follows them: how to apply the licence, which files may leave out. */
  readonly appendix: ReadonlyMap<string, number>;
  readonly osiApproved: boolean;
}

// The rest are names that were filled in: `neither the name of …`.
const ENOUGH = 0.85;
const TITLE_BONUS = 1.2;
const SHORTEST = 20;
const MOST_IN_A_TEXT = 5;

export class LicenseRecogniser {
  readonly #templates: readonly Template[];
  readonly #known = new Map<string, readonly string[]>();

  constructor(list: LicenseList) {
    this.#templates = Object.entries(list)
      .filter(([id]) => !DEPRECATED.test(id))
      .map(([id, { name, licenseText, osiApproved }]) => toTemplate(id, name, licenseText, osiApproved))
      .filter(({ size }) => size >= SHORTEST);
  }

  /** Identifiers, sorted; empty for a text that is none of the list. */
  recognise(text: string): readonly string[] {
    let found = this.#known.get(text);
    if (!found) {
      found = this.#search(text);
      if (found.length === 0) found = NOTICES.flatMap(([pattern, id]) => (pattern.test(text) ? [id] : []));
      this.#known.set(text, found);
    }
    return found;
  }

  #search(text: string): readonly string[] {
    const left = new Map(pairsOf(wordsOf(text)));
    const start = wordsOf(text.slice(0, 200)).join(' ');
    const found: string[] = [];
    for (let i = 0; i < MOST_IN_A_TEXT; i++) {
      const best = this.#best(left, start);
      if (!best) break;
      found.push(best.id);
      for (const [pair, count] of [...best.pairs, ...best.appendix])
        left.set(pair, (left.get(pair) ?? 0) - count);
    }
    return found.sort();
  }

  #best(left: ReadonlyMap<string, number>, start: string): Template | undefined {
    let best: Template | undefined;
    let bestScore = 0;
    for (const template of this.#templates) {
      const shared = sharedPairs(template.pairs, left, template.size * (1 - ENOUGH));
      const part = shared / template.size;
      if (part < ENOUGH) continue;
      // Of a licence and its extension the one that explains more of the text; of twins the one that OSI approved.
      const explained = shared + sharedPairs(template.appendix, left, Number.POSITIVE_INFINITY);
      const titled = start.includes(template.title) ? TITLE_BONUS : 1;
      const score = explained * part * titled * (template.osiApproved ? 1 : 0.97);
      if (score > bestScore) [best, bestScore] = [template, score];
    }
    return best;
  }
}

/** Files that name a licence instead of holding it. */
const NOTICES: readonly (readonly [RegExp, string])[] = [
  [/licensed under the Apache License,\s+Version 2\.0/i, 'Apache-2.0'],
  [/subject to the terms of the Mozilla Public\s+License,\s+v\. 2\.0/i, 'MPL-2.0'],
  [/CC0 1\.0 Universal/i, 'CC0-1.0'],
];

// Identifiers that stand for the same text as a newer one.
const DEPRECATED =
  /^((A?GPL|LGPL|GFDL)-\d\.\d\+?|.*-or-later|eCos-2\.0|Nunit|StandardML-NJ|wxWindows|BSD-2-Clause-(FreeBSD|NetBSD)|bzip2-1\.0\.5|Net-SNMP|GPL-\d\.\d-with-.*)$/;

function toTemplate(id: string, name: string, text: string, osiApproved: boolean): Template {
  const [terms = '', appendix = ''] = text.split(/END OF TERMS AND CONDITIONS/i);
  const words = wordsOf(terms);
  return {
    ...{ id, osiApproved, title: wordsOf(name.replace(/["“”]/g, '')).join(' ') },
    ...{ pairs: pairsOf(words), size: Math.max(0, words.length - 1), appendix: pairsOf(wordsOf(appendix)) },
  };
}

/** Pairs of words that both have; 0 as soon as more than `mostMissing` are not there. */
function sharedPairs(
  pairs: ReadonlyMap<string, number>,
  left: ReadonlyMap<string, number>,
  mostMissing: number,
): number {
  let shared = 0;
  let missing = 0;
  for (const [pair, count] of pairs) {
    const both = Math.max(0, Math.min(count, left.get(pair) ?? 0));
    shared += both;
    missing += count - both;
    if (missing > mostMissing) return 0;
  }
  return shared;
}

function wordsOf(text: string): string[] {
  return (
    text
      .split('\n')
      .filter((line) => !/^[\W_]*(copyright|\(c\)|all rights reserved|= )/i.test(line))
      .join('\n')
      .toLowerCase()
      .replace(/<[^<>]{1,60}>|\[[^[\]]{1,60}\]/g, ' ')
      .replaceAll('licence', 'license')
      .match(/[a-z0-9]+/g) ?? []
  );
}

function pairsOf(words: readonly string[]): Map<string, number> {
  const pairs = new Map<string, number>();
  for (let i = 1; i < words.length; i++) {
    const pair = `${words[i - 1]} ${words[i]}`;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}
