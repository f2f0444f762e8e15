/**
 * What went wrong, where, why it matters and what to do: the letter every problem becomes before a person
 * sees it. This folder knows the shape, the registry of codes and how to print; it decides nothing.
 */
import type { DiagnosticCode } from './codes.ts';

/** A place in a file that the *user* can edit. Lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** Length of the underlined text, in characters. */
  readonly length?: number;
  /** The text of that line, so that printing needs no disk. */
  readonly text?: string;
  /** A few words printed after the underline: `required here`. */
  readonly note?: string;
}

export type Severity = 'error' | 'warning' | 'note';

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly what: string;
  readonly where: readonly Location[];
  readonly why?: string;
  /** The remedy. Required: a problem without one does not compile. */
  readonly help: string;
}

/** A value, or every Diagnostic found on the way; warnings accompany a good value too. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function ok<T>(value: T, diagnostics: readonly Diagnostic[] = []): Result<T> {
  return { ok: true, value, diagnostics };
}

export function bad(...diagnostics: readonly Diagnostic[]): {
  ok: false;
  diagnostics: readonly Diagnostic[];
} {
  return { ok: false, diagnostics };
}

type Parts = Omit<Diagnostic, 'code' | 'severity' | 'where'> & { readonly where?: readonly Location[] };

/** Builds an error Diagnostic; `where` defaults to nowhere. */
export function error(code: DiagnosticCode, parts: Parts): Diagnostic {
  return { code, severity: 'error', where: [], ...parts };
}

/** Builds a warning: the work goes on, and the reader is told. */
export function warning(code: DiagnosticCode, parts: Parts): Diagnostic {
  return { code, severity: 'warning', where: [], ...parts };
}

/** Thrown by a Step, or by a command that cannot go on. `main.ts` prints it and picks the exit code. */
export class Failure extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.what}`).join('\n'));
    this.name = 'Failure';
    this.diagnostics = diagnostics;
  }
}

/** A good Result, or a Failure carrying all that was found. */
export function taken<T>(result: Result<T>): Extract<Result<T>, { ok: true }> {
  if (!result.ok) throw new Failure(...result.diagnostics);
  return result;
}

/** The value of a good Result; its warnings are dropped. */
export function unwrap<T>(result: Result<T>): T {
  return taken(result).value;
}
