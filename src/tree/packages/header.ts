/** The part of a Go file that decides which files and packages belong to a build, read without Go. */

export interface GoHeader {
  readonly packageName: string;
  readonly imports: readonly string[];
  /** `//go:build` and `// +build` lines above the package clause. */
  readonly constraints: readonly string[];
  /** Patterns of `//go:embed` lines. */
  readonly embeds: readonly string[];
  /** `#cgo` lines: flags for the C compiler and the linker. Absent without `import "C"`. */
  readonly cgo?: readonly string[];
}

/** Reads package clause, imports, build constraints and embed patterns; tolerant of files that do not parse. */
export function readGoHeader(text: string): GoHeader {
  const imports: string[] = [];
  const constraints: string[] = [];
  let packageName = '';
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let inGroup = false;
  for (;;) {
    BLANKS.lastIndex = at;
    BLANKS.test(text);
    at = BLANKS.lastIndex;
    if (at >= text.length) break;
    if (text.startsWith('//', at)) {
      const end = lineEnd(text, at);
      const line = text.slice(at, end).trimEnd();
      if (!packageName && /^\/\/(go:build|\s*\+build)\s/.test(line)) constraints.push(line);
      at = end;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      at = end < 0 ? text.length : end + 2;
    } else if (inGroup && text[at] === ')') {
      inGroup = false;
      at++;
    } else {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(text);
      if (!token) break;
      const { name, group, path } = token.groups ?? {};
      if (name !== undefined && !packageName) packageName = name;
      else if (group !== undefined && packageName) inGroup = true;
      else if (path !== undefined && (inGroup || /^import\b/.test(token[0]))) imports.push(path.slice(1, -1));
      else break;
      at = TOKEN.lastIndex;
    }
  }
  const embeds = imports.includes('embed')
    ? [...text.matchAll(EMBED)].map((match) => (match[1] ?? '').trim())
    : [];
  const cgo = imports.includes('C') ? { cgo: [...text.matchAll(CGO)].map(([line]) => line.trim()) } : {};
  return { packageName, imports, constraints, embeds, ...cgo };
}

const BLANKS = /[\s;]*/y;
const TOKEN =
  /package\s+(?<name>[\p{L}_][\p{L}\p{N}_]*)|import\s*(?<group>\()|(?:import\s+)?(?:[\p{L}_.][\p{L}\p{N}_]*\s*)?(?<path>"[^"\n]*"|`[^`\n]*`)/uy;
const CGO = /^[ \t]*(?:\/\/)?[ \t]*#cgo[ \t].*$/gm;
const EMBED = /^\/\/go:embed[ \t]+(.*)$/gm;

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
