import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../../tests/trees.ts';
import { type TarEntry, type TarMember, tar, tarHeader } from './tar.ts';

async function archive(members: readonly TarMember[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar(members)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function written(members: readonly TarMember[]): Promise<string> {
  const path = join(scratch(), 'a.tar');
  writeFileSync(path, await archive(members));
  return path;
}

function file(path: string, text: string, more: Partial<TarEntry> = {}): TarMember {
  const content = Buffer.from(text);
  return { entry: { path, kind: 'file', mode: 0o644, size: content.length, ...more }, content };
}

const LONG = `${'directory-of-some-length/'.repeat(11)}file`;
const MEMBERS: readonly TarMember[] = [
  { entry: { path: 'kubernetes', kind: 'directory', mode: 0o755, size: 0 } },
  file('kubernetes/empty', ''),
  file('kubernetes/version', 'v1.20.2\n', { mtime: 1_610_000_000 }),
  file(`kubernetes/${'p'.repeat(80)}/${'n'.repeat(90)}`, 'prefix'),
  file(LONG, 'pax path'),
  file('kubernetes/ünïcode – 漢字', 'utf-8'),
  { entry: { path: 'kubernetes/link', kind: 'symlink', mode: 0o777, size: 0, target: 'version' } },
  { entry: { path: 'kubernetes/far', kind: 'symlink', mode: 0o777, size: 0, target: LONG } },
  { entry: { path: 'kubernetes/hard', kind: 'link', mode: 0o644, size: 0, target: 'kubernetes/version' } },
  file('kubernetes/owned', 'x', { uid: 3_000_000, gid: 7, user: 'a'.repeat(40), group: 'staff' }),
];

describe('a tar archive', () => {
  test('is what GNU tar reads', async () => {
    const path = await written(MEMBERS);
    const listed = execFileSync('tar', ['-tvf', path, '--full-time', '--quoting-style=literal'], {
      env: { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
    }).split('\n');
    expect(listed.map((line) => line.replace(/ +/g, ' '))).toEqual([
      'drwxr-xr-x root/root 0 1970-01-01 00:00:00 kubernetes/',
      '-rw-r--r-- root/root 0 1970-01-01 00:00:00 kubernetes/empty',
      '-rw-r--r-- root/root 8 2021-01-07 06:13:20 kubernetes/version',
      `-rw-r--r-- root/root 6 1970-01-01 00:00:00 kubernetes/${'p'.repeat(80)}/${'n'.repeat(90)}`,
      `-rw-r--r-- root/root 8 1970-01-01 00:00:00 ${LONG}`,
      '-rw-r--r-- root/root 5 1970-01-01 00:00:00 kubernetes/ünïcode – 漢字',
      'lrwxrwxrwx root/root 0 1970-01-01 00:00:00 kubernetes/link -> version',
      `lrwxrwxrwx root/root 0 1970-01-01 00:00:00 kubernetes/far -> ${LONG}`,
      'hrw-r--r-- root/root 0 1970-01-01 00:00:00 kubernetes/hard link to kubernetes/version',
      `-rw-r--r-- ${'a'.repeat(40)}/staff 1 1970-01-01 00:00:00 kubernetes/owned`,
      '',
    ]);
    const out = scratch();
    execFileSync('tar', ['-xf', path, '-C', out, '--no-same-owner']);
    expect(execFileSync('cat', [join(out, LONG)], { encoding: 'utf8' })).toBe('pax path');
  });

  test('is what Python reads, extended attributes and large numbers included', async () => {
    const capability = Uint8Array.of(1, 0, 0, 2, 0, 4, 0, 0, 0, 10, 61, 0);
    const path = await written([
      file('bin/a', 'a', { xattrs: { 'security.capability': capability, 'user.x=%': Buffer.from('y') } }),
      file('bin/b', 'b', { uid: 4_000_000, mtime: -5 }),
    ]);
    const script = [
      'import tarfile,sys',
      'for m in tarfile.open(sys.argv[1]):',
      '  print(m.name, m.uid, int(m.mtime), sorted((k, v.encode("utf-8","surrogateescape").hex()) for k, v in m.pax_headers.items() if "xattr" in k))',
    ].join('\n');
    expect(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' })).toBe(
      [
        `bin/a 0 0 [('SCHILY.xattr.security.capability', '${Buffer.from(capability).toString('hex')}'), ('SCHILY.xattr.user.x%3D%25', '79')]`,
        'bin/b 4000000 -5 []',
        '',
      ].join('\n'),
    );
  });

  test('says a size beyond 8 GiB in a pax record', () => {
    const header = Buffer.from(tarHeader({ path: 'big', kind: 'file', mode: 0o644, size: 9 * 2 ** 30 }));
    expect(header.toString('latin1', 512, 531)).toBe('19 size=9663676416\n');
    expect(header).toHaveLength(3 * 512);
  });

  test('counts the digits of a record’s length in it', () => {
    for (const length of [85, 90, 91, 92, 985, 990, 991, 992, 995]) {
      const target = 't'.repeat(length + 20);
      const header = Buffer.from(
        tarHeader({ path: 'l', kind: 'symlink', mode: 0o777, size: 0, target: `${target}/é` }),
      );
      const [digits = ''] = header.toString('latin1', 512, 520).split(' ');
      expect(header.toString('utf8', 512, 512 + Number(digits)).endsWith('/é\n')).toBe(true);
    }
  });

  test('refuses a content that is not as long as was said', async () => {
    const member = (text: string): TarMember => ({
      entry: { path: 'a', kind: 'file', mode: 0o644, size: 3 },
      content: Buffer.from(text),
    });
    await expect(archive([member('ab')])).rejects.toThrow('a has 2 bytes');
    await expect(archive([member('abcd')])).rejects.toThrow('3 were declared');
    await expect(archive([file('a\0b', '')])).rejects.toThrow('NUL');
  });
});
