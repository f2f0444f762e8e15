import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { commandReference } from '../scripts/reference.ts';
import { CODES } from '../src/diagnostic/codes.ts';
import { markdownFiles, PROJECT, printsAsDocumented, proseOf } from './documents.ts';

test('every error code has a page, and every page a code', () => {
  const pages = readdirSync(join(PROJECT, 'docs/errors'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length));
  expect(pages.sort()).toEqual(Object.keys(CODES).sort());
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

test('the reference of commands is current: npm run reference', { timeout: 60_000 }, async () => {
  const written = readFileSync(join(PROJECT, 'docs/reference/commands.md'), 'utf8');
  expect(written).toBe(await commandReference());
});

test('documented output may leave out the middle of a line, and nothing else', () => {
  expect(printsAsDocumented('a\n/x/_output/b\n', ['…/_output/b'])).toBe(true);
  expect(printsAsDocumented('a\n/x/_output/bc\n', ['…/_output/b'])).toBe(false);
});
