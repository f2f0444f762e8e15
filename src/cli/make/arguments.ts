/** The command line of make, as far as people use it on these trees. Pure. */

export interface MakeArguments {
  readonly goals: readonly string[];
  /** NAME=value words; they win over the environment, as for make. */
  readonly variables: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly keepGoing: boolean;
  readonly silent: boolean;
  /** undefined: not given; 0: `-j` without a number. */
  readonly jobs?: number;
  readonly directory?: string;
  /** Options that we do not know. */
  readonly unknown: readonly string[];
}

const FLAGS: Readonly<Record<string, 'dryRun' | 'keepGoing' | 'silent' | 'none'>> = {
  n: 'dryRun',
  k: 'keepGoing',
  s: 'silent',
  w: 'none',
  B: 'none',
  S: 'none',
};

const LONG: Readonly<Record<string, string>> = {
  '--dry-run': '-n',
  '--just-print': '-n',
  '--recon': '-n',
  '--keep-going': '-k',
  '--silent': '-s',
  '--quiet': '-s',
  '--always-make': '-B',
  '--print-directory': '-w',
  '--no-print-directory': '-w',
  '--jobs': '-j',
  '--directory': '-C',
};

/** Reads words as GNU make does: options anywhere, NAME=value, the rest goals. */
export function readMakeArguments(words: readonly string[]): MakeArguments {
  const goals: string[] = [];
  const variables: Record<string, string> = {};
  const unknown: string[] = [];
  const seen = { dryRun: false, keepGoing: false, silent: false };
  let jobs: number | undefined;
  let directory: string | undefined;
  const rest = words.flatMap(expandLong);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const assignment = /^([A-Za-z_][A-Za-z0-9_]*)\s*[:?+]?=([\s\S]*)$/.exec(word);
    if (word.startsWith('-j')) {
      const number = word.slice(2) || (/^\d+$/.test(rest[0] ?? '') ? rest.shift() : '');
      jobs = Number(number || 0);
    } else if (word.startsWith('-C')) directory = word.slice(2) || rest.shift();
    else if (/^-[a-zA-Z]+$/.test(word)) {
      for (const letter of word.slice(1)) {
        const flag = FLAGS[letter];
        if (!flag) unknown.push(`-${letter}`);
        else if (flag !== 'none') seen[flag] = true;
      }
    } else if (word.startsWith('-')) unknown.push(word);
    else if (assignment?.[1]) variables[assignment[1]] = assignment[2] ?? '';
    else goals.push(word);
  }
  return {
    ...{ goals, variables, unknown, ...seen },
    ...(jobs === undefined ? {} : { jobs }),
    ...(directory === undefined ? {} : { directory }),
  };
}

function expandLong(word: string): string[] {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const short = word.startsWith('--') ? LONG[name] : undefined;
  return short === undefined ? [word] : [equals < 0 ? short : `${short}${word.slice(equals + 1)}`];
}

/** Splits a value as the shell that make hands it to would: blanks separate, quotes hold together. */
export function splitShellWords(text: string): string[] {
  const words = text.match(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
      (_, double?: string, single?: string, escaped?: string) =>
        double === undefined ? (single ?? escaped ?? '') : double.replace(/\\(.)/g, '$1'),
    ),
  );
}
