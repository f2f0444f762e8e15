/** Where a rebuild puts what a recorded command wrote: never where that command put it. */

/** Options of commands that name what they write, and whether that is a directory. */
const WRITTEN: Readonly<Record<string, 'file' | 'directory'>> = {
  '--save': 'file',
  '--oci': 'directory',
  '--repository': 'directory',
  '--output': 'directory',
  '-o': 'directory',
};

/** Where images that were sent to a registry have their documents; what else they wrote is not repeated. */
const SENT = '<kubewright>/sent';

/** The path of a recorded output below the output directory of a rebuild. */
export function rebuiltPlace(name: string, out: string): string {
  if (name.startsWith('<out>/')) return `${out}${name.slice('<out>'.length)}`;
  if (name.startsWith('<kubewright>/')) return `${out}/kubewright${name.slice('<kubewright>'.length)}`;
  const safe = name.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return [out, 'elsewhere', ...safe.map((part) => part.replace(/[<>]/g, ''))].join('/');
}

/** The words of a command with what it writes below `out`; nothing is sent to a registry or an engine. */
export function redirected(words: readonly string[], outputs: readonly string[], out: string): string[] {
  const found: string[] = [];
  const rest = words.flatMap((word) => {
    const equals = /^(--[a-z-]+)=(.*)$/s.exec(word);
    return equals && (equals[1] as string) in { ...WRITTEN, '--push': '' } ? equals.slice(1) : [word];
  });
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] as string;
    const kind = WRITTEN[word];
    if (word === '--load') continue;
    if (word === '--push') {
      i++;
      if (!rest.includes('--oci')) found.push('--oci', rebuiltPlace(SENT, out));
    } else if (kind) found.push(word, placeOf(rest[++i] ?? '', kind, outputs, out));
    else found.push(word);
  }
  return found;
}

/** A relative name is found again by its end: who recorded it stood somewhere else. */
function placeOf(word: string, kind: 'file' | 'directory', outputs: readonly string[], out: string): string {
  const parts = word.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  for (let from = 0; from < parts.length; from++) {
    const end = `/${parts.slice(from).join('/')}`;
    for (const output of outputs) {
      const name = `/${output}`;
      if (kind === 'file' && name.endsWith(end)) return rebuiltPlace(output, out);
      const at = kind === 'directory' ? name.indexOf(`${end}/`) : -1;
      if (at >= 0) return rebuiltPlace(output.slice(0, at + end.length - 1), out);
    }
  }
  return rebuiltPlace(word, out);
}
