/** Remembers which toolchain a set of facts led to, so that the next run reads one small file and no more. */
import { join } from 'node:path';
import { ok, type Result } from '../diagnostic/diagnostic.ts';
import { digestOfRecord } from '../formats/digest.ts';
import type { Host } from '../host/host.ts';
import { storeDirectory } from './store.ts';
import type { Toolchain } from './toolchain.ts';

const SCHEMA = 1;

interface Remembered {
  readonly schema: number;
  /** Size and change times of the go program; another one means another toolchain. */
  readonly program: string;
  readonly toolchain: Toolchain;
  readonly diagnostics: Result<Toolchain>['diagnostics'];
}

/** The remembered choice, if its toolchain is still there untouched. */
export function recallChoice(host: Host, facts: unknown): Result<Toolchain> | undefined {
  const text = host.files.readTextIfAny(choicePath(host, facts));
  if (text === undefined) return undefined;
  try {
    const known = JSON.parse(text) as Remembered;
    if (known.schema !== SCHEMA || known.program !== programFacts(host, known.toolchain.root))
      return undefined;
    return ok(known.toolchain, known.diagnostics);
  } catch {
    return undefined;
  }
}

/** Keeps a good choice. A store that cannot be written costs time on the next run, nothing else. */
export function rememberChoice(host: Host, facts: unknown, result: Result<Toolchain>): void {
  if (!result.ok) return;
  const { value: toolchain, diagnostics } = result;
  const known: Remembered = {
    schema: SCHEMA,
    program: programFacts(host, toolchain.root),
    toolchain: toolchain.source === 'proxy' ? { ...toolchain, source: 'store' } : toolchain,
    diagnostics,
  };
  try {
    host.files.publish(choicePath(host, facts), JSON.stringify(known), { fsync: false });
  } catch {
    return;
  }
}

function choicePath(host: Host, facts: unknown): string {
  return join(storeDirectory(host), 'choices', `${digestOfRecord(facts).slice(0, 32)}.json`);
}

function programFacts(host: Host, root: string): string {
  const stat = host.files.stat(join(root, 'bin/go'));
  return stat ? `${stat.size} ${stat.mtime} ${stat.ctime} ${stat.inode}` : 'absent';
}
