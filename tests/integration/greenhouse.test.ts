/** The example whose generators come from Go modules at a version: generated, compiled and tested as its README says. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { realHost } from '../../src/host/host.ts';
import { PROJECT } from '../documents.ts';
import { scratch } from '../trees.ts';
import { CACHE, codes, commands, outcomes, type RunResult, runProgram } from './monorepo.ts';

const HERE = realHost().platform;
const TYPES = 'pkg/apis/plants/v1/types.go';
const MODULES = { GOMODCACHE: join(CACHE, 'go-mod'), GOCACHE: join(CACHE, 'go-build') };
let tree = '';
let home = '';

beforeAll(() => {
  tree = scratch('greenhouse');
  home = scratch('home');
  const files = git(join(PROJECT, 'examples/greenhouse'), 'ls-files').trim().split('\n');
  for (const file of files) cpSync(join(PROJECT, 'examples/greenhouse', file), join(tree, file));
});

function git(cwd: string, ...words: readonly string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8' });
}

function kubewright(...words: readonly string[]): Promise<RunResult> {
  return runProgram(words, { cwd: tree, env: { HOME: home, ...MODULES } });
}

function generate(...words: readonly string[]): Promise<RunResult> {
  return kubewright('generate', '--json', ...words);
}

function built(run: RunResult): string[] {
  return Object.entries(outcomes(run))
    .flatMap(([step, outcome]) =>
      outcome === 'built' && /^generate:\w+@/.test(step) ? [step.slice('generate:'.length)] : [],
    )
    .sort();
}

function edit(name: string, before: string, after: string): void {
  const text = readFileSync(join(tree, name), 'utf8');
  if (!text.includes(before)) throw new Error(`${name} does not hold ${before}`);
  writeFileSync(join(tree, name), text.replace(before, after));
}

async function go(...words: readonly string[]): Promise<string> {
  const { root } = JSON.parse((await kubewright('toolchain', 'get', '--json')).stdout) as { root: string };
  const PATH = `${root}/bin:${process.env['PATH']}`;
  const env = { ...process.env, ...MODULES, PATH, HOME: home, GOENV: 'off', GOTOOLCHAIN: 'local' };
  return execFileSync('go', words, { cwd: tree, encoding: 'utf8', env });
}

const V1 = 'pkg/apis/plants/v1';
const SEES_V1 = [
  ...['client@pkg/generated/clientset', `conversion@${V1}`, 'crd@config/crd', `deepcopy@${V1}`],
  ...[`defaulter@${V1}`, 'informer@pkg/generated/informers', 'lister@pkg/generated/listers'],
  ...['openapi@pkg/generated/openapi', `register@${V1}`],
];

describe('examples/greenhouse', () => {
  test('everything is generated, compiles, and passes its Go tests', async () => {
    const run = await generate();
    expect({ exitCode: run.exitCode, codes: codes(run) }).toEqual({ exitCode: 0, codes: [] });
    expect(built(run)).toEqual([...SEES_V1, 'deepcopy@pkg/apis/plants'].sort());
    expect(await go('vet', './...')).toBe('');
    expect(await go('test', './...')).toMatch(/^ok\s+example\.dev\/greenhouse\/test\/growth\b/m);
    const crd = readFileSync(join(tree, 'config/crd/plants.greenhouse.example.dev_plants.yaml'), 'utf8');
    expect(crd).toContain('description: Litres of water a day.');
  });

  test('nothing of it is under version control', () => {
    git(tree, 'init', '-q');
    git(tree, 'add', '-A');
    const tracked = git(tree, 'ls-files').trim().split('\n');
    expect(tracked.filter((path) => /zz_|generated\/|crd\//.test(path))).toEqual([]);
    expect(tracked).toContain('kubewright.yaml');
  });

  test('a second run starts nothing; a new field runs what sees its type, and the internal types rest', async () => {
    expect(commands(await generate())).toEqual([]);
    edit(TYPES, 'type PlantSpec struct {', 'type PlantSpec struct {\n\tPot string `json:"pot,omitempty"`\n');
    edit('pkg/apis/plants/types.go', 'type PlantSpec struct {', 'type PlantSpec struct {\n\tPot string\n');
    const run = await generate('deepcopy', 'conversion');
    expect(built(run)).toEqual([`conversion@${V1}`, 'deepcopy@pkg/apis/plants', `deepcopy@${V1}`]);
    expect(readFileSync(join(tree, `${V1}/zz_generated.conversion.go`), 'utf8')).toContain(
      'out.Pot = in.Pot',
    );
    expect(codes(await generate('--check', 'deepcopy', 'conversion'))).toEqual([]);
  });

  test('the client of a type that is gone goes too, and a hand-written file beside it stays', async () => {
    const clients = 'pkg/generated/clientset/versioned/typed/plants/v1';
    const types = readFileSync(join(tree, TYPES), 'utf8');
    const copy = types.slice(types.indexOf('// Plant grows'), types.indexOf('// PlantSpec is'));
    writeFileSync(join(tree, TYPES), `${types}\n${copy.replaceAll('Plant ', 'Weed ')}`);
    await generate('client');
    expect(existsSync(join(tree, clients, 'weed.go'))).toBe(true);
    writeFileSync(join(tree, clients, 'by_hand.go'), 'package v1\n');
    writeFileSync(join(tree, TYPES), types);
    const check = await generate('--check', 'client');
    expect(new Set(codes(check))).toEqual(new Set(['generate/check-failed']));
    await generate('client');
    const left = readdirSync(join(tree, clients));
    expect([left.includes('weed.go'), left.includes('plant.go'), left.includes('by_hand.go')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('--clean takes what generators made; a build makes what its target imports again', async () => {
    await kubewright('generate', '--clean');
    expect(readdirSync(join(tree, 'pkg/generated'), { recursive: true, encoding: 'utf8' }).sort()).toContain(
      'clientset/versioned/typed/plants/v1/by_hand.go',
    );
    expect(existsSync(join(tree, `${V1}/zz_generated.deepcopy.go`))).toBe(false);
    const run = await kubewright('build', 'gardener');
    expect({ exitCode: run.exitCode, words: run.exitCode === 0 ? '' : run.stderr }).toEqual({
      exitCode: 0,
      words: '',
    });
    const binary = join(tree, '_output/local/bin', HERE, 'gardener');
    expect(execFileSync(binary, { encoding: 'utf8' })).toBe('rose: 1 l a day\n');
    expect(existsSync(join(tree, 'pkg/generated/openapi'))).toBe(false);
  });
});

describe('wrong words in kubewright.yaml', () => {
  test('a version that does not exist is named with its line, and other generators run', async () => {
    const config = readFileSync(join(tree, 'kubewright.yaml'), 'utf8');
    try {
      edit('kubewright.yaml', 'controller-tools@v0.17.3', 'controller-tools@v0.17.999');
      await kubewright('generate', '--clean', 'deepcopy');
      const run = await generate('deepcopy', 'crd');
      expect(run.exitCode).toBe(1);
      expect(codes(run)).toEqual(['generate/program-failed']);
      expect(outcomes(run)['generate:crd@config/crd']).toBe('cancelled');
      expect(built(run)).toEqual(['deepcopy@pkg/apis/plants', `deepcopy@${V1}`]);
      const letter = run.events.find((event) => event.type === 'diagnostic');
      expect(JSON.stringify(letter)).toContain('"line":21');
    } finally {
      writeFileSync(join(tree, 'kubewright.yaml'), config);
    }
  });

  test('a licence text that is not there', async () => {
    const config = readFileSync(join(tree, 'kubewright.yaml'), 'utf8');
    try {
      edit('kubewright.yaml', 'hack/header.go.txt', 'hack/nothing.txt');
      const run = await kubewright('generate');
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain('there is no file hack/nothing.txt');
    } finally {
      writeFileSync(join(tree, 'kubewright.yaml'), config);
    }
  });
});
