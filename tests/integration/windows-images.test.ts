/** Images for Windows, made on this machine: what a reader of layers finds in them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tar } from '../../src/formats/tar.ts';
import { Monorepo } from './monorepo.ts';

const OS_VERSION = '10.0.17763.5329';
const LAYOUT = '_output/release-images/oci';
const IMAGES = `
registries: { name: example.dev/orchard }
images:
  picker:
    base: base.tar
    path: /picker/picker.exe
    entrypoint: [c:/hpc/picker/picker.exe]
    platforms: [windows/amd64]
  press: { base: scratch, platforms: [linux/amd64] }
`;

let orchard: Monorepo;
const run = (...args: string[]) =>
  orchard.kubewright(args, { env: { SOURCE_DATE_EPOCH: '1610544489', KUBE_GIT_VERSION: 'v1.0.0' } });

async function bytesOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const members = Object.entries(files).map(([path, text]) => {
    const content = Buffer.from(text);
    return { entry: { path, kind: 'file' as const, mode: 0o644, size: content.length }, content };
  });
  for await (const part of tar(members)) parts.push(part);
  return Buffer.concat(parts);
}

beforeAll(async () => {
  orchard = new Monorepo();
  orchard.write('kubewright.yaml', `${orchard.read('kubewright.yaml')}${IMAGES}`);
  const layer = await bytesOf({ 'Files/hpc': 'the base' });
  const sum = createHash('sha256').update(layer).digest('hex');
  const config = {
    ...{ architecture: 'amd64', os: 'windows', 'os.version': OS_VERSION, config: {} },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sum}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: ['hpc:1'], Layers: ['layer.tar'] }];
  writeFileSync(
    join(orchard.root, 'base.tar'),
    await bytesOf({
      'config.json': JSON.stringify(config),
      'layer.tar': layer,
      'manifest.json': JSON.stringify(manifest),
    }),
  );
  expect((await run('build', 'picker', '-p', 'windows/amd64')).exitCode).toBe(0);
  expect((await run('build', 'press', '-p', 'linux/amd64')).exitCode).toBe(0);
});
afterAll(() => orchard.dispose());

interface Descriptor {
  readonly digest: string;
  readonly platform?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const blob = (digest: string) => readFileSync(join(orchard.root, LAYOUT, 'blobs', digest.replace(':', '/')));

test('has the program below Files, with what Windows keeps of a file, and the version of its base', async () => {
  const made = await run('image', '-p', 'all', '--oci', LAYOUT);
  expect([made.exitCode, made.stderr]).toEqual([0, expect.stringContaining('Done')]);
  const { manifests } = JSON.parse(orchard.read(`${LAYOUT}/index.json`)) as { manifests: Descriptor[] };
  const list = manifests.find((one) =>
    one.annotations?.['org.opencontainers.image.ref.name']?.endsWith('orchard/picker:v1.0.0'),
  );
  const [listed] = JSON.parse(blob(list?.digest ?? '').toString()).manifests as Descriptor[];
  expect(listed?.platform).toEqual({ architecture: 'amd64', os: 'windows', 'os.version': OS_VERSION });
  const manifest = JSON.parse(blob(listed?.digest ?? '').toString()) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  const config = JSON.parse(blob(manifest.config.digest).toString());
  expect(config).toMatchObject({ os: 'windows', 'os.version': OS_VERSION });
  expect(config.config.Entrypoint).toEqual(['c:/hpc/picker/picker.exe']);
  const layer = gunzipSync(blob(manifest.layers.at(-1)?.digest ?? ''));
  expect(execFileSync('tar', ['-t'], { input: layer, encoding: 'utf8' }).trim().split('\n')).toEqual([
    ...['Files/', 'Files/picker/', 'Files/picker/picker.exe', 'Hives/'],
  ]);
  const program = execFileSync('tar', ['-xO', 'Files/picker/picker.exe'], {
    input: layer,
    maxBuffer: 2 ** 28,
  });
  expect(program.equals(readFileSync(join(orchard.root, '_output/local/bin/windows/amd64/picker.exe')))).toBe(
    true,
  );
  const records = layer.toString('latin1').match(/MSWINDOWS\.(fileattr|rawsd)=\S+/g) ?? [];
  expect(records.filter((one) => one === 'MSWINDOWS.fileattr=16')).toHaveLength(3);
  expect(records.filter((one) => one === 'MSWINDOWS.fileattr=32')).toHaveLength(1);
  expect(records.filter((one) => one.startsWith('MSWINDOWS.rawsd='))).toHaveLength(4);
});

test('its archive is named as the program is, beside those for Linux', async () => {
  const made = await run('image', '-p', 'all');
  expect(made.stdout).toContain('_output/release-images/amd64/picker.exe.tar\n');
  expect(made.stdout).toContain('_output/release-images/amd64/press.tar\n');
});
