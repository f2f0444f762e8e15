import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
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

describe('protobuf, which wants programs of the machine', () => {
  const tools = (protoc: string): string => {
    const bin = scratch('tools');
    writeFileSync(join(bin, 'protoc'), `#!/bin/sh\necho libprotoc ${protoc}\n`, { mode: 0o755 });
    writeFileSync(join(bin, 'goimports'), '#!/bin/sh\n', { mode: 0o755 });
    return `${bin}:${process.env['PATH']}`;
  };
  const protobuf = (PATH: string): Promise<RunResult> =>
    runProgram(['generate', '--json', '--toolchain', '1.24.13', 'protobuf'], {
      ...{ cwd: root, env: { HOME: home, PATH } },
    });

  test('both files of each package that asks for it, and new numbers in its types', async () => {
    const types = join(root, APPLES, 'types.go');
    writeFileSync(join(root, APPLES, 'doc.go'), '// +k8s:protobuf-gen=package\n\npackage v1\n');
    writeFileSync(types, `${readFileSync(types, 'utf8')}\n// no number\n`);
    const run = await protobuf(tools('23.4'));
    expect(run.exitCode, run.stderr).toBe(0);
    expect(built(run)).toEqual(['generate:protobuf@generated.pb.go']);
    expect(text(`${APPLES}/generated.pb.go`)).toContain('/hack/boilerplate/ours.txt');
    expect(text(`${APPLES}/generated.proto`)).toBe('syntax = "proto2";\n');
    expect(text(`${APPLES}/types.go`)).toContain('// number 1\n');
    expect(existsSync(join(root, META, 'generated.pb.go'))).toBe(false);
    // The types are no output of it: without the tag, its own files go and they stay.
    writeFileSync(join(root, APPLES, 'doc.go'), 'package v1\n');
    writeFileSync(join(root, META, 'doc.go'), '// +k8s:protobuf-gen=package\n\npackage v1\n');
    await protobuf(tools('23.4'));
    expect(existsSync(join(root, APPLES, 'generated.pb.go'))).toBe(false);
    expect(existsSync(types)).toBe(true);
    expect(outcomes(await protobuf(tools('23.4')))['generate:protobuf@generated.pb.go']).toBe('fresh');
  });

  test('another protoc is refused before anything runs', async () => {
    const run = await protobuf(tools('3.21.12'));
    expect([run.exitCode, commands(run)]).toEqual([2, []]);
    expect(run.stderr).toMatch(/protobuf wants protoc 23\.4, and \S+\/protoc is 3\.21\.12/);
  });

  test('without being named it is left out', async () => {
    writeFileSync(join(root, APPLES, 'doc.go'), '// +k8s:protobuf-gen=package\n\npackage v1\n');
    const run = await generate();
    expect(built(run).filter((step) => step.includes('protobuf'))).toEqual([]);
  });
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
