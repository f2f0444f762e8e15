/** Every finished program is read back before it gets its final name: a wrong one does not travel on. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { hasReadableFormat, readBinary } from '../formats/binary/binary.ts';
import { mismatches } from '../formats/binary/mismatches.ts';
import type { Host } from '../host/host.ts';
import type { GoBuildAction, Step } from '../plan/step.ts';
import type { Execution } from './execution.ts';

/** Whether a program is what its Step asked for; what is not is emitted. */
export function isAsAsked({ host, goVersion, emit }: Execution, step: Step, file: string): boolean {
  const problems = problemsOf(host, step, file, goVersion);
  for (const diagnostic of problems) emit({ type: 'diagnostic', diagnostic });
  return problems.length === 0;
}

function problemsOf(host: Host, step: Step, file: string, goVersion: string): readonly Diagnostic[] {
  const { platform, action, outputs } = step;
  if (!platform || !hasReadableFormat(platform)) return [];
  const { flags, environment } = action as GoBuildAction;
  const linkerFlags = flags.filter((flag) => flag.startsWith('-ldflags=')).at(-1) ?? '';
  const words = linkerFlags.replace(/^-ldflags=(all=)?/, '').split(/\s+/);
  // A mode of linking that was asked for decides by itself what comes out.
  const isOwnMode =
    flags.some((flag) => flag.startsWith('-buildmode')) || words.some((word) => /^--?linkmode/.test(word));
  const expected = {
    ...{ platform, goVersion },
    linkage: environment['CGO_ENABLED'] === '0' && !isOwnMode ? ('static' as const) : ('any' as const),
    stripped: words.includes('-s') && words.includes('-w') ? true : undefined,
  };
  return host.files.readAtPlaces(file, (source) => {
    const read = readBinary(source, outputs[0] as string);
    return read.ok ? mismatches(read.value, expected, outputs[0] as string) : read.diagnostics;
  });
}
