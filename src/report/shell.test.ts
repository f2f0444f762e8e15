import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellScript, shellWord } from './shell.ts';

/** Prints its words and the variable, each ended by a NUL. */
const ECHO = `process.stdout.write([process.env.SOME, process.cwd(), ...process.argv.slice(1)].join('\\0'))`;

test('plain words stay as they are, others are quoted', () => {
  expect(['-o', 'cmd/kubectl', '-X a=b', "it's", '', '$HOME', '*'].map(shellWord)).toEqual([
    ...['-o', 'cmd/kubectl', "'-X a=b'", `'it'\\''s'`, "''", "'$HOME'", "'*'"],
  ]);
});

test('a script is read back by a shell as the very same words, short or long', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((any) => !any.includes('\0'));
  const words = fc.array(text, { maxLength: 8 });
  const workingDirectory = tmpdir();
  void fc.assert(
    fc.property(words, text, (argv, value) => {
      const command = {
        argv: [process.execPath, '-e', ECHO, '--', ...argv],
        workingDirectory,
        environment: { SOME: value },
      };
      const printed = execFileSync('/bin/sh', ['-c', shellScript(command)], { encoding: 'utf8' });
      expect(printed.split('\0')).toEqual([value, workingDirectory, ...argv]);
    }),
    { numRuns: 25 },
  );
});
