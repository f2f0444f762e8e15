import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../../../tests/trees.ts';
import type { Packer } from '../../execute/artifacts/packer.ts';
import { realHost } from '../../host/host.ts';
import { arranged, type Member, type Tarball } from '../../release/member.ts';
import { packer as deflate } from '../deflate/run.ts';
import { planTarballs } from './plan.ts';
import { packer as tarball } from './run.ts';

const PACKERS: Readonly<Record<string, Packer>> = { deflate, tarball };

/** Packs archives of these members in a directory of their own; returns their bytes by name. */
async function pack(archives: Readonly<Record<string, readonly Member[]>>, jobs: number) {
  const directory = scratch();
  const tarballs = Object.entries(archives).map(
    ([name, members]): Tarball => ({ name, part: 'final', members: arranged(members), holds: [] }),
  );
  const steps = planTarballs(tarballs, {
    ...{ directory, deflated: directory, time: 1_610_544_489 },
    needs: () => [],
    maker: () => undefined,
  });
  for (const step of steps) {
    if (step.action.kind !== 'pack') throw new Error('not packed');
    await PACKERS[step.action.packer]?.pack({
      ...{
        host: realHost(),
        parameters: step.action.parameters,
        digests: [],
        jobs,
        onProgress: () => {},
        putNamed: () => {},
      },
      inputs: step.inputs.map((input) => (input.kind === 'file' ? input.path : '')),
      outputs: step.outputs.map((path) => `${directory}/${path.slice(path.lastIndexOf('/') + 1)}`),
      signal: new AbortController().signal,
    });
  }
  return { directory, bytes: Object.keys(archives).map((name) => readFileSync(join(directory, name))) };
}

describe('tarballs', () => {
  const files = scratch('files');
  const large = join(files, 'large');
  // Half of it compresses; it ends within a block of the archive.
  writeFileSync(
    large,
    Buffer.concat([randomBytes(3 << 20), Buffer.alloc(3 << 20, 'kubelet '), Buffer.from('!')]),
  );
  writeFileSync(join(files, 'small'), 'small\n');
  const file = (path: string, from: string, size: number): Member => ({
    ...{ kind: 'file', path, from: join(files, from), mode: 0o755, size },
  });
  const members: readonly Member[] = [
    file('k/bin/large', 'large', (6 << 20) + 1),
    file('k/small', 'small', 6),
    { kind: 'symlink', path: 'k/link', target: 'small' },
    { kind: 'text', path: 'k/version', text: 'v1\n' },
  ];

  test('are what tar reads, sorted, with one time, mode and owner', async () => {
    const { directory } = await pack({ 'a.tar.gz': members }, 2);
    const listed = execFileSync('tar', ['-tvzf', join(directory, 'a.tar.gz'), '--full-time', '--utc'], {
      encoding: 'utf8',
    });
    expect(listed.trimEnd().replace(/ +/g, ' ').split('\n')).toEqual([
      'drwxr-xr-x root/root 0 2021-01-13 13:28:09 k/',
      'drwxr-xr-x root/root 0 2021-01-13 13:28:09 k/bin/',
      '-rwxr-xr-x root/root 6291457 2021-01-13 13:28:09 k/bin/large',
      'lrwxrwxrwx root/root 0 2021-01-13 13:28:09 k/link -> small',
      '-rwxr-xr-x root/root 6 2021-01-13 13:28:09 k/small',
      '-rw-r--r-- root/root 3 2021-01-13 13:28:09 k/version',
    ]);
    const unpacked = execFileSync('tar', ['-xzOf', join(directory, 'a.tar.gz'), 'k/bin/large'], {
      maxBuffer: 1 << 24,
    });
    expect(unpacked.equals(readFileSync(large))).toBe(true);
  });

  test('have the same bytes on one thread and on eight, alone and beside another that shares a file', async () => {
    const alone = await pack({ 'a.tar.gz': members }, 1);
    const beside = await pack({ 'a.tar.gz': members, 'b.tar.gz': members.slice(0, 1) }, 8);
    expect(beside.bytes[0]?.equals(alone.bytes[0] as Buffer)).toBe(true);
    execFileSync('gzip', ['-t', join(beside.directory, 'b.tar.gz')]);
    expect(execFileSync('tar', ['-tzf', join(beside.directory, 'b.tar.gz')], { encoding: 'utf8' })).toBe(
      'k/\nk/bin/\nk/bin/large\n',
    );
  });

  test('follow no link that stands for a file', async () => {
    symlinkSync('small', join(files, 'alias'));
    const { directory } = await pack(
      { 'a.tar.gz': [{ kind: 'symlink', path: 'alias', target: 'small' }] },
      1,
    );
    expect(execFileSync('tar', ['-tvzf', join(directory, 'a.tar.gz')], { encoding: 'utf8' })).toContain(
      'alias -> small',
    );
  });
});
