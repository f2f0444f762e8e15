import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { scriptedTree } from '../fixtures/scripted.ts';
import { scratch } from '../trees.ts';
import { commands, outcomes, type RunResult, runProgram } from './monorepo.ts';

const APPLES = 'staging/src/k8s.io/api/apples/v1';
const META = 'staging/src/k8s.io/apimachinery/pkg/apis/meta/v1';
const DOCUMENTS = 'types_swagger_doc_generated.go';
const APPLIED = 'staging/src/k8s.io/client-go/applyconfigurations';
let root: string;
let home: string;

beforeEach(() => {
  root = scriptedTree();
  home = scratch('home');
});

function generate(...words: readonly string[]): Promise<RunResult> {
  return runProgram(['generate', '--json', '--toolchain', '1.24.13', ...words], {
    cwd: root,
    env: { HOME: home },
  });
}

function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function built(run: RunResult): string[] {
  return Object.entries(outcomes(run)).flatMap(([step, outcome]) =>
    outcome === 'built' && step.startsWith('generate:') ? [step] : [],
  );
}

test('what is compiled with generated code comes after it: documentation of fields, then the schema', async () => {
  const run = await generate();
  expect(run.exitCode, run.stderr).toBe(0);
  expect(text(`${APPLES}/${DOCUMENTS}`)).toBe(
    '// Ours.\n\npackage v1\n\n// Fields of this version.\nvar fields = "Apple"\n\n// That is all.\n',
  );
  expect(existsSync(join(root, META, DOCUMENTS))).toBe(true);
  expect(text(`${APPLIED}/internal.go`)).toContain('const Types = "Apple Meta schema of Apple Meta"');
  const again = await generate();
  expect(new Set(Object.values(outcomes(again)))).toEqual(new Set(['fresh']));
  expect(commands(again)).toEqual([]);
});

test('a comment makes its documentation anew; a type, the schema and what is made of it', async () => {
  await generate();
  const file = join(root, META, 'types.go');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n// A remark.\n`);
  expect(built(await generate())).toEqual([`generate:swagger@${META}`]);
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n// Pear is new.\ntype Pear struct{}\n`);
  const run = await generate('applyconfigs');
  expect(built(run).sort()).toEqual([
    `generate:applyconfiguration@${APPLIED}`,
    'generate:openapi@pkg/generated/openapi',
  ]);
  expect(text(`${APPLIED}/internal.go`)).toContain('schema of Apple Meta Pear');
});

test('a program that fails on one file is told with its words; without the openapi file there is no schema', async () => {
  writeFileSync(join(root, META, 'types.go'), 'package v1\n\ntype Meta struct{}\n');
  const run = await generate();
  expect(run.exitCode).toBe(1);
  expect(outcomes(run)[`generate:swagger@${META}`]).toBe('failed');
  expect(outcomes(run)[`generate:swagger@${APPLES}`]).toBe('built');
  expect(run.stdout).toContain('there is nothing to say of');
  rmSync(join(root, META, 'types.go'));
  const without = await generate();
  expect(outcomes(without)['generate:openapi@pkg/generated/openapi']).toBe('failed');
  expect(outcomes(without)[`generate:applyconfiguration@${APPLIED}`]).toBe('cancelled');
  expect(without.stdout).toContain('swagger is wanted of');
});
