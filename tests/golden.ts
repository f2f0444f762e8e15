/** Golden files: reviewed like code, rewritten by `npm run golden`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** Compares a text with the file `golden/<name>` beside the test (`import.meta.url`). */
export function expectGolden(testUrl: string, name: string, text: string): void {
  const path = fileURLToPath(new URL(`golden/${name}`, testUrl));
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  if (!existsSync(path)) throw new Error(`${path} is missing; npm run golden writes it`);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
