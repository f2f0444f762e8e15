import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, hostWith, printed, scratch } from '../../tests/trees.ts';
import { openTree } from '../tree/open.ts';
import { loadConfig } from './load.ts';
import { jsonSchema } from './schema.ts';

async function letter(text: string): Promise<string> {
  const root = scratch();
  writeFileSync(join(root, 'kubewright.yaml'), text);
  return printed((await loadConfig(hostWith(), root)).diagnostics);
}

const HELP =
  'docs/reference/configuration.md shows every key with an example; editors check the file with kubewright.schema.json';

test('a tree without a file has the empty configuration', async () => {
  const result = await loadConfig(hostWith(), scratch());
  expect(result.ok && result.value.file).toBeUndefined();
});

test('the file wins over what the tree says, and every value knows its line', async () => {
  const root = fixture('configured');
  const config = await loadConfig(hostWith(), root);
  if (!config.ok) throw new Error(printed(config.diagnostics));
  const tree = await openTree(hostWith(), root, config.value, { noEval: false });
  if (!tree.ok) throw new Error(printed(tree.diagnostics));
  expect(tree.value).toMatchObject({
    family: 'configured',
    label: 'orchard',
    binaryNames: { 'cmd/plums': 'plumd' },
    staticBinaries: { value: ['apples'] },
    allTargets: { value: ['cmd/apples', 'cmd/plums'], source: 'configured' },
    stamping: { value: { value: 'v3.1.0', where: { file: 'kubewright.yaml', line: 12 } } },
  });
  expect(tree.value.groups[0]?.platforms).toMatchObject({
    value: ['linux/amd64', 'linux/arm64'],
    where: { line: 9, column: 16 },
  });
});

test('a misspelt key is underlined where it was typed, and the nearest is offered', async () => {
  expect(
    await letter('name: orchard\ntoolchian:\n  go: "1.21.7"\n'),
  ).toBe(`error config/invalid: there is no setting toolchian
  kubewright.yaml:2:1
  2 │ toolchian:
    │ ~~~~~~~~~ unknown key
  why: a key that means nothing is mostly a misspelt one, and would be silently without effect
  help: did you mean toolchain? known here: name, groups, platforms, static, version, build, generators, packages, toolchain, buckets, images, mirrors, registries, release, memory, out`);
});

test('a misspelt key inside a target is found too', async () => {
  const text = 'groups:\n  server:\n    targets:\n      - cmd/a\n      - package: cmd/b\n        binry: b\n';
  expect(await letter(text)).toBe(`error config/invalid: there is no setting groups.server.targets.1.binry
  kubewright.yaml:6:9
  6 │         binry: b
    │         ~~~~~ unknown key
  why: a key that means nothing is mostly a misspelt one, and would be silently without effect
  help: did you mean binary? known here: package, binary, static`);
});

test('every wrong value is underlined, all at once', async () => {
  const text = 'platforms: [linux/amd64, linux-arm64]\ntoolchain:\n  go: 1.21\nbuild:\n  strip: maybe\n';
  expect(
    await letter(text),
  ).toBe(`error config/invalid: platforms.1 holds a wrong value: a platform is OS/ARCH: linux/arm64
  kubewright.yaml:1:26
  1 │ platforms: [linux/amd64, linux-arm64]
    │                          ~~~~~~~~~~~
  why: a wrong value is refused rather than guessed
  help: ${HELP}
error config/invalid: build.strip holds a wrong value: expected boolean, received string
  kubewright.yaml:5:10
  5 │   strip: maybe
    │          ~~~~~
  why: a wrong value is refused rather than guessed
  help: ${HELP}
error config/invalid: toolchain.go holds a wrong value: it must be text, so put it in quotes
  kubewright.yaml:3:7
  3 │   go: 1.21
    │       ~~~~
  why: a wrong value is refused rather than guessed
  help: ${HELP}`);
});

test('a file that is no YAML', async () => {
  expect(
    await letter('name: "orchard\n'),
  ).toBe(`error config/syntax: kubewright.yaml does not parse: Missing closing "quote
  kubewright.yaml:2:1
  2 │ 
    │ ~
  why: the file is YAML, and this is not
  help: correct the line; mind the indentation, and quote words that hold a colon or begin with a special character`);
});

test('a file behind --config must exist', async () => {
  const result = await loadConfig(hostWith(), scratch(), '/nowhere/kw.yaml');
  expect(
    printed(result.diagnostics),
  ).toBe(`error config/unreadable: the configuration /nowhere/kw.yaml cannot be read
  /nowhere/kw.yaml
  why: there is no such file
  help: correct the path behind --config, or leave it out to use kubewright.yaml at the root of the tree`);
});

test('the exported schema is current: node scripts/write-schema.ts', () => {
  const file = new URL('../../docs/reference/kubewright.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(jsonSchema());
});
