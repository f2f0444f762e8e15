/** The key that a person names with --sign-key. */
import { resolve } from 'node:path';
import type { SigningKey } from '../../steps/gpg/key.ts';
import { findSigningKey } from '../../steps/gpg/run.ts';
import type { Session } from '../session.ts';

export interface ChosenKey {
  readonly key: Omit<SigningKey, 'input'>;
  /** Absolute; absent for a key of the keyring. */
  readonly file?: string;
}

/** A word that names a file is a key in a file. */
export async function signingOf(
  { context }: Session,
  word: string | undefined,
): Promise<ChosenKey | undefined> {
  if (word === undefined) return undefined;
  const { host, signal } = context;
  const path = resolve(host.workingDirectory, word);
  const file = host.files.isFile(path) ? path : undefined;
  const key = await findSigningKey(host, word, file, signal);
  return { key, ...(file === undefined ? {} : { file }) };
}
