import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PROJECT } from '../documents.ts';
import { scratch } from '../trees.ts';
import {
  ANOTHER_DAY,
  ARCHITECTURES,
  digestsOf,
  output,
  type PackageRunOptions,
  Packaging,
  TIME,
} from './packaging.ts';

const packaging = new Packaging();
beforeAll(() => packaging.build());

/** A root directory with a shell, for scripts of packages. */
function rootWithShell(): string {
  const root = scratch('root');
  mkdirSync(join(root, 'bin'));
  copyFileSync('/bin/busybox', join(root, 'bin/sh'));
  return root;
}
const canInstall = process.getuid?.() === 0 && existsSync('/bin/busybox');

/** An empty system that the real dpkg administers. */
function dpkgRoot() {
  const root = rootWithShell();
  const admin = join(root, 'var/lib/dpkg');
  for (const name of ['info', 'updates']) mkdirSync(join(admin, name), { recursive: true });
  writeFileSync(join(admin, 'status'), '');
  const dpkg = (...args: string[]) =>
    output('dpkg', `--root=${root}`, '--force-depends', '--force-not-root', `--log=${root}/log`, ...args);
  return { root, dpkg };
}

/** Versions of glibc that the kubelet wants symbols of, as binutils read them; the newest last. */
function wantedGlibc({ programs }: Packaging): string[] {
  const text = output('readelf', '-V', '-W', join(programs, 'linux/amd64/kubelet'));
  const versions = new Set(
    [...text.matchAll(/Name: GLIBC_([\d.]+)/g)].map(([, version]) => version as string),
  );
  const minor = (version: string) => Number(version.split('.')[1]);
  return [...versions].sort((a, b) => minor(a) - minor(b));
}

const V1_20 = ['--version-string', 'v1.20.2'];

describe('packages of Kubernetes 1.20', () => {
  let made: Record<string, string>;
  beforeAll(async () => {
    made = await packaging.pack([...V1_20, '-p', 'linux/amd64']);
  });

  test('are named as upstream names them', () => {
    expect(Object.keys(made).sort()).toEqual([
      ...['kubeadm-1.20.2-0.x86_64.rpm', 'kubeadm_1.20.2-00_amd64.deb', 'kubectl-1.20.2-0.x86_64.rpm'],
      ...['kubectl_1.20.2-00_amd64.deb', 'kubelet-1.20.2-0.x86_64.rpm', 'kubelet_1.20.2-00_amd64.deb'],
    ]);
  });

  test('are read by dpkg-deb, with root as owner and each directory before its files', () => {
    const file = made['kubelet_1.20.2-00_amd64.deb'] as string;
    const [minimum] = wantedGlibc(packaging).slice(-1);
    expect(output('dpkg-deb', '-f', file, 'Package', 'Version', 'Architecture', 'Depends')).toBe(
      `Package: kubelet\nVersion: 1.20.2-00\nArchitecture: amd64\nDepends: iptables (>= 1.4.21), kubernetes-cni (>= 0.8.7), socat, util-linux, ebtables, ethtool, iproute2, mount, conntrack, libc6 (>= ${minimum?.split('.').slice(0, 2).join('.')})\n`,
    );
    const lines = output('dpkg-deb', '-c', file).trim().split('\n');
    const rows = lines.map((line) => line.split(/\s+/));
    expect(new Set(rows.map(([, owner]) => owner))).toEqual(new Set(['root/root']));
    const names = rows.map((row) => row.at(-1) as string);
    for (const [i, name] of names.entries()) {
      const parent = name.replace(/[^/]+\/?$/, '');
      if (name !== './') expect(names.indexOf(parent)).toBeLessThan(i);
    }
    expect(names).toContain('./lib/systemd/system/kubelet.service');
    expect(names).toContain('./etc/kubernetes/manifests/');
  });

  test('hold the programs as they were, by the sums that they tell', () => {
    const root = scratch('unpacked');
    output('dpkg-deb', '-R', made['kubelet_1.20.2-00_amd64.deb'] as string, root);
    expect(readFileSync(join(root, 'usr/bin/kubelet'))).toEqual(
      readFileSync(join(packaging.programs, 'linux/amd64/kubelet')),
    );
    execFileSync('md5sum', ['--quiet', '-c', 'DEBIAN/md5sums'], { cwd: root });
    for (const script of ['postinst', 'prerm', 'postrm']) output('sh', '-n', join(root, 'DEBIAN', script));
  });

  test('are read by rpm, every digest right', () => {
    for (const [name, file] of Object.entries(made)) {
      if (!name.endsWith('.rpm')) continue;
      expect(output('rpm', '-K', file)).toContain('digests OK');
    }
    const file = made['kubelet-1.20.2-0.x86_64.rpm'] as string;
    const query = '%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{LICENSE} %{OS} %{BUILDTIME} %{SOURCERPM}';
    expect(output('rpm', '-qp', '--qf', query, file)).toBe(
      `kubelet 1.20.2 0 x86_64 Apache-2.0 linux ${TIME} kubelet-1.20.2-0.src.rpm`,
    );
    expect(output('rpm', '-qp', '--requires', file).split('\n')).toEqual(
      expect.arrayContaining([
        ...['conntrack', 'iproute', 'kubernetes-cni >= 0.8.7', 'libc.so.6()(64bit)'],
        ...wantedGlibc(packaging).map((version) => `libc.so.6(GLIBC_${version})(64bit)`),
      ]),
    );
    expect(output('rpm', '-qp', '--configfiles', file)).toBe('/etc/sysconfig/kubelet\n');
    expect(output('rpm', '-qp', '--licensefiles', file)).toBe('/usr/share/licenses/kubelet/LICENSE\n');
    const list = output('rpm', '-qplv', file).split('\n');
    expect(list.every((line) => line === '' || /^\S+ +\d+ root +root /.test(line))).toBe(true);
  });

  test('are the same bytes from another place, at another time, with one thread', async () => {
    const elsewhere = packaging.newTree();
    const run = await packaging.pack([...V1_20, '-p', 'linux/amd64', '-j', '1'], {
      tree: elsewhere,
      env: { KUBEWRIGHT_CACHE: scratch('cache'), TZ: 'Asia/Kolkata', LANG: 'de_DE.UTF-8', ...ANOTHER_DAY },
    });
    expect(digestsOf(run)).toEqual(digestsOf(made));
  });

  test('are fresh the second time, and restored when they are gone', async () => {
    const again = await packaging.run([...V1_20, '-p', 'linux/amd64']);
    expect(again.stderr).toContain('Nothing to do');
    rmSync(made['kubectl_1.20.2-00_amd64.deb'] as string);
    const restored = await packaging.run([...V1_20, '-p', 'linux/amd64']);
    expect(restored.stderr).toContain('1 restored');
    expect(existsSync(made['kubectl_1.20.2-00_amd64.deb'] as string)).toBe(true);
  });

  // What lintian 2.116 and rpmlint 2.4 say of packages that upstream's own ways made of Kubernetes 1.20.2:
  // dpkg-buildpackage over packages/deb of kubernetes/release, rpmbuild over its specs.
  const UPSTREAM_DEB = [
    ...['depends-on-essential-package-without-using-version', 'missing-dependency-on-libc', 'no-changelog'],
    ...['no-copyright-file', 'statically-linked-binary'],
  ];
  const UPSTREAM_RPM = ['no-changelogname-tag', 'no-group-tag', 'no-signature', 'statically-linked-binary'];

  test.skipIf(!existsSync('/usr/bin/lintian'))('show lintian no error that upstream’s do not show', () => {
    const files = Object.values(made).filter((file) => file.endsWith('.deb'));
    const { stdout } = spawnSync('lintian', ['--allow-root', '--tag-display-limit', '0', ...files], {
      encoding: 'utf8',
    });
    const errors = [...stdout.matchAll(/^E: \S+: (\S+)/gm)].map(([, tag]) => tag);
    expect(errors.filter((tag) => !UPSTREAM_DEB.includes(tag as string))).toEqual([]);
    expect(stdout).not.toMatch(/internal error|cannot/i);
  });

  test.skipIf(!existsSync('/usr/bin/rpmlint'))('show rpmlint no error that upstream’s do not show', () => {
    const files = Object.values(made).filter((file) => file.endsWith('.rpm'));
    const { stdout } = spawnSync('rpmlint', files, { encoding: 'utf8' });
    expect(stdout).toContain('3 packages');
    const errors = [...stdout.matchAll(/^\S+: E: (\S+)/gm)].map(([, tag]) => tag);
    expect(errors.filter((tag) => !UPSTREAM_RPM.includes(tag as string))).toEqual([]);
  });

  test.skipIf(!canInstall)('are installed and removed by dpkg (wants root, busybox-static)', () => {
    const { root, dpkg } = dpkgRoot();
    const debs = Object.values(made).filter((file) => file.endsWith('.deb'));
    dpkg('--force-architecture', '-i', ...debs);
    expect(dpkg('-l', 'kubelet', 'kubeadm', 'kubectl').match(/^ii {2}kube/gm)).toHaveLength(3);
    expect(readFileSync(join(root, 'lib/systemd/system/kubelet.service'), 'utf8')).toContain(
      'ExecStart=/usr/bin/kubelet\n',
    );
    const dropIn = join(root, 'etc/systemd/system/kubelet.service.d/10-kubeadm.conf');
    expect(readFileSync(dropIn, 'utf8')).toContain('/var/lib/kubelet/kubeadm-flags.env');
    expect(dpkg('--verify', 'kubelet', 'kubeadm')).toBe('');
    dpkg('--purge', 'kubeadm', 'kubelet', 'kubectl');
    expect([existsSync(dropIn), existsSync(join(root, 'usr/bin/kubelet'))]).toEqual([false, false]);
  });

  test.skipIf(!canInstall)('are installed, verified and removed by rpm (wants root, busybox-static)', () => {
    const root = rootWithShell();
    const rpms = Object.values(made).filter((file) => file.endsWith('.rpm'));
    const rpm = (...args: string[]) => spawnSync('rpm', ['--root', root, ...args], { encoding: 'utf8' });
    const installed = rpm('-i', '--nodeps', '--ignorearch', ...rpms);
    expect([installed.status, installed.stderr]).toEqual([
      0,
      expect.not.stringContaining('scriptlet failed'),
    ]);
    expect(existsSync(join(root, 'usr/lib/systemd/system/kubelet.service'))).toBe(true);
    expect(existsSync(join(root, 'usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf'))).toBe(true);
    expect(rpm('-V', '--nodeps', 'kubelet', 'kubeadm', 'kubectl').stdout).toBe('');
    writeFileSync(join(root, 'etc/sysconfig/kubelet'), 'KUBELET_EXTRA_ARGS=--v=2\n');
    expect(rpm('-V', '--nodeps', 'kubelet').stdout).toMatch(/^S\.5.*c \/etc\/sysconfig\/kubelet/);
    expect(rpm('-e', '--nodeps', 'kubelet', 'kubeadm', 'kubectl').status).toBe(0);
    expect(existsSync(join(root, 'usr/bin/kubelet'))).toBe(false);
    expect(existsSync(join(root, 'etc/sysconfig/kubelet.rpmsave'))).toBe(true);
  });
});

describe('versions', () => {
  const sorted = [
    'v1.28.0-alpha.1',
    'v1.28.0-beta.0',
    'v1.28.0-rc.1',
    'v1.28.0',
    'v1.28.0-4+0123456789abcd',
    'v1.28.1',
  ];

  test('are ordered by dpkg and by rpm as upstream released them', async () => {
    const { packageVersion } = await import('../../src/steps/systempackage/version.ts');
    const versions = sorted.map(packageVersion);
    for (const [i, version] of versions.slice(1).entries()) {
      const before = versions[i] as string;
      expect(spawnSync('dpkg', ['--compare-versions', before, 'lt', version]).status).toBe(0);
      expect(output('rpm', '--eval', `%{lua:print(rpm.vercmp('${before}', '${version}'))}`)).toBe('-1\n');
    }
  });

  test('before a release carry a tilde, which an old rpm is told to know', async () => {
    const made = await packaging.pack(['--version-string', 'v1.28.0-rc.1', 'kubectl']);
    expect(Object.keys(made).sort()).toEqual([
      'kubectl-1.28.0~rc.1-150500.1.1.x86_64.rpm',
      'kubectl_1.28.0~rc.1-1.1_amd64.deb',
    ]);
    const rpm = made['kubectl-1.28.0~rc.1-150500.1.1.x86_64.rpm'] as string;
    expect(output('rpm', '-qp', '--requires', rpm)).toContain('rpmlib(TildeInVersions) <= 4.10.0-1');
  });
});

test('each platform has packages of its own, in the words of its format', async () => {
  const made = await packaging.pack([
    ...V1_20,
    'kubectl',
    '-p',
    'linux/amd64,linux/arm64',
    '-p',
    'linux/s390x',
  ]);
  const debs = Object.entries(made).filter(([name]) => name.endsWith('.deb'));
  expect(debs.map(([, file]) => output('dpkg-deb', '-f', file, 'Architecture').trim())).toEqual(
    ARCHITECTURES,
  );
  const rpms = Object.entries(made).filter(([name]) => name.endsWith('.rpm'));
  expect(rpms.map(([, file]) => output('rpm', '-qp', '--qf', '%{ARCH}', file))).toEqual([
    ...['x86_64', 'aarch64', 's390x'],
  ]);
});

describe('parts from elsewhere', () => {
  test('make cri-tools and kubernetes-cni, each with its own version', async () => {
    const parts = scratch('parts');
    mkdirSync(join(parts, 'cni-amd64'), { recursive: true });
    const program = join(packaging.programs, 'linux/amd64/kubectl');
    copyFileSync(program, join(parts, 'crictl'));
    for (const plugin of ['bridge', 'loopback']) copyFileSync(program, join(parts, 'cni-amd64', plugin));
    const made = await packaging.pack([
      ...['deb', ...V1_20, 'cri-tools', 'kubernetes-cni'],
      ...['--part', `cri-tools@v1.20.0=${parts}`, '--part', `kubernetes-cni@0.8.7=${parts}/cni-{arch}`],
    ]);
    expect(Object.keys(made)).toEqual(['cri-tools_1.20.0-00_amd64.deb', 'kubernetes-cni_0.8.7-00_amd64.deb']);
    const list = output('dpkg-deb', '-c', made['kubernetes-cni_0.8.7-00_amd64.deb'] as string);
    expect([...list.matchAll(/(\.\/opt\S+)/g)].map(([name]) => name)).toEqual([
      ...['./opt/', './opt/cni/', './opt/cni/bin/', './opt/cni/bin/bridge', './opt/cni/bin/loopback'],
    ]);
  });
});

describe('parts in the archives that they are published in', () => {
  const parts = scratch('archives');
  const pack = (archive: string) => [
    ...V1_20,
    'deb',
    'cri-tools',
    '-p',
    'linux/amd64',
    '--part',
    `cri-tools=${parts}/${archive}`,
  ];

  test('are unpacked, and tell their version by their name', async () => {
    copyFileSync(join(packaging.programs, 'linux/amd64/kubectl'), join(parts, 'crictl'));
    output('tar', '-czf', join(parts, 'crictl-v1.22.0-linux-amd64.tar.gz'), '-C', parts, './crictl');
    const made = await packaging.pack(pack('crictl-v1.22.0-linux-{arch}.tar.gz'));
    expect(Object.keys(made)).toEqual(['cri-tools_1.22.0-00_amd64.deb']);
    expect(output('dpkg-deb', '-c', made['cri-tools_1.22.0-00_amd64.deb'] as string)).toMatch(
      /^-rwxr-xr-x root\/root .* \.\/usr\/bin\/crictl$/m,
    );
  });

  test.each([
    [
      'leads-out-1.0.0.tar.gz',
      ['-P', '--transform', 's,^,../,', '-C', parts, 'crictl'],
      'is no ordinary file',
    ],
    ['a-link-1.0.0.tar.gz', ['-C', parts, 'link'], 'is no ordinary file'],
  ])('that are hostile are refused: %s', async (name, args, why) => {
    if (!existsSync(join(parts, 'link'))) symlinkSync('/etc/passwd', join(parts, 'link'));
    output('tar', '-czf', join(parts, name), ...args);
    const run = await packaging.run(pack(name));
    expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining(why)]);
    expect(run.stderr).toContain('error systempackage/part-damaged: ');
  });

  test('that are cut short are refused', async () => {
    const whole = readFileSync(join(parts, 'crictl-v1.22.0-linux-amd64.tar.gz'));
    writeFileSync(join(parts, 'cut-1.0.0.tar.gz'), whole.subarray(0, whole.length / 2));
    const run = await packaging.run(pack('cut-1.0.0.tar.gz'));
    expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining('systempackage/part-damaged')]);
  });
});

describe('what cannot be packed is told before anything is written', () => {
  /** The first line of each error, and the exit code. */
  async function problems(args: readonly string[], options: PackageRunOptions = {}) {
    const out = scratch('out');
    const run = await packaging.run(['--out', out, ...args], options);
    expect(existsSync(join(out, 'packages'))).toBe(false);
    return [run.exitCode, ...run.stderr.split('\n').filter((line) => /^(error| {2}help)/.test(line))];
  }

  test('a program that is not built: which target builds it', async () => {
    expect(await problems([...V1_20, 'deb', 'kubelet', '-p', 'linux/ppc64le'])).toEqual([
      2,
      'error systempackage/program-missing: the program kubelet for linux/ppc64le is not there',
      '  help: build it first: kubewright build kubelet --platform linux/ppc64le; or name the directory of finished programs with --from',
    ]);
  });

  test('a program of another platform', async () => {
    const mixed = scratch('mixed');
    copyFileSync(join(packaging.programs, 'linux/arm64/kubectl'), join(mixed, 'kubectl'));
    const [exitCode, what] = await problems([
      ...V1_20,
      'deb',
      'kubectl',
      '-p',
      'linux/amd64',
      '--from',
      mixed,
    ]);
    expect([exitCode, what]).toEqual([
      2,
      `error systempackage/program-wrong: ${mixed}/kubectl is a program for linux/arm64, not for linux/amd64`,
    ]);
  });

  test('a version that a format cannot write', async () => {
    const [exitCode, what] = await problems([
      '--version-string',
      'v1.20.2+a',
      '--revision',
      'a-b',
      'kubectl',
      'rpm',
    ]);
    expect([exitCode, what]).toEqual([
      2,
      'error systempackage/version: the revision a-b of kubectl cannot be written in an rpm',
    ]);
  });

  test.each([
    [['kubeletd'], 'error systempackage/unknown: there is no system package kubeletd'],
    [
      ['-p', 'windows/amd64', 'kubectl'],
      'error systempackage/platform: there are no system packages for windows/amd64',
    ],
    [['cri-tools'], 'error systempackage/part-missing: the files of cri-tools are not given'],
    [['--part', 'x'], 'error request/invalid: --part x names no part and its files'],
    [['-p', 'linux'], 'error target/platform-unknown: there is no platform linux'],
  ])('%j', async (args, what) => {
    expect((await problems([...V1_20, 'deb', ...args])).slice(0, 2)).toEqual([2, what]);
  });
});

describe('packages of any monorepo', () => {
  const orchard = scratch('orchard');
  const finished = scratch('finished');
  const V1_4 = ['--version-string', 'v1.4.0', '-p', 'linux/amd64'];

  beforeAll(() => {
    cpSync(join(PROJECT, 'examples/orchard'), orchard, { recursive: true });
    for (const name of ['orchardd', 'orchardctl'])
      copyFileSync(join(packaging.programs, 'linux/amd64/kubectl'), join(finished, name));
  });

  function replaceInConfig(before: string, after: string): string {
    const tree = scratch('orchard');
    cpSync(orchard, tree, { recursive: true });
    const file = join(tree, 'kubewright.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(before, after));
    return tree;
  }

  test('hold programs, files, units and relations, for both formats', async () => {
    const made = await packaging.pack(['--from', finished, ...V1_4], { tree: orchard });
    expect(Object.keys(made).sort()).toEqual([
      ...['orchardctl-1.4.0-1.x86_64.rpm', 'orchardctl_1.4.0-1_amd64.deb'],
      ...['orchardd-1.4.0-1.x86_64.rpm', 'orchardd_1.4.0-1_amd64.deb'],
    ]);
    const rpm = made['orchardd-1.4.0-1.x86_64.rpm'] as string;
    expect(output('rpm', '-qpl', rpm).trim().split('\n')).toEqual([
      ...['/etc/orchard/orchardd.conf', '/usr/bin/orchardd', '/usr/lib/systemd/system/orchardd.service'],
      ...['/usr/share/doc/orchardd', '/usr/share/doc/orchardd/README.md'],
    ]);
    expect(output('rpm', '-qp', '--recommends', rpm)).toBe('orchardctl\n');
    expect(output('rpm', '-qpc', rpm)).toBe('/etc/orchard/orchardd.conf\n');
    const deb = made['orchardd_1.4.0-1_amd64.deb'] as string;
    expect(output('dpkg-deb', '-f', deb, 'Section', 'Recommends', 'Homepage')).toBe(
      'Section: net\nRecommends: orchardctl\nHomepage: https://orchard.example\n',
    );
  });

  test.skipIf(!canInstall)('run their scripts, with what dpkg and rpm tell them (wants root)', async () => {
    const tree = replaceInConfig(
      'recommends: [orchardctl]',
      'scripts: { afterInstall: after.sh, beforeRemove: before.sh }',
    );
    writeFileSync(join(tree, 'after.sh'), '#!/bin/sh\necho "after $1" >> /told\n');
    writeFileSync(join(tree, 'before.sh'), 'echo "before $1" >> /told\n');
    const made = await packaging.pack(['--from', finished, 'orchardd', ...V1_4], { tree });
    const told = (root: string) => readFileSync(join(root, 'told'), 'utf8');
    const forDeb = dpkgRoot();
    forDeb.dpkg('--force-architecture', '-i', made['orchardd_1.4.0-1_amd64.deb'] as string);
    forDeb.dpkg('-r', 'orchardd');
    expect(told(forDeb.root)).toBe('after configure\nbefore remove\n');
    const root = rootWithShell();
    output(
      'rpm',
      '--root',
      root,
      '-i',
      '--nodeps',
      '--ignorearch',
      made['orchardd-1.4.0-1.x86_64.rpm'] as string,
    );
    output('rpm', '--root', root, '-e', 'orchardd');
    expect(told(root)).toBe('after 1\nbefore 0\n');
  });

  test('a wrong name is underlined where it was typed', async () => {
    const letters = async (before: string, after: string) => {
      const tree = replaceInConfig(before, after);
      const run = await packaging.run(['--from', finished, 'deb', ...V1_4], { tree });
      return [run.exitCode, ...run.stderr.split('\n').slice(0, 4)];
    };
    expect(await letters('recommends: [orchardctl]', 'depends: [orchard ctl]')).toEqual([
      2,
      'error systempackage/definition: orchardd depends on orchard ctl, which is no relation in a deb',
      '  kubewright.yaml:53:15',
      '  53 │     depends: [orchard ctl]',
      '     │               ~~~~~~~~~~~',
    ]);
    expect(await letters('source: packaging/orchardd.conf', 'source: packaging/none')).toEqual([
      2,
      'error systempackage/file-missing: there is no file packaging/none in the tree',
      '  kubewright.yaml:48:9',
      '  48 │       - source: packaging/none',
      '     │         ~~~~~~~~~~~~~~~~~~~~~~',
    ]);
  });
});

test('a dry run tells every file and writes none', async () => {
  const out = scratch('out');
  const run = await packaging.run([
    '--dry-run',
    '--out',
    out,
    ...V1_20,
    'deb',
    'kubeadm',
    '-p',
    'linux/amd64',
  ]);
  expect(run.stdout).toContain('# package:deb/kubeadm@linux/amd64 → ');
  expect(run.stdout).toMatch(/0755 {2}\/usr\/bin\/kubeadm +.*linux\/amd64\/kubeadm/);
  expect(readdirSync(out)).toEqual([]);
});
