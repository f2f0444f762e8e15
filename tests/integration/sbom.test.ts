import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CACHE, Monorepo } from './monorepo.ts';

const VALIDATORS = process.env['KUBEWRIGHT_TEST_VALIDATORS'] ?? join(CACHE, 'validators');
const hasValidators = existsSync(join(VALIDATORS, 'bin/pyspdxtools'));
const DATE = '2021-01-13T13:28:09Z';

const FILES: Readonly<Record<string, string>> = {
  'go.mod': 'module example.dev/orchard\n\ngo 1.21\n\nrequire example.com/seeds v1.2.3\n',
  '.go-version': '1.24.13\n',
  LICENSE: 'Licensed under the Apache License, Version 2.0 (the "License");\n',
  'kubewright.yaml': 'name: orchard\ngroups:\n  server:\n    targets: [cmd/press]\nstatic: [press]\n',
  'cmd/press/main.go':
    'package main\n\nimport "example.com/seeds/apple"\n\nfunc main() { println(apple.Name()) }\n',
  'vendor/modules.txt': '# example.com/seeds v1.2.3\n## explicit\nexample.com/seeds/apple\n',
  'vendor/example.com/seeds/apple/apple.go':
    'package apple\n\n//go:noinline\nfunc Name() string { return "Boskoop" }\n',
  'vendor/example.com/seeds/LICENSE': 'You may plant these seeds anywhere.\n',
};

interface SpdxPackage {
  readonly name: string;
  readonly versionInfo?: string;
  readonly licenseDeclared: string;
}

describe('bills of materials', () => {
  let orchard: Monorepo;
  const environment = { SOURCE_DATE_EPOCH: '1610544489', KUBE_GIT_VERSION: 'v1.0.0' };
  const sbom = (args: readonly string[]) =>
    orchard.kubewright(['sbom', ...args], {
      env: { ...environment, KUBEWRIGHT_CACHE: join(orchard.scratch, 'cache') },
    });

  beforeAll(async () => {
    orchard = new Monorepo('orchard', FILES);
    const build = await orchard.build(
      ['--platform', 'linux/amd64', '--platform', 'windows/amd64', '--ldflags', '-s -w'],
      {
        env: environment,
      },
    );
    expect(build.exitCode).toBe(0);
    mkdirSync(join(orchard.root, 'release/images'), { recursive: true });
    const bin = join(orchard.root, '_output/local/bin');
    // A program in a layer in an image archive in a tarball, made by the real tar.
    const tar = (file: string, from: string, ...names: string[]) =>
      execFileSync('tar', ['-C', from, '-caf', join(orchard.root, file), ...names]);
    tar('release/images/layer.tar', bin, 'linux/amd64/press');
    tar('release/images/press.tar', join(orchard.root, 'release/images'), 'layer.tar');
    orchard.remove('release/images/layer.tar');
    tar('release/orchard.tar.gz', join(orchard.root, 'release'), 'images');
    orchard.remove('release/images');
    execFileSync('cp', [join(bin, 'windows/amd64/press.exe'), join(orchard.root, 'release')]);
  });
  afterAll(() => orchard.dispose());

  const spdx = (name: string) =>
    JSON.parse(orchard.read(`release/${name}.spdx.json`)) as {
      readonly packages: readonly SpdxPackage[];
      readonly creationInfo: { readonly created: string };
      readonly hasExtractedLicensingInfos: readonly { readonly extractedText: string }[];
    };

  test('a release: a document for each artifact and one for all, found however deep, fresh the second time', async () => {
    const run = await sbom(['release']);
    expect(run.stderr).toContain('3 built');
    expect(run.exitCode).toBe(0);
    const inTarball = spdx('orchard.tar.gz');
    expect(inTarball.creationInfo.created).toBe(DATE);
    const named = inTarball.packages.map(({ name, versionInfo, licenseDeclared }) => [
      name,
      versionInfo,
      licenseDeclared,
    ]);
    expect(named).toEqual([
      ['press', 'v1.0.0', 'Apache-2.0'],
      ['orchard.tar.gz', 'v1.0.0', 'NOASSERTION'],
      ['example.com/seeds', 'v1.2.3', expect.stringMatching(/^LicenseRef-/)],
      ['example.dev/orchard', 'v1.0.0', 'Apache-2.0'],
      ['stdlib', 'v1.24.13', 'BSD-3-Clause'],
    ]);
    expect(inTarball.hasExtractedLicensingInfos[0]?.extractedText).toContain('plant these seeds');
    expect(spdx('press.exe').packages.map(({ name }) => name)).toContain('example.com/seeds');
    expect(spdx('sbom').packages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['orchard', 'orchard.tar.gz', 'press.exe', 'press', 'example.com/seeds']),
    );
    expect((await sbom(['release'])).stderr).toContain('Nothing to do: 6 outputs are fresh');
  });

  test('two checkouts write the same bytes', async () => {
    const other = orchard.copy('elsewhere');
    for (const name of ['sbom.spdx.json', 'sbom.cdx.json']) other.remove(`release/${name}`);
    const env = { ...environment, KUBEWRIGHT_CACHE: join(other.scratch, 'cache') };
    expect((await other.kubewright(['sbom', 'release'], { env })).exitCode).toBe(0);
    for (const name of ['sbom.spdx.json', 'sbom.cdx.json', 'orchard.tar.gz.spdx.json'])
      expect(other.digest(`release/${name}`)).toBe(orchard.digest(`release/${name}`));
    other.dispose();
  });

  test('a tarball that was cut short is refused by name, and nothing is written for it', async () => {
    execFileSync('cp', ['release/orchard.tar.gz', 'cut.tar.gz'], { cwd: orchard.root });
    truncateSync(join(orchard.root, 'cut.tar.gz'), 5000);
    const run = await sbom(['cut.tar.gz']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/error archive\/damaged: .*cut\.tar\.gz is damaged/);
    expect(orchard.has('cut.tar.gz.spdx.json')).toBe(false);
  });

  test('nothing at the place that was named', async () => {
    const run = await sbom(['nowhere']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('error artifact/none: there is nothing at ');
  });

  test('CycloneDX documents hold to the strict schema of 1.6', async () => {
    const library = join(import.meta.dirname, '../../node_modules/@cyclonedx/cyclonedx-library/res/schema');
    const load = (name: string) => JSON.parse(readFileSync(join(library, name), 'utf8'));
    const ajv = new Ajv({ strict: false, validateFormats: false, schemas: [] });
    for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'])
      ajv.addSchema({ ...load(name), $id: `http://cyclonedx.org/schema/${name}` });
    const validate = ajv.compile(load('bom-1.6.SNAPSHOT.schema.json'));
    for (const name of ['sbom', 'orchard.tar.gz', 'press.exe']) {
      validate(JSON.parse(orchard.read(`release/${name}.cdx.json`)));
      expect(validate.errors).toBe(null);
    }
  });

  test.skipIf(!hasValidators)('the official validators take both (wants ./test, which installs them)', () => {
    for (const name of ['sbom']) {
      const file = join(orchard.root, `release/${name}`);
      execFileSync(join(VALIDATORS, 'bin/pyspdxtools'), ['-i', `${file}.spdx.json`]);
      const script = `import sys
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.schema import SchemaVersion
sys.exit(str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()) or '') or 0)`;
      execFileSync(join(VALIDATORS, 'bin/python'), ['-c', script, `${file}.cdx.json`]);
    }
  });
});
