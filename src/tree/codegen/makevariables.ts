/** The simple variables of a makefile: `NAME := words`, lines joined, references replaced. Runs nothing. */

export class MakeVariables {
  readonly #values = new Map<string, string>();

  /** `given`: variables that the makefile gets from elsewhere; its own assignments win. */
  constructor(text: string, given: Readonly<Record<string, string>>) {
    for (const [name, value] of Object.entries(given)) this.#values.set(name, value);
    const joined = text.replace(/[ \t]*\\\n\s*/g, ' ');
    for (const [, name = '', value = ''] of joined.matchAll(/^([A-Z][A-Z0-9_]*)[ \t]*:?=[ \t]*(.*)$/gm)) {
      this.#values.set(name, value.trim());
    }
  }

  /** The value with its references replaced; undefined when there is none, or when it needs a shell. */
  value(name: string): string | undefined {
    const raw = this.#values.get(name);
    return raw === undefined ? undefined : this.expand(raw);
  }

  /** Replaces `$(NAME)`; undefined when a function call or an unknown name is in the way. */
  expand(text: string, depth = 0): string | undefined {
    let failed = depth > 20;
    const expanded = text.replace(/\$\(([A-Z][A-Z0-9_]*)\)/g, (_, name: string) => {
      const value = this.#values.get(name);
      const inner = value === undefined ? undefined : this.expand(value, depth + 1);
      if (inner === undefined) failed = true;
      return inner ?? '';
    });
    return failed || expanded.includes('$(') ? undefined : expanded;
  }

  /** The patterns of `NAME := $(filter PATTERNS, $(LIST))`, and whether they take or leave out. */
  filter(name: string): { readonly takes: boolean; readonly patterns: readonly string[] } | undefined {
    const match = /^\$\((filter|filter-out)\s+(.*),\s*\$\(\w+\)\s*\)$/.exec(this.#values.get(name) ?? '');
    const patterns = match && this.expand(match[2] ?? '');
    if (!match || patterns === undefined || patterns === null) return undefined;
    return { takes: match[1] === 'filter', patterns: patterns.split(/\s+/).filter(Boolean) };
  }
}

/** Make's `%` pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [before = '', after] = pattern.split('%');
  if (after === undefined) return pattern === text;
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}
