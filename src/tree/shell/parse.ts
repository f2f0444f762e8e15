/**
 * Reads lists from a shell script without running it: literal arrays, arrays made of other arrays, and the
 * `local targets=( … )` bodies of functions that print a list. Conditions are not understood, save two that
 * every Kubernetes tree uses (OSTYPE, and an argument that defaults to empty); the rest is left out.
 */
import type { ShellVariables } from './declarations.ts';
import { liveLines } from './source.ts';

interface Context {
  readonly osType: string;
  readonly arrays: Map<string, readonly string[]>;
  readonly functions: Map<string, readonly string[]>;
}

/** Variables of a script as far as text tells. `osType`: what bash calls this system (`linux-gnu`). */
export function parseLists(text: string, osType: string): ShellVariables {
  const context: Context = { osType, arrays: new Map(), functions: new Map() };
  const lines = liveLines(text.split('\n'));
  const bodies = functionBodies(lines);
  for (const { name, body } of bodies.functions) {
    const printed = printedList(body, context);
    if (printed) context.functions.set(name, printed);
  }
  readAssignments(bodies.outside, context, false);
  return context.arrays;
}

/** Splits a script into its functions (closed by a brace in the first column) and everything else. */
function functionBodies(lines: readonly string[]): {
  functions: { name: string; body: readonly string[] }[];
  outside: readonly string[];
} {
  const functions: { name: string; body: string[] }[] = [];
  const outside: string[] = [];
  let open: string[] | undefined;
  for (const line of lines) {
    const header = open ? undefined : line.match(/^(?:function\s+)?([A-Za-z_][\w:.-]*)\s*(?:\(\))?\s*\{\s*$/);
    if (header?.[1]) {
      open = [];
      functions.push({ name: header[1], body: open });
    } else if (open && /^\}/.test(line)) open = undefined;
    else (open ?? outside).push(line);
  }
  return { functions, outside };
}

/** What a function prints with `echo "${targets[@]}"`. */
function printedList(body: readonly string[], outer: Context): readonly string[] | undefined {
  const echoed = body.map((line) => line.match(/^\s*echo\s+"?\$\{(\w+)\[[@*]\]\}"?/)?.[1]).find(Boolean);
  if (!echoed) return undefined;
  const context = { ...outer, arrays: new Map(outer.arrays) };
  readAssignments(body, context, true);
  return context.arrays.get(echoed);
}

function readAssignments(lines: readonly string[], context: Context, inFunction: boolean): void {
  const taken: ('yes' | 'no' | 'unknown')[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (/^\s*if\b/.test(line) && !/\bfi\b/.test(line)) taken.push(decide(line, context.osType));
    else if (/^\s*elif\b/.test(line)) taken.push(taken.pop() === 'yes' ? 'no' : decide(line, context.osType));
    else if (/^\s*else\b/.test(line)) taken.push(taken.pop() === 'yes' ? 'no' : 'yes');
    else if (/^\s*fi\b/.test(line)) taken.pop();
    const here = taken.every((answer) => answer === 'yes');
    const array = line.match(/^\s*(?:readonly\s+|local\s+|declare\s+|export\s+|-\w+\s+)*(\w+)(\+?)=\((.*)$/);
    if (array) {
      const [, name = '', plus, rest = ''] = array;
      let body = rest;
      while (!closes(body) && index + 1 < lines.length) body += `\n${lines[++index]}`;
      const values = words(body.slice(0, body.lastIndexOf(')')), context);
      if (here) context.arrays.set(name, plus ? [...(context.arrays.get(name) ?? []), ...values] : values);
      continue;
    }
    const captured = line.match(/read\s+-ra\s+(\w+)\s*<<<\s*"?\$\(([\w:.-]+)((?:\s+\w+)*)\)/);
    if (captured && !captured[3]) {
      const printed = context.functions.get(captured[2] ?? '');
      if (printed) context.arrays.set(captured[1] ?? '', printed);
      continue;
    }
    // The form of 1.2 and 1.7: readonly NAME=($(function)), already handled as an array of one word.
    const scalar = line.match(/^\s*(?:readonly\s+|export\s+)?(\w+)=("?)([^"$`()]*)\2\s*$/);
    if (scalar && here && !inFunction) context.arrays.set(scalar[1] ?? '', [scalar[3] ?? '']);
  }
}

function closes(body: string): boolean {
  let depth = 1;
  for (const character of body) {
    if (character === '(') depth++;
    if (character === ')') depth--;
  }
  return depth <= 0;
}

function decide(line: string, osType: string): 'yes' | 'no' | 'unknown' {
  const os = line.match(/\$\{OSTYPE:-\}"?\s*==\s*"?(\w+)"?\*/);
  if (os) return osType.startsWith(os[1] ?? '') ? 'yes' : 'no';
  // Unset in a plain call: the narrowing variables, and arguments that default to nothing.
  if (/\$\{(KUBE_FASTBUILD|KUBE_BUILD_PLATFORMS|KUBE_BUILDER_OS|KUBERNETES_CONTRIB|1):?-/.test(line))
    return 'no';
  return 'unknown';
}

/** The words of an array body: literals, `"${OTHER[@]}"` and `$(function)`. */
function words(body: string, context: Context): string[] {
  return (body.match(/"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s]+/g) ?? []).flatMap((word) => {
    const plain = word.replace(/^(["'])(.*)\1$/, '$2');
    const copy = plain.match(/^\$\{(\w+)\[[@*]\](?:##\*\/|\/%\/(\.\w+))?(?::[+-].*)?\}$/);
    if (copy) {
      const values = context.arrays.get(copy[1] ?? '') ?? [];
      if (plain.includes('##*/')) return values.map((value) => value.slice(value.lastIndexOf('/') + 1));
      return copy[2] ? values.map((value) => value + copy[2]) : [...values];
    }
    const call = plain.match(/^\$\(([\w:.-]+)\)$/);
    if (call) return [...(context.functions.get(call[1] ?? '') ?? [])];
    return plain.includes('$') ? [] : [plain];
  });
}
