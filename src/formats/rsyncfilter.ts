/**
 * Filter rules of rsync (rsync(1), "FILTER RULES" and "PATTERN MATCHING RULES"): the part that build scripts use, so that
 * files can be chosen as rsync would without running it. The first rule that matches a name decides.
 */

export interface FilterRule {
  /** `exclude` leaves the other side's copy alone; `hide` has it removed there. */
  readonly action: 'include' | 'exclude' | 'hide';
  readonly pattern: string;
}

/** `send`, or why not. */
export type FilterVerdict = 'send' | 'exclude' | 'hide';

const ACTIONS: Readonly<Record<string, FilterRule['action']>> = {
  ...{ '+': 'include', include: 'include', '-': 'exclude', exclude: 'exclude' },
  ...{ H: 'hide', hide: 'hide' },
};

/** Reads `- /_output/`; undefined for a kind of rule that is not known here. */
export function parseFilterRule(text: string): FilterRule | undefined {
  const [, word = '', pattern = ''] = /^(\S+)[ _](.+)$/.exec(text.trim()) ?? [];
  const action = ACTIONS[word];
  return action === undefined ? undefined : { action, pattern };
}

/** Decides on names relative to the root of the transfer, without a leading slash; a directory that is not sent is not entered. */
export function compileFilter(
  rules: readonly FilterRule[],
): (path: string, isDirectory: boolean) => FilterVerdict {
  const compiled = rules.map(({ action, pattern }) => ({ action, matches: compilePattern(pattern) }));
  return (path, isDirectory) => {
    for (const { action, matches } of compiled)
      if (matches(path, isDirectory)) return action === 'include' ? 'send' : action;
    return 'send';
  };
}

function compilePattern(pattern: string): (path: string, isDirectory: boolean) => boolean {
  const isAnchored = pattern.startsWith('/');
  const onlyDirectories = pattern.endsWith('/');
  const bare = pattern.replace(/^\//, '').replace(/\/$/, '');
  // A lone slash is the root of the transfer itself, which no name stands for.
  if (bare === '') return () => false;
  const isWholePath = isAnchored || bare.includes('/') || bare.includes('**');
  const expression = new RegExp(`${isAnchored ? '^' : '(?:^|/)'}${translate(bare)}$`, 's');
  return (path, isDirectory) => {
    if (onlyDirectories && !isDirectory) return false;
    return expression.test(isWholePath ? path : path.slice(path.lastIndexOf('/') + 1));
  };
}

function translate(pattern: string): string {
  // `dir/***` is the directory and everything in it.
  const isWhole = pattern.endsWith('/***');
  const text = isWhole ? pattern.slice(0, -4) : pattern;
  const translated = text.replace(/\*{2,3}|\*|\?|\[[^\]]+\]|[\\^$.|+(){}[\]]/g, (part) => {
    if (part.startsWith('**')) return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 1) return part.replace(/^\[!/, '[^');
    return `\\${part}`;
  });
  return isWhole ? `${translated}(?:/.*)?` : translated;
}
