/** Checks the text of a configuration file and remembers the line of every value. */
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { bad, type Diagnostic, error, type Location, ok, type Result } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/nearest.ts';
import type { Platform } from '../target/platform.ts';
import type { Config } from './config.ts';
import { configSchema } from './schema.ts';

/** Parses and checks. `file` is the name to print. */
export function readConfig(file: string, text: string): Result<Config> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const source = new Source(file, text, lines);
  if (document.errors.length > 0) {
    return bad(...document.errors.map((problem) => syntax(source, problem.message, problem.pos)));
  }
  const data: unknown = document.toJS() ?? {};
  const checked = configSchema.safeParse(data);
  const contents = document.contents as Node | null;
  if (!checked.success) {
    return bad(...checked.error.issues.flatMap((issue) => invalid(source, contents, issue)));
  }
  return ok({
    ...(checked.data as Omit<Config, 'locate' | 'file'> & { platforms?: readonly Platform[] }),
    file,
    locate: (path) => source.at(rangeOf(contents, path === '' ? [] : path.split('.')).value),
  });
}

type Span = readonly [number, number];

class Source {
  readonly file: string;
  readonly #text: string;
  readonly #lines: LineCounter;

  constructor(file: string, text: string, lines: LineCounter) {
    this.file = file;
    this.#text = text;
    this.#lines = lines;
  }

  /** A Location whose underline ends with its line. */
  at([start, end]: Span, note?: string): Location {
    const { line, col } = this.#lines.linePos(start);
    const text = this.#text.split('\n')[line - 1] ?? '';
    const length = Math.max(1, Math.min(end - start, text.trimEnd().length - col + 1));
    return { file: this.file, line, column: col, length, text, ...(note ? { note } : {}) };
  }
}

/** Ranges of the key and the value at a path; the nearest parent when the path is absent. */
function rangeOf(contents: Node | null, path: readonly (string | number)[]): { key: Span; value: Span } {
  let node: unknown = contents;
  let found: { key: Span; value: Span } = { key: [0, 1], value: spanOf(contents) };
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (!pair) return found;
      found = { key: spanOf(pair.key), value: spanOf(pair.value ?? pair.key) };
      node = pair.value;
    } else if (node && typeof node === 'object' && 'items' in node && Array.isArray(node.items)) {
      const item: unknown = node.items[Number(part)];
      if (!item) return found;
      found = { key: spanOf(item), value: spanOf(item) };
      node = item;
    } else return found;
  }
  return found;
}

function spanOf(node: unknown): Span {
  const range =
    node && typeof node === 'object' && 'range' in node ? (node.range as readonly number[] | null) : null;
  return range ? [range[0] ?? 0, range[1] ?? 1] : [0, 1];
}

type Issue = z.core.$ZodIssue;

function invalid(source: Source, contents: Node | null, issue: Issue): Diagnostic[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(source, contents, path, key));
  }
  if (issue.code === 'invalid_union') {
    // A target is a word or an object: tell what is wrong with the form that was begun.
    const value = rangeOf(contents, path);
    const branches = issue.errors.filter((branch) =>
      branch.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    );
    const inner = branches[0]?.flatMap((problem) =>
      invalid(source, contents, { ...problem, path: [...path, ...problem.path] } as Issue),
    );
    if (inner && inner.length > 0) return inner;
    return [
      wrongValue(source.at(value.value), path, 'it is neither a directory nor a target with a package'),
    ];
  }
  const range = rangeOf(contents, path);
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [wrongValue(source.at(issue.code === 'invalid_key' ? range.key : range.value), path, message)];
}

function wrongValue(where: Location, path: readonly (string | number)[], message: string): Diagnostic {
  return error('config/invalid', {
    what: `${path.join('.') || 'the file'} holds a wrong value: ${inWords(message)}`,
    where: [where],
    why: 'a wrong value is refused rather than guessed',
    help: 'docs/reference/configuration.md shows every key with an example; editors check the file with kubewright.schema.json',
  });
}

function inWords(message: string): string {
  if (/expected string, received (number|boolean|null)/.test(message))
    return 'it must be text, so put it in quotes';
  return message.replace(/^Invalid input: /, '');
}

function unknownKey(
  source: Source,
  contents: Node | null,
  path: readonly (string | number)[],
  key: string,
): Diagnostic {
  const known = knownKeys(path);
  const guess = didYouMean(key, known);
  const range = rangeOf(contents, [...path, key]);
  return error('config/invalid', {
    what: `there is no setting ${[...path, key].join('.')}`,
    where: [source.at(range.key, 'unknown key')],
    why: 'a key that means nothing is mostly a misspelt one, and would be silently without effect',
    help: `${guess ? `${guess} ` : ''}known here: ${known.join(', ')}`,
  });
}

/** Keys that the schema knows at a path. */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: unknown = configSchema;
  for (const part of path) schema = childOf(unwrapped(schema), part);
  return keysOf(unwrapped(schema));
}

interface Definition {
  readonly type: string;
  readonly innerType?: unknown;
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly options?: readonly unknown[];
}

function definitionOf(schema: unknown): Definition | undefined {
  return (schema as { readonly def?: Definition } | undefined)?.def;
}

function unwrapped(schema: unknown): unknown {
  const definition = definitionOf(schema);
  if (definition?.type === 'optional') return unwrapped(definition.innerType);
  if (definition?.type === 'union')
    return definition.options?.find((option) => definitionOf(option)?.type === 'object');
  return schema;
}

function childOf(schema: unknown, part: string | number): unknown {
  const definition = definitionOf(schema);
  return definition?.shape?.[part] ?? definition?.element ?? definition?.valueType;
}

function keysOf(schema: unknown): string[] {
  return Object.keys(definitionOf(schema)?.shape ?? {});
}

function syntax(source: Source, message: string, [start, end]: readonly [number, number]): Diagnostic {
  return error('config/syntax', {
    what: `${source.file} does not parse: ${message}`,
    where: [source.at([start, Math.max(end, start + 1)])],
    why: 'the file is YAML, and this is not',
    help: 'correct the line; mind the indentation, and quote words that hold a colon or begin with a special character',
  });
}
