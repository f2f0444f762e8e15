import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codes, commands, outcomes, type RunResult } from '../integration/monorepo.ts';
import { freshTree, kubewright, TREE } from './upstream.ts';

const DOC = 'pkg/apis/batch/v2alpha1/doc.go';
const EDITED = 'pkg/apis/apps/zz_generated.deepcopy.go';
/** What the release carries, path → text; openapi for the main API is not committed. */
const released = new Map<string, string>();

beforeAll(async () => {
  await freshTree();
  rmSync(join(TREE, '_output/kubewright/generated.json'), { force: true });
  for (const path of generatedFiles()) released.set(path, readFileSync(join(TREE, path), 'utf8'));
});

afterAll(() => {
  for (const [path, text] of released) writeFileSync(join(TREE, path), text);
});

function generate(...words: readonly string[]): Promise<RunResult> {
  return kubewright(['generate', '--json', ...words]);
}

/** Every zz_generated file outside vendor and outputs. */
function generatedFiles(): string[] {
  return ['cmd', 'pkg', 'plugin', 'staging', 'test'].flatMap((top) =>
    readdirSync(join(TREE, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(^|\/)zz_generated\.[^/]*\.go$/.test(name))
      .map((name) => `${top}/${name}`),
  );
}

function built(run: RunResult): string[] {
  return Object.entries(outcomes(run)).flatMap(([step, outcome]) => (outcome === 'built' ? [step] : []));
}

describe('Kubernetes 1.20.2', () => {
  test('all generated files, made from nothing, are those of the release byte for byte', async () => {
    expect(released.size).toBeGreaterThan(460);
    for (const path of released.keys()) rmSync(join(TREE, path));
    const run = await generate();
    expect(run.exitCode).toBe(0);
    const different = [...released].filter(([path, text]) => readFileSync(join(TREE, path), 'utf8') !== text);
    expect(different.map(([path]) => path)).toEqual([]);
    expect(generatedFiles().filter((path) => !released.has(path))).toEqual([
      'pkg/generated/openapi/zz_generated.openapi.go',
    ]);
    const again = await generate();
    expect(new Set(Object.values(outcomes(again)))).toEqual(new Set(['fresh']));
    expect(commands(again)).toEqual([]);
  });

  test('documentation of fields, made from nothing, is that of the release byte for byte', async () => {
    const committed = new Map(
      readdirSync(join(TREE, 'staging/src'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('/types_swagger_doc_generated.go'))
        .map((name) => join(TREE, 'staging/src', name))
        .map((path) => [path, readFileSync(path, 'utf8')]),
    );
    expect(committed.size).toBe(48);
    try {
      for (const path of committed.keys()) rmSync(path);
      const run = await generate('swagger');
      expect(run.exitCode).toBe(0);
      const different = [...committed].filter(([path, text]) => readFileSync(path, 'utf8') !== text);
      expect(different.map(([path]) => path)).toEqual([]);
    } finally {
      for (const [path, text] of committed) writeFileSync(path, text);
    }
  });

  test('one tag added to one package: its generator runs on that package alone', async () => {
    const doc = readFileSync(join(TREE, DOC), 'utf8');
    try {
      writeFileSync(join(TREE, DOC), doc.replace('\npackage ', '\n// +k8s:deepcopy-gen=package\npackage '));
      const run = await generate();
      expect(built(run)).toEqual(['generate:deepcopy@pkg/apis/batch/v2alpha1']);
      expect(commands(run)).toHaveLength(1);
    } finally {
      writeFileSync(join(TREE, DOC), doc);
      rmSync(join(TREE, 'pkg/apis/batch/v2alpha1/zz_generated.deepcopy.go'), { force: true });
    }
  });

  test('--check of one edited file shows that difference alone', async () => {
    const text = readFileSync(join(TREE, EDITED), 'utf8');
    writeFileSync(join(TREE, EDITED), `${text}// edited\n`);
    const run = await kubewright(['generate', '--check']);
    expect(run.exitCode).toBe(1);
    expect(run.stdout.match(/^--- a\/.*$/gm)).toEqual([`--- a/${EDITED}`]);
    expect(run.stdout).toContain('\n-// edited\n');
    const mended = await generate();
    expect(codes(mended)).toEqual([]);
    expect(readFileSync(join(TREE, EDITED), 'utf8')).toBe(text);
    const before = statSync(join(TREE, EDITED)).mtimeMs;
    await generate('deepcopy');
    expect(statSync(join(TREE, EDITED)).mtimeMs).toBe(before);
  });
});
