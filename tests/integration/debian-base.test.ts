/** Bases of Debian packages: from a small repository of our own, and from the machine's, in the hands of a real engine. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratch } from '../trees.ts';
import { Engine, MISSING } from './engine.ts';
import { Monorepo } from './monorepo.ts';
import { PackageSource, APT_MISSING as TOOLS } from './packagesource.ts';

const IMAGES = `
images:
  press:
    base: { debian: [alpha, beta], essential: false }
    platforms: [linux/amd64, linux/arm64]
`;

describe.skipIf(TOOLS !== undefined)(`bases of packages${TOOLS ? `: ${TOOLS}` : ''}`, () => {
  let source: PackageSource;
  let repo: Monorepo;
  let environment: Record<string, string>;
  const cache = scratch('cache');

  beforeAll(async () => {
    source = new PackageSource();
    source.add(
      'alpha',
      {
        'bin/alpha': 'alpha',
        'etc/alpha.conf': 'x',
        'usr/share/doc/alpha/copyright': 'licence',
        'usr/share/doc/alpha/changelog': 'left out',
        'DEBIAN/conffiles': '/etc/alpha.conf\n',
      },
      'Depends: gamma\n',
      { 'DEBIAN/postinst': '#!/bin/sh\nupdate-alternatives --install /usr/bin/tool tool /bin/alpha 5\n' },
    );
    source.add('beta', { 'usr/lib/shared': 'of beta' }, 'Replaces: alpha, gamma\n');
    source.add('gamma', { 'usr/lib/shared': 'of gamma', 'usr/lib/gamma': 'g' });
    source.list();
    repo = new Monorepo();
    repo.write('kubewright.yaml', `${repo.read('kubewright.yaml')}${IMAGES}`);
    environment = { ...source.environment, KUBE_GIT_VERSION: 'v1.0.0', SOURCE_DATE_EPOCH: '1700000000' };
    const built = await repo.build(['press', '-p', 'linux/amd64', '-p', 'linux/arm64'], { env: environment });
    expect(built.exitCode).toBe(0);
  });

  afterAll(() => repo?.dispose());

  const image = (words: string[], env: Record<string, string> = {}) =>
    repo.kubewright(['image', 'press', ...words], {
      env: { ...environment, KUBEWRIGHT_CACHE: cache, ...env },
    });

  test('packages are laid out with what they depend on, and the database of dpkg tells of them', async () => {
    const layout = scratch('layout');
    expect(await image(['-p', 'linux/amd64', '--oci', layout])).toMatchObject({ exitCode: 0 });
    const blobs = readdirSync(join(layout, 'blobs/sha256')).map((name) => join(layout, 'blobs/sha256', name));
    const base = blobs.find((path) => {
      try {
        return execFileSync('tar', ['-tzf', path], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }).includes('var/lib/dpkg/status');
      } catch {
        return false;
      }
    }) as string;
    const root = scratch('root');
    execFileSync('tar', ['-xzf', base, '-C', root]);
    const shown = execFileSync(
      'sh',
      [
        '-c',
        'cat bin/alpha usr/lib/shared; readlink bin usr/bin/tool etc/alternatives/tool; ls usr/share/doc/alpha; cat etc/passwd',
      ],
      { cwd: root, encoding: 'utf8' },
    );
    expect(shown).toContain('alphaof beta');
    expect(shown).toContain('usr/bin\n/etc/alternatives/tool\n/bin/alpha\ncopyright\nroot:');
    const listed = execFileSync(
      'dpkg-query',
      [
        `--admindir=${root}/var/lib/dpkg`,
        '-W',
        '-f',
        '$' + '{db:Status-Abbrev}$' + '{Package} $' + '{Version}\n',
      ],
      { encoding: 'utf8' },
    );
    expect(listed).toBe('ii alpha 1:1.0\nii beta 1:1.0\nii gamma 1:1.0\n');
    const verified = execFileSync('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-L', 'alpha'], {
      encoding: 'utf8',
    });
    expect(verified).toContain('/etc/alpha.conf');
  });

  test('another cache and another day give the same bytes', async () => {
    await image(['-p', 'linux/amd64']);
    const path = join(repo.root, '_output/release-images/amd64/press.tar');
    const sum = () => execFileSync('sha256sum', [path], { encoding: 'utf8' });
    const first = sum();
    rmSync(path);
    await image(['-p', 'linux/amd64'], { KUBEWRIGHT_CACHE: scratch('cache') });
    expect(sum()).toBe(first);
  });

  test('with --offline what was made before is enough, and nothing else is asked for', async () => {
    const cache = scratch('cache');
    const env = { KUBEWRIGHT_CACHE: cache };
    const refused = await image(['-p', 'linux/arm64', '--offline'], env);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(
      'error network/offline: the packages of the base debian://alpha,beta?essential=no',
    );
    expect(await image(['-p', 'linux/arm64'], env)).toMatchObject({ exitCode: 0 });
    rmSync(join(source.directory, 'sources.list'));
    expect(await image(['-p', 'linux/arm64', '--offline'], env)).toMatchObject({ exitCode: 0 });
    writeFileSync(join(source.directory, 'sources.list'), `deb [trusted=yes] file:${source.directory} ./\n`);
  });

  test('other sources are asked, whatever the last ones said', async () => {
    const env = { KUBEWRIGHT_CACHE: scratch('cache') };
    const list = join(source.directory, 'sources.list');
    expect(await image(['-p', 'linux/amd64'], env)).toMatchObject({ exitCode: 0 });
    writeFileSync(list, `deb [trusted=yes] file:${scratch('empty')} ./\n`);
    expect((await image(['-p', 'linux/amd64'], env)).stderr).toContain('error image/packages-unresolved');
    writeFileSync(list, `deb [trusted=yes] file:${source.directory} ./\n`);
    expect(await image(['-p', 'linux/amd64'], env)).toMatchObject({ exitCode: 0 });
  });

  test('what cannot be installed, or is no name, is told', async () => {
    const asked = async (base: string) => (await image(['-p', 'linux/amd64', '--base', base])).stderr;
    expect(await asked('debian://delta?essential=no')).toContain(
      'error image/packages-unresolved: apt knows no way to install delta for amd64',
    );
    expect(await asked('debian://a_b')).toContain(
      'error request/invalid: debian://a_b names no packages: a_b',
    );
    expect(await asked('debian://alpha?essential=maybe')).toContain('names no packages: ?essential=maybe');
  });

  test('a package that is gone, has other bytes, or is damaged is told, and a rerun succeeds', async () => {
    const env = { KUBEWRIGHT_CACHE: scratch('cache') };
    const words = ['-p', 'linux/amd64', '--base', 'debian://omega?essential=no'];
    source.add('omega', { 'usr/lib/omega': 'o' });
    source.list();
    const path = join(source.directory, 'pool/omega_1.0_all.deb');
    const whole = execFileSync('cat', [path]);
    writeFileSync(path, Buffer.concat([whole.subarray(0, 40), Buffer.alloc(whole.length - 40)]));
    expect((await image(words, env)).stderr).toContain(
      'error image/packages-unfetched: apt could not fetch omega=1:1.0',
    );
    writeFileSync(path, whole.subarray(0, 90));
    execFileSync(
      'sh',
      [
        '-c',
        `sed -i "/^Package: omega/,/^$/{s/^Size: .*/Size: 90/;s/^SHA256: .*/SHA256: $(sha256sum ${path} | cut -d' ' -f1)/;/^MD5sum/d;/^SHA1/d}" Packages`,
      ],
      { cwd: source.directory },
    );
    expect((await image(words, env)).stderr).toContain(
      'error image/package-damaged: a Debian package is damaged',
    );
    writeFileSync(path, whole);
    source.list();
    expect(await image(words, env)).toMatchObject({ exitCode: 0 });
  });
});

const REAL = MISSING ?? TOOLS;

describe.skipIf(REAL !== undefined)(`a base of the machine's own packages${REAL ? `: ${REAL}` : ''}`, () => {
  let engine: Engine;
  let repo: Monorepo;

  beforeAll(async () => {
    engine = await Engine.start();
    repo = new Monorepo();
    repo.write(
      'kubewright.yaml',
      `${repo.read('kubewright.yaml')}\nimages:\n  press: { base: { debian: [ca-certificates] }, platforms: [linux/amd64] }\n`,
    );
  });

  afterAll(async () => {
    repo?.dispose();
    await engine?.stop();
  });

  test('a container has a shell, awk, users, certificates and a database that dpkg finds whole', async () => {
    const env = { ...engine.environment, KUBE_GIT_VERSION: 'v1.0.0', SOURCE_DATE_EPOCH: '1700000000' };
    expect(await repo.build(['press', '-p', 'linux/amd64'], { env })).toMatchObject({ exitCode: 0 });
    const run = await repo.kubewright(['image', 'press', '-p', 'linux/amd64', '--load'], { env });
    expect(run).toMatchObject({ exitCode: 0 });
    const name = /Loaded image: (\S+)/.exec(run.stdout)?.[1] ?? '';
    const script =
      'set -e; dpkg --audit; dpkg -l ca-certificates | tail -1; awk "BEGIN{print 6*7}"; id -un; id -gn mail; stat -c "%G %a" /var/mail; grep -c BEGIN /etc/ssl/certs/ca-certificates.crt; /usr/local/bin/press';
    const said = engine.run([
      'run',
      '--rm',
      '--network=none',
      '--entrypoint',
      'bash',
      name,
      '-c',
      `${script} 2>&1`,
    ]);
    expect(said).toMatch(/^ii {2}ca-certificates .*\n42\nroot\nmail\nmail 2775\n1\d\d\n/);
  });
});
