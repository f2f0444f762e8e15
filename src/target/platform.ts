/** Where an output runs, in Go's words: `linux/arm64`. */
export type Platform = `${string}/${string}`;

/** Operating system and architecture of a platform. */
export function splitPlatform(platform: Platform): { readonly os: string; readonly arch: string } {
  const slash = platform.indexOf('/');
  return { os: platform.slice(0, slash), arch: platform.slice(slash + 1) };
}

/** The file name of a binary on a platform: Windows wants `.exe`. */
export function executableName(name: string, platform: Platform): string {
  return splitPlatform(platform).os === 'windows' ? `${name}.exe` : name;
}
