/** Which groups of a tree have to be built for some programs, and for which platforms. */
import type { Platform } from '../target/platform.ts';
import type { Program } from './member.ts';

export interface ProgramGroup {
  readonly name: string;
  /** File names without `.exe`. */
  readonly binaries: readonly string[];
  readonly platforms: readonly Platform[];
}

/** Groups of which all is wanted first; another one only for a program that none of these has: it brings all of its own. */
export function groupsToBuild(
  groups: readonly ProgramGroup[],
  programs: readonly Pick<Program, 'name' | 'platform'>[],
): (readonly [name: string, platforms: readonly Platform[]])[] {
  const keyOf = (name: string, platform: Platform) => `${name} ${platform}`;
  const wanted = new Set(programs.map(({ name, platform }) => keyOf(name, platform)));
  const covered = new Set<string>();
  const chosen = new Set<string>();
  for (const mayBringMore of [false, true])
    for (const { name, binaries, platforms } of groups)
      for (const platform of platforms) {
        const own = binaries.map((binary) => keyOf(binary, platform));
        const isWanted = mayBringMore
          ? own.some((key) => wanted.has(key) && !covered.has(key))
          : own.length > 0 && own.every((key) => wanted.has(key));
        if (!isWanted) continue;
        chosen.add(keyOf(name, platform));
        for (const key of own) covered.add(key);
      }
  return groups.flatMap(({ name, platforms }) => {
    const own = platforms.filter((platform) => chosen.has(keyOf(name, platform)));
    return own.length > 0 ? [[name, own] as const] : [];
  });
}
