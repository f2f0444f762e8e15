/** Images that a release of a Kubernetes tree makes beside those of its servers: conformance, hyperkube. */
import type { Host } from '../../host/host.ts';
import { TreeReader } from '../reader.ts';

const SWITCHES = { KUBE_BUILD_CONFORMANCE: 'conformance', KUBE_BUILD_HYPERKUBE: 'hyperkube' } as const;

/**
 * Upstream's switches, whose defaults stand in the packaging library (1.14, 1.20) or beside the goal in the makefile
 * (1.28). Any value with a y is yes (spec release 1.1).
 */
export function otherReleaseImages(host: Host, root: string, goal: 'release' | 'quick-release'): string[] {
  const reader = new TreeReader(host, root);
  const library = reader.text('build/lib/release.sh') ?? '';
  return Object.entries(SWITCHES).flatMap(([name, image]) => {
    if (!library.includes(name)) return [];
    const byLibrary = new RegExp(`\\b${name}=\\$\\{${name}:-(\\w*)\\}`).exec(library)?.[1];
    const told = host.environment[name] ?? byMakefile(reader, goal, name) ?? byLibrary ?? '';
    return /y/i.test(told) ? [image] : [];
  });
}

/** `release release-in-a-container: KUBE_BUILD_CONFORMANCE = y` */
function byMakefile(reader: TreeReader, goal: string, name: string): string | undefined {
  for (const file of ['build/root/Makefile', 'Makefile']) {
    for (const line of reader.lines(file)) {
      const match = /^([\w -]+):\s*(\w+)\s*[:?]?=\s*(\w+)/.exec(line);
      if (match?.[2] === name && match[1]?.split(/\s+/).includes(goal)) return match[3];
    }
  }
  return undefined;
}
