/** Releases that go wrong on the way: disks that fill up, and bases that mean harm. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type TarMember, tar } from '../../src/formats/tar.ts';
import { Monorepo } from './monorepo.ts';

const IMAGES = `
images:
  press: { base: scratch, platforms: [linux/amd64] }
  cellar: { base: scratch, platforms: [linux/amd64] }
`;
const LINUX = ['-p', 'linux/amd64'];
const environment = { SOURCE_DATE_EPOCH: '1610544489', KUBE_GIT_VERSION: 'v1.0.0' };

let orchard: Monorepo;
const run = (...args: string[]) => orchard.kubewright(args, { env: environment });

beforeAll(async () => {
  orchard = new Monorepo();
  orchard.write('kubewright.yaml', `${orchard.read('kubewright.yaml')}${IMAGES}`);
  expect((await run('build', 'server', 'client', 'test', ...LINUX)).exitCode).toBe(0);
  cpSync(join(orchard.root, '_output/local/bin'), join(orchard.root, 'programs'), { recursive: true });
});
afterAll(() => orchard.dispose());

/** A file system of its own, that can be made larger. */
class SmallDisk {
  readonly place = join(orchard.scratch, `disk-${Math.random().toString(36).slice(2)}`);

  constructor(kilobytes: number) {
    mkdirSync(this.place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', this.place]);
    onTestFinished(() => void execFileSync('umount', [this.place]));
  }

  grow(): void {
    execFileSync('mount', ['-o', 'remount,size=200m', this.place]);
  }

  /** What lies there but our own records, finished or not. */
  files(): string[] {
    return readdirSync(this.place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.place.length + 1))
      .filter((name) => !name.startsWith('kubewright/'))
      .sort();
  }
}

describe.runIf(process.getuid?.() === 0)('a disk that fills up', () => {
  test('while archives are packed: it is named, what stands is whole, and a rerun makes the rest', async () => {
    const whole = new SmallDisk(200 * 1024);
    const words = ['release', 'quick', '--from', 'programs', ...LINUX];
    expect((await run(...words, '--out', whole.place)).exitCode).toBe(0);
    const small = new SmallDisk(2500);
    const full = await run(...words, '--out', small.place);
    expect([full.exitCode, full.stderr]).toEqual([
      1,
      expect.stringMatching(/error disk\/full: no space is left/),
    ]);
    const bytes = (disk: SmallDisk, name: string) => readFileSync(join(disk.place, name));
    for (const name of small.files())
      expect([name, bytes(small, name).equals(bytes(whole, name))]).toEqual([name, true]);
    expect(small.files()).not.toContain('release-tars/SHA256SUMS');
    small.grow();
    expect((await run(...words, '--out', small.place)).exitCode).toBe(0);
    expect(small.files()).toEqual(whole.files());
    for (const name of whole.files())
      expect([name, bytes(small, name).equals(bytes(whole, name))]).toEqual([name, true]);
  });

  test('while images are laid out: no index names what is not there', async () => {
    const small = new SmallDisk(700);
    const words = ['image', ...LINUX, '--oci', join(small.place, 'oci')];
    const full = await run(...words);
    expect([full.exitCode, full.stderr]).toEqual([1, expect.stringContaining('error disk/full: ')]);
    expect(existsSync(join(small.place, 'oci/index.json'))).toBe(false);
    expect(small.files().every((name) => /^oci\/blobs\/sha256\/[0-9a-f]{64}$/.test(name))).toBe(true);
    small.grow();
    expect((await run(...words)).exitCode).toBe(0);
    expect(small.files()).toContain('oci/index.json');
  });

  test('while a release is published: there is no half of a version', async () => {
    expect((await run('release', 'quick', '--from', 'programs', ...LINUX)).exitCode).toBe(0);
    const small = new SmallDisk(1500);
    const full = await run('publish', small.place, '--no-markers');
    expect([full.exitCode, full.stderr]).toEqual([1, expect.stringContaining('error disk/full: ')]);
    expect(existsSync(join(small.place, 'v1.0.0'))).toBe(false);
    small.grow();
    expect((await run('publish', small.place, '--no-markers')).exitCode).toBe(0);
    expect(small.files()).toContain('v1.0.0/SHA256SUMS');
  });
});

describe('a base that means harm is refused, with its member, and no image is made', () => {
  const file = (path: string, content = 'x'): TarMember => ({
    entry: { path, kind: 'file', mode: 0o644, size: content.length },
    content: Buffer.from(content),
  });

  async function bytesOf(members: Iterable<TarMember>): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of tar(members)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** A file of docker save whose one layer has these bytes. */
  async function base(name: string, layer: Buffer, before: Uint8Array = new Uint8Array()): Promise<string> {
    const config = JSON.stringify({
      ...{ architecture: 'amd64', os: 'linux', config: {} },
      rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
    });
    const manifest = [{ Config: 'config.json', RepoTags: ['evil:1'], Layers: ['layer.tar'] }];
    const members: TarMember[] = [
      file('config.json', config),
      { entry: { path: 'layer.tar', kind: 'file', mode: 0o644, size: layer.length }, content: layer },
      file('manifest.json', JSON.stringify(manifest)),
    ];
    writeFileSync(join(orchard.root, name), Buffer.concat([before, await bytesOf(members)]));
    return name;
  }

  /** ustar by hand: our own writer makes no such member. */
  function member(path: string, type: string, target = ''): Buffer {
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write('00000000000\0', 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(target, 157);
    header.write('ustar\x0000', 257);
    const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return header;
  }

  test.each([
    ['a path that leads out', member('../../etc/cron.d/evil', '0'), /\.\.\/\.\.\/etc\/cron\.d\/evil/],
    ['an absolute path with a way up', member('/usr/../../evil', '0'), /evil/],
    ['a hard link that leads out', member('innocent', '1', '../../etc/shadow'), /innocent|shadow/],
  ])('%s', async (name, layer, named) => {
    const archive = await base('evil.tar', Buffer.concat([layer, Buffer.alloc(1024)]));
    const made = await run('image', 'press', ...LINUX, '--base', archive, '--save', 'made.tar');
    expect([name, made.exitCode, made.stderr]).toEqual([
      name,
      1,
      expect.stringMatching(/^error image\/base-hostile/m),
    ]);
    expect(made.stderr).toMatch(named);
    expect(orchard.has('made.tar')).toBe(false);
  });

  test('a device among the members', async () => {
    const archive = await base('device.tar', Buffer.alloc(1024), member('sda', '4'));
    const made = await run('image', 'press', ...LINUX, '--base', archive, '--save', 'made.tar');
    expect([made.exitCode, made.stderr]).toEqual([
      1,
      expect.stringMatching(/^error image\/base-hostile: .*sda/m),
    ]);
    expect(orchard.has('made.tar')).toBe(false);
  });

  test('a layer that unpacks to far more than it is', async () => {
    const zeros = gzipSync(Buffer.alloc(256 * 1024 * 1024), { level: 9 });
    const archive = await base('bomb.tar', Buffer.concat(Array.from({ length: 200 }, () => zeros)));
    const made = await run('image', 'press', ...LINUX, '--base', archive, '--save', 'made.tar');
    expect([made.exitCode, made.stderr]).toEqual([1, expect.stringMatching(/^error image\/base-hostile/m)]);
    expect(orchard.has('made.tar')).toBe(false);
  });
});
