/** Dockerfiles as data: stages of instructions, build arguments filled in. Nothing is run. */

export type DockerInstruction =
  | {
      readonly kind: 'copy';
      readonly from?: string;
      readonly sources: readonly string[];
      readonly target: string;
      readonly mode?: number;
      readonly line: number;
    }
  | { readonly kind: 'env'; readonly pairs: readonly string[]; readonly line: number }
  | { readonly kind: 'label'; readonly pairs: readonly (readonly [string, string])[]; readonly line: number }
  | { readonly kind: 'entrypoint' | 'cmd'; readonly argv: readonly string[]; readonly line: number }
  | { readonly kind: 'user' | 'workdir'; readonly value: string; readonly line: number }
  | { readonly kind: 'run'; readonly argv: readonly string[]; readonly text: string; readonly line: number }
  | { readonly kind: 'other'; readonly word: string; readonly text: string; readonly line: number };

export interface DockerStage {
  readonly base: string;
  readonly name?: string;
  readonly line: number;
  readonly instructions: readonly DockerInstruction[];
}

interface Line {
  readonly word: string;
  readonly rest: string;
  readonly line: number;
}

/** Reads the stages of a Dockerfile. `values` are the build arguments; an argument without one is empty. */
export function parseDockerfile(text: string, values: Readonly<Record<string, string>>): DockerStage[] {
  const stages: { base: string; name?: string; line: number; instructions: DockerInstruction[] }[] = [];
  const known: Record<string, string> = {};
  for (const { word, rest, line } of logicalLines(text)) {
    const fill = (raw: string) => expand(raw, known);
    if (word === 'ARG') {
      const [name = '', ...value] = rest.split('=');
      known[name] =
        values[name] ?? (value.length > 0 ? unquoted(fill(value.join('='))) : (known[name] ?? ''));
    } else if (word === 'FROM') {
      const words = fill(rest)
        .split(/\s+/)
        .map(unquoted)
        .filter((one) => !one.startsWith('--'));
      const name = words[1]?.toUpperCase() === 'AS' ? words[2] : undefined;
      stages.push({ base: words[0] ?? '', ...(name ? { name } : {}), line, instructions: [] });
    } else {
      const instruction = read({ word, rest, line }, fill);
      if (instruction.kind === 'env')
        for (const pair of instruction.pairs)
          known[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
      stages.at(-1)?.instructions.push(instruction);
    }
  }
  return stages;
}

function read({ word, rest, line }: Line, fill: (raw: string) => string): DockerInstruction {
  switch (word) {
    case 'COPY':
    case 'ADD':
      return readCopy(rest, line, fill);
    case 'ENV':
      return { kind: 'env', pairs: pairsOf(rest, fill).map(([name, value]) => `${name}=${value}`), line };
    case 'LABEL':
      return { kind: 'label', pairs: pairsOf(rest, fill), line };
    case 'ENTRYPOINT':
    case 'CMD':
      return { kind: word === 'CMD' ? 'cmd' : 'entrypoint', argv: argvOf(rest, fill), line };
    case 'USER':
    case 'WORKDIR':
      return { kind: word === 'USER' ? 'user' : 'workdir', value: unquoted(fill(rest)), line };
    case 'RUN':
      return { kind: 'run', argv: argvOf(rest, fill, false), text: fill(rest), line };
    default:
      return { kind: 'other', word, text: fill(rest), line };
  }
}

function readCopy(rest: string, line: number, fill: (raw: string) => string): DockerInstruction {
  const words = fill(rest).split(/\s+/).filter(Boolean);
  const options = words.filter((one) => one.startsWith('--'));
  const option = (name: string) =>
    options.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
  const paths = words.filter((one) => !one.startsWith('--')).map(unquoted);
  const [from, mode] = [option('from'), option('chmod')];
  return {
    ...{ kind: 'copy', sources: paths.slice(0, -1), target: paths.at(-1) ?? '', line },
    ...(from ? { from } : {}),
    ...(mode ? { mode: Number.parseInt(mode, 8) } : {}),
  };
}

/** The JSON form, or the shell's: a command for `/bin/sh -c`, or with `isShell` false its plain words. */
function argvOf(rest: string, fill: (raw: string) => string, isShell = true): string[] {
  try {
    const value: unknown = JSON.parse(rest);
    if (Array.isArray(value)) return value.map((one) => fill(String(one)));
  } catch {
    // The shell's form.
  }
  return isShell ? ['/bin/sh', '-c', fill(rest)] : fill(rest).split(/\s+/).map(unquoted);
}

/** `A=1 B="two words"`, and the old `A one value`. */
function pairsOf(rest: string, fill: (raw: string) => string): [string, string][] {
  if (!/^[^\s=]+=/.test(rest)) {
    const blank = rest.search(/\s/);
    return [[rest.slice(0, blank), fill(rest.slice(blank + 1).trim())]];
  }
  const words = rest.match(/[^\s=]+=(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s\\]|\\.)*)/g) ?? [];
  return words.map((word) => {
    const equals = word.indexOf('=');
    return [word.slice(0, equals), unquoted(fill(word.slice(equals + 1)))];
  });
}

/** Docker keeps a backslash inside double quotes unless it escapes a quote, a dollar or itself. */
function unquoted(text: string): string {
  if (/^".*"$/s.test(text)) return text.slice(1, -1).replace(/\\(["$\\])/g, '$1');
  return /^'.*'$/s.test(text) ? text.slice(1, -1) : text.replace(/\\(.)/gs, '$1');
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`. */
function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g, (_, braced, fallback, plain) => {
    const value = known[braced ?? plain];
    return value || (fallback ?? '');
  });
}

function* logicalLines(text: string): Generator<Line> {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const start = i;
    let whole = lines[i]?.trim() ?? '';
    if (whole === '' || whole.startsWith('#')) continue;
    while (whole.endsWith('\\') && i + 1 < lines.length) {
      i++;
      const next = lines[i]?.trim() ?? '';
      if (!next.startsWith('#')) whole = `${whole.slice(0, -1).trimEnd()} ${next}`;
    }
    const blank = whole.search(/\s/);
    const [word, rest] = blank < 0 ? [whole, ''] : [whole.slice(0, blank), whole.slice(blank).trim()];
    yield { word: word.toUpperCase(), rest, line: start + 1 };
  }
}
