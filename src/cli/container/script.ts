/**
 * The shell script that runs the command inside, for any POSIX shell with find and stat (GNU or busybox): before it, what is
 * no source any more is removed; after it, what it made and what it changed is listed.
 */
import { OWN } from './plan.ts';

export interface ScriptInputs {
  readonly remoteRoot: string;
  readonly remoteBin: string;
  /** Whether the sources are ours to keep in step: not those of a mounted checkout. */
  readonly tracksSources: boolean;
  /** Names of generated files to be packed for the way back; none is none. */
  readonly generated: readonly string[];
}

/** Files that the script leaves, below `/kubewright/out`. */
export const OUTPUTS = {
  results: 'results',
  changed: 'changed',
  directories: 'directories',
  entries: 'entries',
  generated: 'generated.tar',
} as const;

/** Facts of a program, one a line: size, mode, inode, times, name; the name last, it may hold anything but line feeds. */
export const RESULT_FORMAT = '%s|%a|%i|%y|%z|%n';

export function containerScript({ remoteRoot, remoteBin, tracksSources, generated }: ScriptInputs): string {
  const [root, bin] = [quote(remoteRoot), quote(remoteBin)];
  const outputs = `\\( -path ${quote(`${remoteRoot}/_output`)} -o -path ${quote(`${remoteRoot}/.make`)} \\) -prune`;
  const names = generated.map((name) => `-name ${quote(name)}`).join(' -o ');
  return [
    '#!/bin/sh',
    `out=${OWN}/out`,
    `if [ -s ${OWN}/remove ]; then`,
    `  cd ${root} && xargs -0 rm -rf -- <${OWN}/remove || exit 125`,
    'fi',
    // Busybox compares whole seconds and knows no times of change: what is named twice is only sent twice.
    'newer=-cnewer',
    ': >$out/start',
    'find / -maxdepth 0 -cnewer / >/dev/null 2>&1 || { newer=-newer; touch -d "@$(($(date +%s) - 2))" $out/start; }',
    `cd ${root} || exit 125`,
    // A shell with a terminal hands it on; without one it must hear the signals that end a run.
    'if [ -t 0 ]; then',
    '  "$@"',
    '  status=$?',
    'else',
    '  "$@" <&0 &',
    '  child=$!',
    `  trap 'kill -TERM $child 2>/dev/null' TERM INT HUP`,
    '  wait $child',
    '  status=$?',
    '  while kill -0 $child 2>/dev/null; do wait $child; status=$?; done',
    'fi',
    'set -f',
    `if [ -d ${bin} ]; then find ${bin} -type f -exec stat -c '${RESULT_FORMAT}' {} + >$out/${OUTPUTS.results}; fi`,
    ...(tracksSources
      ? [
          `find ${root} ${outputs} -o $newer $out/start -print0 >$out/${OUTPUTS.changed}`,
          // What vanished has touched the directory that held it.
          `: >$out/${OUTPUTS.directories}`,
          `if [ -s $out/${OUTPUTS.changed} ]; then`,
          // Where times of change are known, what is still there and untouched is as it was.
          '  if [ $newer = -cnewer ]; then',
          `    find ${root} ${outputs} -o -print0 >$out/${OUTPUTS.entries}`,
          '  else',
          `    find ${root} ${outputs} -o -type d -print0 >$out/${OUTPUTS.directories}`,
          '  fi',
          'fi',
        ]
      : []),
    ...(names
      ? [
          `find . \\( -path ./_output -o -path ./.make \\) -prune -o -type f \\( ${names} \\) -print >$out/names`,
          "IFS='\n'",
          `if [ -s $out/names ]; then tar -cf $out/${OUTPUTS.generated} $(cat $out/names); fi`,
        ]
      : []),
    'exit $status',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
