import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratch } from '../trees.ts';
import { ANOTHER_DAY, digestsOf, output, Packaging, TIME } from './packaging.ts';

const packaging = new Packaging();
const keys = scratch('keys');
const PASSPHRASE = 'a b"c';
const WITH_PASSPHRASE = { env: { KUBEWRIGHT_GPG_PASSPHRASE: PASSPHRASE } };
const KUBECTL = ['kubectl', '-p', 'linux/amd64,linux/arm64', '--version-string'];
let repository: string;

function gpg(...args: readonly string[]): string {
  return execFileSync(
    'gpg',
    ['--homedir', keys, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

function newKey(name: string, algorithm: string, passphrase: string, usage = 'sign'): void {
  gpg(
    '--passphrase',
    passphrase,
    '--quick-gen-key',
    `${name} <${name}@example.org>`,
    algorithm,
    usage,
    'never',
  );
  writeFileSync(join(keys, `${name}.public`), gpg('--armor', '--export', `${name}@example.org`));
  const secret = gpg('--armor', '--passphrase', passphrase, '--export-secret-keys', `${name}@example.org`);
  writeFileSync(join(keys, `${name}.secret`), secret, { mode: 0o600 });
}

const secretKey = (name: string) => ['--sign-key', join(keys, `${name}.secret`)];

function filesBelow(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.sort().map((path) => [path.slice(directory.length + 1), path]));
}

beforeAll(async () => {
  await packaging.build();
  newKey('release', 'ed25519', PASSPHRASE);
  newKey('other', 'rsa2048', '');
  repository = scratch('repository');
  await packaging.pack(
    [...KUBECTL, 'v1.20.2', '--repository', repository, ...secretKey('release')],
    WITH_PASSPHRASE,
  );
});
afterAll(() => void spawnSync('gpgconf', ['--homedir', keys, '--kill', 'gpg-agent']));

/** apt with nothing of this machine: its lists, cache and trust lie in a folder of their own. */
function apt(folder: string, key: string) {
  const home = scratch('apt');
  for (const name of ['lists/partial', 'cache/archives/partial', 'state', 'etc'])
    mkdirSync(join(home, name), { recursive: true });
  for (const name of ['state/status', 'etc/none']) writeFileSync(join(home, name), '');
  writeFileSync(
    join(home, 'etc/list'),
    `deb [arch=amd64 signed-by=${keys}/${key}.public] file:${folder}/deb ./\n`,
  );
  const settings = [
    ...[
      `Dir::Etc::sourcelist=${home}/etc/list`,
      'Dir::Etc::sourceparts=/dev/null',
      `Dir::Etc::main=${home}/etc/none`,
    ],
    ...['Dir::Etc::parts=/dev/null', 'Dir::Etc::trusted=/dev/null', 'Dir::Etc::trustedparts=/dev/null'],
    ...[
      `Dir::State=${home}/state`,
      `Dir::State::lists=${home}/lists`,
      `Dir::State::status=${home}/state/status`,
    ],
    ...[`Dir::Cache=${home}/cache`, 'APT::Architecture=amd64', 'APT::Architectures=amd64'],
    ...['APT::Sandbox::User=', 'Debug::NoLocking=1', 'Acquire::Languages=none'],
  ].flatMap((setting) => ['-o', setting]);
  return (program: string, ...args: readonly string[]) => {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', APT_CONFIG: `${home}/etc/none` };
    const run = spawnSync(program, [...settings, ...args], { encoding: 'utf8', cwd: home, env });
    return { ...run, home, words: `${run.stdout}${run.stderr}` };
  };
}

describe('apt', () => {
  test('checks the signature, finds the version, and fetches the package', () => {
    const run = apt(repository, 'release');
    expect(run('apt-get', 'update')).toMatchObject({ status: 0, stderr: '' });
    expect(run('apt-cache', 'policy', 'kubectl').stdout).toContain('Candidate: 1.20.2-00');
    const { status, home } = run('apt-get', 'download', 'kubectl');
    expect(status).toBe(0);
    expect(readFileSync(join(home, 'kubectl_1.20.2-00_amd64.deb'))).toEqual(
      readFileSync(join(repository, 'deb/amd64/kubectl_1.20.2-00_amd64.deb')),
    );
    expect(run('apt-get', 'install', '--simulate', 'kubectl').stdout).toContain('Inst kubectl (1.20.2-00');
  });

  test('refuses the signature of another key, and an index with one other byte', () => {
    expect(apt(repository, 'other')('apt-get', 'update').words).toMatch(/not signed|NO_PUBKEY|is not signed/);
    const changed = scratch('changed');
    cpSync(repository, changed, { recursive: true });
    const index = join(changed, 'deb/InRelease');
    writeFileSync(index, readFileSync(index, 'utf8').replace('Origin: k', 'Origin: K'));
    const { words, status } = apt(changed, 'release')('apt-get', 'update');
    expect([status === 0 && !/BADSIG|invalid/.test(words), words]).toEqual([false, expect.any(String)]);
  });

  test('refuses a package with one other byte', () => {
    const changed = scratch('changed');
    cpSync(repository, changed, { recursive: true });
    const file = join(changed, 'deb/amd64/kubectl_1.20.2-00_amd64.deb');
    const bytes = readFileSync(file);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 1;
    writeFileSync(file, bytes);
    const run = apt(changed, 'release');
    expect(run('apt-get', 'update').status).toBe(0);
    expect(run('apt-get', 'download', 'kubectl').words).toMatch(/Hash Sum mismatch/);
  });
});

describe('yum', () => {
  test('rpm accepts the signature of each package with the key, and not without it', () => {
    const file = join(repository, 'rpm/x86_64/kubectl-1.20.2-0.x86_64.rpm');
    const check = (key: string) => {
      const database = scratch('rpmdb');
      output('rpmkeys', '--dbpath', database, '--import', join(keys, `${key}.public`));
      return spawnSync('rpm', ['--dbpath', database, '-K', file], { encoding: 'utf8' });
    };
    expect(check('release')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('digests signatures OK'),
    });
    expect(check('other').status).not.toBe(0);
  });

  test('the lists are those of createrepo_c', () => {
    const other = join(scratch('createrepo'), 'rpm');
    cpSync(join(repository, 'rpm'), other, { recursive: true });
    rmSync(join(other, 'repodata'), { recursive: true });
    const fixed = [
      '--revision',
      TIME,
      '--set-timestamp-to-revision',
      '--no-database',
      '--simple-md-filenames',
    ];
    output('createrepo_c', '--quiet', ...fixed, other);
    // The time of a file is not ours to tell; the order of relations means nothing.
    const lines = (directory: string, name: string) =>
      gunzipSync(readFileSync(join(directory, 'repodata', `${name}.xml.gz`)))
        .toString('utf8')
        .replace(/<time file="\d+"/g, '<time file=""')
        .replaceAll('<rpm:vendor></rpm:vendor>', '<rpm:vendor/>')
        .trim()
        .split('\n')
        .sort();
    for (const name of ['primary', 'filelists', 'other'])
      expect(lines(join(repository, 'rpm'), name)).toEqual(lines(other, name));
  });

  const DNF = ['/usr/bin/dnf', '/usr/bin/dnf-3'].find(existsSync);
  const canInstall = DNF !== undefined && process.getuid?.() === 0;
  test.skipIf(!canInstall)('dnf checks both signatures and installs (wants root, dnf)', () => {
    const home = scratch('dnf');
    const key = `file://${repository}/rpm/repodata/repomd.xml.key`;
    const lines = [
      ...[
        '[main]',
        `cachedir=${home}/cache`,
        'reposdir=/dev/null',
        'varsdir=/dev/null',
        'pluginpath=/dev/null',
      ],
      ...[
        `logdir=${home}`,
        `persistdir=${home}/lib`,
        '[ours]',
        'name=ours',
        `baseurl=file://${repository}/rpm`,
      ],
      ...[`gpgkey=${key}`, 'gpgcheck=1', 'repo_gpgcheck=1', 'ignorearch=1'],
    ];
    writeFileSync(join(home, 'dnf.conf'), `${lines.join('\n')}\n`);
    const args = [
      '-c',
      join(home, 'dnf.conf'),
      '--installroot',
      join(home, 'root'),
      '--releasever',
      '1',
      '-y',
    ];
    const run = spawnSync(DNF as string, [...args, '--forcearch', 'x86_64', 'install', 'kubectl'], {
      encoding: 'utf8',
    });
    expect([run.status, run.stdout]).toEqual([0, expect.stringContaining('Complete!')]);
    expect(existsSync(join(home, 'root/usr/bin/kubectl'))).toBe(true);
  });
});

describe('a repository', () => {
  test('is the same bytes from another place, signatures included', async () => {
    const other = scratch('other');
    await packaging.pack([...KUBECTL, 'v1.20.2', '--repository', other, ...secretKey('release'), '-j', '1'], {
      tree: packaging.newTree(),
      env: { ...WITH_PASSPHRASE.env, KUBEWRIGHT_CACHE: scratch('cache'), TZ: 'Asia/Kolkata', ...ANOTHER_DAY },
    });
    expect(digestsOf(filesBelow(other))).toEqual(digestsOf(filesBelow(repository)));
  });

  test('keeps what it holds when a version is added, and never tells an older time', async () => {
    const grown = scratch('grown');
    cpSync(repository, grown, { recursive: true });
    await packaging.pack(['deb', ...KUBECTL, 'v1.19.9', '--repository', grown, ...secretKey('release')], {
      env: { ...WITH_PASSPHRASE.env, SOURCE_DATE_EPOCH: '1600000000' },
    });
    const index = readFileSync(join(grown, 'deb/Packages'), 'utf8');
    expect([...index.matchAll(/^Version: (.*)$/gm)].map(([, version]) => version)).toEqual([
      ...['1.19.9-00', '1.20.2-00', '1.19.9-00', '1.20.2-00'],
    ]);
    expect(readFileSync(join(grown, 'deb/Release'), 'utf8')).toContain(
      'Date: Wed, 13 Jan 2021 13:28:09 +0000',
    );
    const run = apt(grown, 'release');
    run('apt-get', 'update');
    expect(run('apt-cache', 'madison', 'kubectl').stdout.match(/1\.(20\.2|19\.9)-00/g)).toEqual([
      ...['1.20.2-00', '1.19.9-00'],
    ]);
  });

  test('without a key is read by an apt that is told to trust it', async () => {
    const plain = scratch('plain');
    await packaging.pack(['deb', ...KUBECTL, 'v1.20.2', '--repository', plain]);
    expect(Object.keys(filesBelow(plain))).toEqual([
      ...['deb/Packages', 'deb/Packages.gz', 'deb/Release', 'deb/amd64/kubectl_1.20.2-00_amd64.deb'],
      'deb/arm64/kubectl_1.20.2-00_arm64.deb',
    ]);
    const run = apt(plain, 'release');
    expect(run('apt-get', 'update').words).toMatch(/is not signed|does not have a Release file/);
    expect(run('apt-get', '-o', 'Acquire::AllowInsecureRepositories=1', 'update').status).toBe(0);
  });
});

describe('what cannot be signed or indexed is told', () => {
  async function problem(args: readonly string[], env: Record<string, string> = {}) {
    const run = await packaging.run([...KUBECTL, 'v1.20.2', '--out', scratch('out'), ...args], { env });
    return [run.exitCode, run.stderr.split('\n').find((line) => line.startsWith('error'))];
  }

  test('a wrong passphrase, before anything is packed', async () => {
    const [exitCode, what] = await problem(secretKey('release'), { KUBEWRIGHT_GPG_PASSPHRASE: 'wrong' });
    expect([exitCode, what]).toEqual([2, expect.stringMatching(/^error gpg\/passphrase: .* is wrong$/)]);
  });

  test('a passphrase in a file is taken', async () => {
    writeFileSync(join(keys, 'passphrase'), `${PASSPHRASE}\n`);
    const env = { KUBEWRIGHT_GPG_PASSPHRASE_FILE: join(keys, 'passphrase') };
    expect(await problem(secretKey('release'), env)).toEqual([0, undefined]);
  });

  test('a public key, a key that nobody has, a repository that is signed', async () => {
    expect(await problem(['--sign-key', join(keys, 'release.public')])).toEqual([
      2,
      `error gpg/key-missing: ${keys}/release.public holds no secret key`,
    ]);
    expect(await problem(['--sign-key', 'nobody@example.org'])).toEqual([
      2,
      'error gpg/key-missing: there is no secret key nobody@example.org',
    ]);
    expect(await problem(['deb', '--repository', repository])).toEqual([
      2,
      `error gpg/key-missing: the repository ${repository}/deb is signed, and no key is given`,
    ]);
  });

  test('a key that gpg itself refuses to sign with, with the words of gpg, before anything is packed', async () => {
    newKey('certifier', 'rsa2048', '', 'cert');
    const out = scratch('out');
    const run = await packaging.run([...KUBECTL, 'v1.20.2', '--out', out, ...secretKey('certifier')]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^error gpg\/failed: gpg could not sign with the key [0-9A-F]{16}$/m);
    expect(run.stderr).toContain('why: gpg: signing failed: Unusable secret key');
    expect(readdirSync(out, { recursive: true }).filter((name) => /\.(deb|rpm)$/.test(String(name)))).toEqual(
      [],
    );
  });

  test('a file in the folder that is no package', async () => {
    const folder = scratch('folder');
    mkdirSync(join(folder, 'rpm'));
    mkdirSync(join(folder, 'deb'));
    writeFileSync(join(folder, 'deb/cut.deb'), '!<arch>\ndebian-binary');
    writeFileSync(join(folder, 'rpm/cut.rpm'), Buffer.from([0xed, 0xab, 0xee, 0xdb, 3, 0]));
    const [exitCode, what] = await problem(['deb', '--repository', folder]);
    expect([exitCode, what]).toEqual([
      2,
      'error systempackage/repository: cut.deb in the repository is no package that can be read',
    ]);
    expect((await problem(['rpm', '--repository', folder]))[1]).toContain('cut.rpm in the repository');
  });
});
