import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { commandReference } from '../scripts/reference.ts';
import { CODES } from '../src/diagnostic/codes.ts';
import { markdownFiles, PROJECT, printsAsDocumented, proseOf } from './documents.ts';

/** Codes whose page is still to be written; the list may only shrink. */
const OWED = [
  ...[
    'c-compiler-missing',
    'compile-failed',
    'flag-dropped',
    'go-list-failed',
    'input-changed',
    'not-cgo',
  ].map(of('build')),
  ...['output-missing'].map(of('build')),
  ...['full', 'permission', 'write-failed'].map(of('disk')),
  ...['command-failed', 'tool-missing'].map(of('generate')),
  ...['goal-unknown', 'goal-unsupported', 'variable-ignored'].map(of('make')),
  ...['not-found', 'timeout'].map(of('process')),
  ...['conflict', 'invalid'].map(of('request')),
  ...['cancelled', 'locked'].map(of('run')),
  ...['corrupt', 'unusable'].map(of('store')),
];

function of(folder: string): (name: string) => string {
  return (name) => `${folder}/${name}`;
}

test('every error code has a page, and every page a code', () => {
  const pages = readdirSync(join(PROJECT, 'docs/errors'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length));
  const codes = Object.keys(CODES);
  expect(pages.filter((page) => !codes.includes(page))).toEqual([]);
  expect(codes.filter((code) => !pages.includes(code) && !OWED.includes(code))).toEqual([]);
});

test('a page of an error names its code and shows how it is printed', () => {
  const lacking = Object.keys(CODES).filter((code) => {
    const file = join(PROJECT, 'docs/errors', `${code}.md`);
    if (!existsSync(file)) return false;
    const text = readFileSync(file, 'utf8');
    return !new RegExp(`\`\`\`text[^]*(error|warning|note) ${code}: `).test(text);
  });
  expect(lacking).toEqual([]);
});

test('every relative link leads somewhere', () => {
  const broken = markdownFiles().flatMap((file) =>
    [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.replace(/#.*$/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(PROJECT, dirname(file), target)))
      .map((target) => `${file}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('the index leads to every guide and every page of the reference', () => {
  const index = readFileSync(join(PROJECT, 'docs/README.md'), 'utf8');
  const pages = markdownFiles().filter((file) => /^docs\/(guide|reference)\//.test(file));
  expect(pages.filter((page) => !index.includes(`(${page.slice('docs/'.length)})`))).toEqual([]);
});

test('files that the architecture names exist', () => {
  const text = readFileSync(join(PROJECT, 'ARCHITECTURE.md'), 'utf8');
  const named = [...text.matchAll(/`((?:src|test|bench|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
});

test('the reference of commands is current: npm run reference', async () => {
  const written = readFileSync(join(PROJECT, 'docs/reference/commands.md'), 'utf8');
  expect(written).toBe(await commandReference());
});

test('documented output may leave out the middle of a line, and nothing else', () => {
  expect(printsAsDocumented('a\n/x/_output/b\n', ['…/_output/b'])).toBe(true);
  expect(printsAsDocumented('a\n/x/_output/bc\n', ['…/_output/b'])).toBe(false);
});
