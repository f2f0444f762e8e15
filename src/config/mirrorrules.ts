/** Rules `from → to`, for registries, module proxies and package mirrors alike. Pure. */

export interface MirrorRule {
  /** A registry's host, or the beginning of an http address. */
  readonly from: string;
  /** `HOST` or `HOST/PREFIX` for a registry; an address for an address. */
  readonly to: string;
}

/** The rules of the environment stand in front of those of the file: `FROM=TO`, divided by blanks or commas. */
export const MIRRORS_VARIABLE = 'KUBEWRIGHT_MIRRORS';

export function mirrorRules(
  configured: readonly MirrorRule[] | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): MirrorRule[] {
  const named = (environment[MIRRORS_VARIABLE] ?? '').split(/[\s,]+/).flatMap((pair) => {
    const [, from, to] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    return from && to ? [{ from, to }] : [];
  });
  return [...named, ...(configured ?? [])].map(({ from, to }) => ({ from: bare(from), to: bare(to) }));
}

/** Registry → mirrors, in the order of the rules. */
export function registryMirrors(rules: readonly MirrorRule[]): Record<string, string[]> {
  const mirrors: Record<string, string[]> = {};
  for (const { from, to } of rules)
    if (!isAddress(from)) mirrors[from] = [...(mirrors[from] ?? []), to.replace(/^https:\/\//, '')];
  return mirrors;
}

/** A text with every address in it rewritten that a rule speaks of; the longest `from` that fits wins. */
export function rewritten(text: string, rules: readonly MirrorRule[]): string {
  const addresses = rules.filter(({ from }) => isAddress(from)).sort((a, b) => b.from.length - a.from.length);
  return text.replace(/https?:\/\/[^\s,|'"\]]+/g, (address) => {
    const rule = addresses.find(({ from }) => address === from || address.startsWith(`${from}/`));
    return rule ? `${rule.to}${address.slice(rule.from.length)}` : address;
  });
}

function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text);
}

function bare(text: string): string {
  return text.replace(/\/+$/, '');
}
