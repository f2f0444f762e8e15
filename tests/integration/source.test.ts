/** Source packages out of a Debian repository of our own, made of files: real apt, real dpkg-source, no network. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../trees.ts';
import { program } from './program.ts';

const PATH = process.env['PATH'] ?? '';
const MISSING = ['apt-get', 'dpkg-source'].filter(
  (name) => !PATH.split(delimiter).some((directory) => existsSync(join(directory, name))),
);

/** A repository with the source package `orchard` 1.4.0-1, and an apt configuration that knows no other. */
function repository(): { directory: string; environment: Record<string, string> } {
  const directory = scratch('repository');
  const tree = join(directory, 'orchard-1.4.0');
  mkdirSync(join(tree, 'debian/source'), { recursive: true });
  writeFileSync(join(tree, 'go.mod'), 'module example.dev/orchard\n');
  writeFileSync(join(tree, 'debian/source/format'), '3.0 (native)\n');
  writeFileSync(
    join(tree, 'debian/changelog'),
    'orchard (1.4.0) unstable; urgency=low\n\n  * Planted.\n\n -- Gardener <gardener@example.dev>  Wed, 13 Jan 2021 13:28:09 +0000\n',
  );
  writeFileSync(
    join(tree, 'debian/control'),
    'Source: orchard\nMaintainer: Gardener <gardener@example.dev>\n\nPackage: orchard\nArchitecture: any\nDescription: trees\n',
  );
  execFileSync('dpkg-source', ['--build', tree], { cwd: directory, stdio: 'ignore' });
  const parts = ['dsc', 'tar.xz'].map((ending) => `orchard_1.4.0.${ending}`);
  const sum = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(directory, file)))
      .digest('hex');
  const rows = parts.map((file) => ` ${sum(file)} ${statSync(join(directory, file)).size} ${file}`);
  writeFileSync(
    join(directory, 'Sources'),
    `Package: orchard\nFormat: 3.0 (native)\nBinary: orchard\nArchitecture: any\nVersion: 1.4.0\nDirectory: .\nChecksums-Sha256:\n${rows.join('\n')}\n`,
  );
  writeFileSync(
    join(directory, 'Release'),
    `Suite: test\nSHA256:\n ${sum('Sources')} ${statSync(join(directory, 'Sources')).size} Sources\n`,
  );
  const etc = join(scratch('etc'), 'apt');
  mkdirSync(join(etc, 'sources.list.d'), { recursive: true });
  writeFileSync(join(etc, 'sources.list.d/own.list'), `deb [trusted=yes] file://${directory} ./\n`);
  writeFileSync(join(etc, 'apt.conf'), `Dir::Etc "${etc}";\n`);
  return {
    directory,
    environment: { PATH, HOME: etc, KUBEWRIGHT_CACHE: scratch('cache'), APT_CONFIG: join(etc, 'apt.conf') },
  };
}

describe.skipIf(MISSING.length > 0)('kubewright source debian', () => {
  test('a tree is fetched once, unpacked anew from the cache, and left alone where it lies', async () => {
    const { environment } = repository();
    const place = scratch('work');
    const take = (...words: string[]) =>
      program(['source', 'debian', 'orchard', '--json', ...words], environment, place);

    const first = await take('--into', 'tree');
    expect({ ...first, stdout: JSON.parse(first.stdout) }).toMatchObject({
      exitCode: 0,
      stdout: { packageName: 'orchard', version: '1.4.0', directory: join(place, 'tree'), from: 'fetched' },
    });
    expect(readFileSync(join(place, 'tree/go.mod'), 'utf8')).toBe('module example.dev/orchard\n');

    const second = await take();
    expect(JSON.parse(second.stdout)).toMatchObject({
      directory: join(place, 'orchard-1.4.0'),
      from: 'cache',
    });

    writeFileSync(join(place, 'tree/go.mod'), 'module example.dev/mine\n');
    expect(JSON.parse((await take('--into', 'tree')).stdout)).toMatchObject({ from: 'present' });
    expect(readFileSync(join(place, 'tree/go.mod'), 'utf8')).toBe('module example.dev/mine\n');
    expect(readdirSync(place).sort()).toEqual(['orchard-1.4.0', 'tree']);
  });

  test('a package that no repository holds', async () => {
    const { environment } = repository();
    const run = await program(['source', 'debian', 'vineyard', '-q'], environment, scratch());
    expect(run).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error source/not-found: there is no source package vineyard
  why: none of the sources in /etc/apt holds it
  help: apt-cache showsrc NAME tells what your sources hold; the package of Kubernetes is kubernetes
`,
    });
  });

  test('a directory with other contents is never replaced', async () => {
    const { environment } = repository();
    const place = scratch('full');
    writeFileSync(join(place, 'notes.txt'), 'mine');
    const run = await program(['source', 'debian', 'orchard', '--into', place], environment, place);
    expect(run).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error request/conflict: ${place} exists, and is not that source package
  ${place}
  why: a directory with other contents is never replaced
  help: name another directory with --into, or move this one away
`,
    });
  });

  test('a damaged package in the cache leaves nothing behind, and --refresh mends it', async () => {
    const { environment } = repository();
    const place = scratch('work');
    const take = (...words: string[]) =>
      program(['source', 'debian', 'orchard', '-q', ...words], environment, place);
    await take('--into', 'one');
    const stored = join(environment['KUBEWRIGHT_CACHE'] ?? '', 'sources/debian/orchard/1.4.0');
    writeFileSync(join(stored, 'orchard_1.4.0.tar.xz'), 'garbage');
    const damaged = await take('--into', 'two');
    expect(damaged.stderr).toMatch(
      /^error source\/unpack-failed: .*\n.*1\.4\.0\n {2}why: dpkg-source: error: .*has size 7 instead of/,
    );
    expect(damaged.exitCode).toBe(1);
    expect(readdirSync(place)).toEqual(['one']);
    expect((await take('--into', 'two', '--refresh')).exitCode).toBe(0);
  });

  test('offline takes what is in the cache, and asks for it when nothing is', async () => {
    const { environment } = repository();
    const place = scratch('work');
    const take = (...words: string[]) =>
      program(['source', 'debian', 'orchard', '-q', '--offline', ...words], environment, place);
    expect(await take('--into', 'one')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error network/offline: the source package orchard is not here, and --offline forbids to fetch it
  help: run the same command once without --offline; the package is then kept in the cache
`,
    });
    await program(['source', 'debian', 'orchard', '--into', 'one'], environment, place);
    expect((await take('--into', 'two')).exitCode).toBe(0);
  });
});
