/** Which Go variables carry the version (spec versions-and-targets 9.4), read from the tree's version script. */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import type { Fact, VersionStamping } from '../tree.ts';

/** What every Kubernetes tree stamps, in the order it does. */
export const STAMP_FIELDS = [
  ...['buildDate', 'gitCommit', 'gitTreeState', 'gitVersion', 'gitMajor', 'gitMinor'],
] as const;

/** Reads the `-X` lines of a script: packages in their order, the fields in the order they are added. */
export function readStamping(
  reader: TreeReader,
  file: string,
  variables: Readonly<Record<string, string>>,
  source: 'evaluated' | 'parsed',
): VersionStamping {
  const text = liveText(reader, file);
  const matches = [
    ...text.matchAll(/-X '?((?:\$\{?\w+\}?|[\w./-])+?)\.(?:\$\{?\w+\}?|git\w+|buildDate)[ =]/g),
  ];
  const packages = [...new Set(matches.map((match) => expand(match[1] ?? '', variables)))];
  const fields = [...new Set([...text.matchAll(/ldflag "(\w+)" /g)].map((match) => match[1] ?? ''))];
  const where = reader.find(file, /-X ('?[\w$./{}-]+)/) ?? { file };
  const pattern = text.match(/--match[= ]'?([^'"\s]+)/)?.[1];
  const value: Fact<readonly string[]> = { value: packages, where, source };
  return {
    packages: value,
    fields: fields.length > 0 ? fields : STAMP_FIELDS,
    describeRule: ruleOf(text),
    ...(pattern ? { describeMatch: pattern } : {}),
  };
}

function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => variables[name] ?? '');
}

function ruleOf(text: string): VersionStamping['describeRule'] {
  if (/valid Semantic Version/.test(text)) return 'k8s-1.14';
  return /DASHES_IN_VERSION/.test(text) ? 'k8s-1.7' : 'k8s-1.2';
}
