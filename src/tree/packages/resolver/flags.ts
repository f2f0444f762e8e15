/** The flags of a listing that decide which files and packages belong to it. */
import { Unsupported } from './unsupported.ts';

export interface ChoosingFlags {
  readonly tags: readonly string[];
  readonly race: boolean;
  readonly msan: boolean;
  readonly asan: boolean;
  readonly mod: string | undefined;
}

/** Flags that choose neither files nor packages. */
const HARMLESS =
  /^-(v|x|n|a|p|work|trimpath|modcacherw|gcflags|asmflags|buildvcs|installsuffix|pkgdir)$|^-pgo=off$/;

/** Reads GOFLAGS and the flags of the command line; the later of two wins, as in Go. */
export function readFlags(words: readonly string[]): ChoosingFlags {
  const flags = { tags: [] as readonly string[], race: false, msan: false, asan: false };
  let mod: string | undefined;
  for (const word of words) {
    const [, name = '', value] = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const isOn = value === undefined || /^(1|t|true)$/i.test(value);
    if (name === 'tags') flags.tags = (value ?? '').split(/[\s,]+/).filter(Boolean);
    else if (name === 'race' || name === 'msan' || name === 'asan') flags[name] = isOn;
    else if (name === 'mod') mod = value;
    else if (name === 'ldflags' && !/linkmode/.test(value ?? '')) continue;
    else if (!HARMLESS.test(`-${name}`) && !HARMLESS.test(word)) throw new Unsupported(`the flag ${word}`);
  }
  return { ...flags, mod };
}
