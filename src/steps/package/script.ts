/**
 * Reads what `go build -n` (or `go test -c -n`) prints: the exact tool calls, import configurations and
 * generated files of every package, as the tree's own Go would do them. Go 1.11 to the newest print this form
 * (cmd/go/internal/work: Showcmd, writeFile).
 */

/** One tool call. `$WORK/b012` stands for the package's own scratch directory and those of others. */
export interface ScriptCommand {
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

/** What go does in one scratch directory: one package, or the linking of one program. */
export interface ScriptPart {
  readonly commands: readonly ScriptCommand[];
  /** Files that go writes itself, by name in the scratch directory: importcfg, embedcfg, _gomod_.go. */
  readonly files: ReadonlyMap<string, string>;
}

export interface Script {
  /** By scratch directory: `b012`. */
  readonly packages: ReadonlyMap<string, ScriptPart>;
  /** By scratch directory of the main package. */
  readonly links: ReadonlyMap<string, ScriptPart>;
}

interface DraftPart {
  readonly commands: ScriptCommand[];
  readonly files: Map<string, string>;
}

const HEREDOC = /^cat >\s*(\$WORK\/(b\d+)\/\S+) << 'EOF'/;
const ECHO = /^echo (-n|'.*') > (\$WORK\/(b\d+)\/\S+)/;
// Lines that end in `|| true` try flags on the C compiler: -n takes them all for failed.
const IGNORED = /^(#|mkdir -p |mv |rm -rf |chmod |touch |EOF$|go: |WORK=|.*\|\| true$)/;

/** Parses the output of `-n`. Lines that are no command are passed over. */
export function parseScript(text: string): Script {
  const packages = new Map<string, DraftPart>();
  const links = new Map<string, DraftPart>();
  const part = (parts: Map<string, DraftPart>, id: string): DraftPart => {
    const known = parts.get(id) ?? { commands: [], files: new Map() };
    parts.set(id, known);
    return known;
  };
  const addFile = (path: string, id: string, content: string) => {
    const name = path.slice(path.indexOf(id) + id.length + 1);
    part(name === 'importcfg.link' ? links : packages, id).files.set(name, content);
  };
  const lines = text.split('\n');
  let workingDirectory = '.';
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    const heredoc = HEREDOC.exec(line);
    const echo = heredoc ? null : ECHO.exec(line);
    if (heredoc) {
      const body: string[] = [];
      while (++i < lines.length && !lines[i]?.endsWith('EOF')) body.push(lines[i] as string);
      // A file without a last line feed has its end on the line of the mark.
      const tail = lines[i]?.slice(0, -3) ?? '';
      addFile(heredoc[1] as string, heredoc[2] as string, `${body.map((row) => `${row}\n`).join('')}${tail}`);
    } else if (echo) {
      const said = echo[1] as string;
      addFile(echo[2] as string, echo[3] as string, said === '-n' ? '' : `${said.slice(1, -1)}\n`);
    } else if (line.startsWith('cd ')) {
      workingDirectory = line.slice(3);
    } else if (line && !IGNORED.test(line)) {
      addCommand(line, workingDirectory, packages, links, part);
    }
  }
  return { packages, links };
}

function addCommand(
  line: string,
  workingDirectory: string,
  packages: Map<string, DraftPart>,
  links: Map<string, DraftPart>,
  part: (parts: Map<string, DraftPart>, id: string) => DraftPart,
): void {
  const id = /\$WORK\/(b\d+)/.exec(line)?.[1] ?? /\$WORK\/(b\d+)/.exec(workingDirectory)?.[1];
  if (!id) return;
  const command = toCommand(line, workingDirectory);
  const tool = toolOf(command);
  if (tool === 'buildid' || tool === 'vet') return;
  part(tool === 'link' ? links : packages, id).commands.push(command);
}

function toCommand(line: string, workingDirectory: string): ScriptCommand {
  const words = unquoteWords(line);
  const environment: Record<string, string> = {};
  let first = 0;
  for (; first < words.length; first++) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(words[first] as string);
    if (!match) break;
    environment[match[1] as string] = match[2] as string;
  }
  const end = words.indexOf('#', first);
  // Go prints its working directory as `.` wherever a word begins with it.
  const argv = words
    .slice(first, end < 0 ? undefined : end)
    .map((word) =>
      word === '.' || word.startsWith('./') ? `${workingDirectory.replace(/\/$/, '')}${word.slice(1)}` : word,
    );
  // Newer releases print tools that do not come prebuilt as `go tool NAME`.
  return {
    workingDirectory,
    environment,
    argv: argv[0] === 'go' && argv[1] === 'tool' ? argv.slice(2) : argv,
  };
}

/** Name of the tool that a command runs: `compile`, `asm`, `pack`, `cgo`, `link`, `gcc`. */
export function toolOf(command: Pick<ScriptCommand, 'argv'>): string {
  const program = command.argv[0] ?? '';
  return program.slice(program.lastIndexOf('/') + 1);
}

/** Splits at blanks as go joins: Go string literals in double quotes, shell literals in single quotes. */
export function unquoteWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let open = false;
  for (let at = 0; at < line.length; at++) {
    const c = line[at] as string;
    if (c === ' ') {
      if (open) words.push(word);
      word = '';
      open = false;
      continue;
    }
    open = true;
    if (c === "'") {
      const end = line.indexOf("'", at + 1);
      word += line.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? line.length : end;
    } else if (c === '"') {
      const literal = GO_STRING.exec(line.slice(at))?.[0] ?? '"';
      word += unquoteGoString(literal);
      at += literal.length - 1;
    } else word += c;
  }
  if (open) words.push(word);
  return words;
}

const GO_STRING = /^"(?:[^"\\]|\\.)*"/s;

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

function unquoteGoString(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[0-7]{3}|.)/gis, (_, code: string) => {
      if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
      if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
      return ESCAPES[code] ?? code;
    });
}
