/** One line of the doctor's table. */

/** `missing` is required and not there; `warning` may cost something; `optional` is not there and need not be. */
export type CheckStatus = 'ok' | 'missing' | 'warning' | 'optional';

export interface Check {
  /** `C compiler for linux/arm64` */
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found, or what is lacking, and for what it is needed. */
  readonly found: string;
  /** What to do; present unless `ok`. */
  readonly remedy?: string;
}

export function ok(name: string, found: string): Check {
  return { name, status: 'ok', found };
}

export function lacking(
  status: Exclude<CheckStatus, 'ok'>,
  name: string,
  found: string,
  remedy: string,
): Check {
  return { name, status, found, remedy };
}
