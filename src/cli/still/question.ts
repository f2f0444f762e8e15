/** What a command line asks, all that is no file: two that are equal have one answer while nothing moves. */
import { fstatSync, statSync } from 'node:fs';
import { cacheDirectory } from '../../host/cachedirectory.ts';

export interface Asked {
  /** Where its answer is kept. */
  readonly file: string;
  /** Tells this question from others. */
  readonly question: string;
}

/** Variables that a shell changes by itself, and nothing that we start reads. */
const NOISE = new Set(['_', 'SHLVL', 'OLDPWD', 'PWD', 'COLUMNS', 'LINES']);

/** `program`: a file that another build or installation of kubewright replaces. */
export function askedNow(program: string): Asked {
  const { mtimeMs, ctimeMs, size, ino } = statSync(program);
  const words = JSON.stringify([process.cwd(), process.argv.slice(2)]);
  const environment = Object.entries(process.env).filter(([name]) => !NOISE.has(name));
  return {
    file: `${cacheDirectory({ environment: process.env })}/${STILL}/${checksum(words)}`,
    question: checksum(
      JSON.stringify([words, environment.sort(), program, mtimeMs, ctimeMs, size, ino, isTerminal()]),
    ),
  };
}

/** Folder of the cache. */
const STILL = 'still';

/** Notes were printed for a terminal, or for a file. */
function isTerminal(): boolean {
  try {
    return fstatSync(2).isCharacterDevice();
  } catch {
    return false;
  }
}

/** FNV-1a (RFC 9923) over UTF-16 code units, twice from other beginnings: loading `node:crypto` takes longer than all the rest. */
function checksum(text: string): string {
  let one = 0x811c9dc5;
  let other = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    one = Math.imul(one ^ unit, 0x01000193);
    other = Math.imul(other ^ unit, 0x01000193) ^ (other >>> 15);
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
