/**
 * Reads BUILD files as far as package definitions need it: calls with named arguments, strings, lists, dictionaries,
 * `+`, `%` and list comprehensions. Names that a file loads from elsewhere have no value.
 */

export type StarlarkValue =
  | string
  | number
  | boolean
  | undefined
  | StarlarkCall
  | readonly StarlarkValue[]
  | ReadonlyMap<string, StarlarkValue>;

/** A call, as a value: `deb_data(name = "kubectl", …)`. */
export class StarlarkCall {
  readonly name: string;
  readonly line: number;
  readonly named: ReadonlyMap<string, StarlarkValue>;
  readonly positional: readonly StarlarkValue[];

  constructor(
    name: string,
    line: number,
    named: ReadonlyMap<string, StarlarkValue>,
    positional: readonly StarlarkValue[],
  ) {
    this.name = name;
    this.line = line;
    this.named = named;
    this.positional = positional;
  }

  /** A text argument; undefined when it is absent or something else. */
  text(name: string): string | undefined {
    const value = this.named.get(name);
    return typeof value === 'string' ? value : undefined;
  }
}

/** All texts in a value, however deep they lie. */
export function textsOf(value: StarlarkValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isList(value)) return value.flatMap(textsOf);
  if (value instanceof Map)
    return [...(value as ReadonlyMap<string, StarlarkValue>).values()].flatMap(textsOf);
  if (value instanceof StarlarkCall) return [...value.positional, ...value.named.values()].flatMap(textsOf);
  return [];
}

/** Whether a value is a list or a tuple. */
export function isList(value: StarlarkValue): value is readonly StarlarkValue[] {
  return Array.isArray(value);
}

/** Thrown where a file holds what this reader does not know. */
export class StarlarkError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'sign' | 'end';
  readonly text: string;
  readonly line: number;
}

const TOKEN =
  /\s+|#[^\n]*|\\\n|("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|([A-Za-z_]\w*)|(\d+)|(==|!=|<=|>=|\/\/|\*\*|[-+*%/=<>()[\]{},:.|])/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (!match) throw new StarlarkError(line, `unknown character ${JSON.stringify(text[at])}`);
    const [all, string, word, number, sign] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: unquoted(string), line });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, line });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, line });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, line });
    line += all.split('\n').length - 1;
  }
  return [...tokens, { kind: 'end', text: '', line }];
}

function unquoted(literal: string): string {
  const width = /^("""|''')/.test(literal) ? 3 : 1;
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t' };
  return literal.slice(width, -width).replace(/\\([\s\S])/g, (_, sign: string) => escapes[sign] ?? sign);
}

type Scope = ReadonlyMap<string, StarlarkValue>;

/** The calls of a file at its top, in order; those in comprehensions once for each value. */
export function readStarlark(text: string, constants: Scope = new Map()): readonly StarlarkCall[] {
  const parser = new Parser(tokensOf(text), new Map(constants));
  const callsIn = (value: StarlarkValue): StarlarkCall[] =>
    value instanceof StarlarkCall ? [value] : isList(value) ? value.flatMap(callsIn) : [];
  return [...parser.statements()].flatMap(callsIn);
}

/** Texts that a file assigns to names: `CNI_VERSION = "0.7.5"`. */
export function readConstants(text: string): Map<string, string> {
  const found = text.matchAll(/^([A-Z][A-Z0-9_]*)\s*=\s*"([^"\n]*)"/gm);
  return new Map([...found].map(([, name = '', value = '']) => [name, value]));
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #globals: Map<string, StarlarkValue>;
  #at = 0;

  constructor(tokens: readonly Token[], globals: Map<string, StarlarkValue>) {
    this.#tokens = tokens;
    this.#globals = globals;
  }

  *statements(): Generator<StarlarkValue> {
    while (this.#peek().kind !== 'end') {
      const name = this.#assigned();
      if (name === undefined) yield this.#expression(this.#globals);
      else this.#globals.set(name, this.#expression(this.#globals));
    }
  }

  #expression(scope: Scope): StarlarkValue {
    let left = this.#primary(scope);
    while (this.#isSign('+') || this.#isSign('%')) {
      const { text } = this.#next();
      left = combined(text, left, this.#primary(scope));
    }
    return left;
  }

  #primary(scope: Scope): StarlarkValue {
    const token = this.#next();
    let value: StarlarkValue;
    if (token.kind === 'string') value = token.text;
    else if (token.kind === 'number') value = Number(token.text);
    else if (token.kind === 'word') value = this.#word(token, scope);
    else if (token.text === '[') value = this.#list(']', scope);
    else if (token.text === '(') value = this.#list(')', scope);
    else if (token.text === '{') value = this.#dictionary(scope);
    else throw new StarlarkError(token.line, `unexpected ${token.text || 'end of the file'}`);
    // On a line of its own a bracket begins the next statement.
    while (this.#isSign('[') && this.#peek().line === this.#tokens[this.#at - 1]?.line) {
      this.#next();
      const key = this.#expression(scope);
      this.#expect(']');
      value = value instanceof Map && typeof key === 'string' ? value.get(key) : undefined;
    }
    return value;
  }

  #word({ text, line }: Token, scope: Scope): StarlarkValue {
    let name = text;
    while (this.#isSign('.')) {
      this.#next();
      name += `.${this.#next().text}`;
    }
    if (!this.#isSign('(')) return name === 'True' ? true : name === 'False' ? false : scope.get(name);
    this.#next();
    const named = new Map<string, StarlarkValue>();
    const positional: StarlarkValue[] = [];
    while (!this.#isSign(')')) {
      const key = this.#assigned();
      if (key === undefined) positional.push(this.#expression(scope));
      else named.set(key, this.#expression(scope));
      if (!this.#isSign(')')) this.#expect(',');
    }
    this.#next();
    return new StarlarkCall(name, line, named, positional);
  }

  /** A list or tuple, or a comprehension: its element is read again for each value. */
  #list(close: string, scope: Scope): StarlarkValue {
    const values: StarlarkValue[] = [];
    const start = this.#at;
    while (!this.#isSign(close)) {
      values.push(this.#expression(scope));
      if (this.#isWord('for')) return this.#comprehension(start, close, scope);
      if (!this.#isSign(close)) this.#expect(',');
    }
    this.#next();
    return close === ')' && values.length === 1 ? values[0] : values;
  }

  #comprehension(start: number, close: string, scope: Scope): StarlarkValue {
    this.#next();
    const variable = this.#next().text;
    const { text, line } = this.#next();
    if (text !== 'in') throw new StarlarkError(line, `in expected, not ${text || 'the end of the file'}`);
    const over = this.#expression(scope);
    this.#expect(close);
    const end = this.#at;
    // What is loaded from elsewhere is not known: one turn, in which the variable has no value.
    const values = (isList(over) ? over : [undefined]).map((value) => {
      this.#at = start;
      return this.#expression(new Map([...scope, [variable, value]]));
    });
    this.#at = end;
    return values;
  }

  #dictionary(scope: Scope): StarlarkValue {
    const entries = new Map<string, StarlarkValue>();
    while (!this.#isSign('}')) {
      const key = this.#expression(scope);
      this.#expect(':');
      const value = this.#expression(scope);
      if (typeof key === 'string') entries.set(key, value);
      if (!this.#isSign('}')) this.#expect(',');
    }
    this.#next();
    return entries;
  }

  /** Takes `name =` when it comes next. */
  #assigned(): string | undefined {
    const sign = this.#tokens[this.#at + 1];
    if (this.#peek().kind !== 'word' || sign?.kind !== 'sign' || sign.text !== '=') return undefined;
    this.#at += 2;
    return this.#tokens[this.#at - 2]?.text;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', line: 0 };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #isSign(text: string): boolean {
    return this.#peek().kind === 'sign' && this.#peek().text === text;
  }

  #isWord(text: string): boolean {
    return this.#peek().kind === 'word' && this.#peek().text === text;
  }

  #expect(text: string): void {
    const { kind, text: found, line } = this.#next();
    if (kind !== 'sign' || found !== text)
      throw new StarlarkError(line, `${text} expected, not ${found || 'the end of the file'}`);
  }
}

function combined(sign: string, left: StarlarkValue, right: StarlarkValue): StarlarkValue {
  if (sign === '%') {
    const values = isList(right) ? [...right] : [right];
    return typeof left === 'string' ? left.replace(/%[sd]/g, () => String(values.shift() ?? '')) : undefined;
  }
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  return isList(left) || isList(right)
    ? [...(isList(left) ? left : []), ...(isList(right) ? right : [])]
    : undefined;
}
