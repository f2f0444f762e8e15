import { expect, test } from 'vitest';
import { copyOf, hostWith, printed } from '../../../tests/trees.ts';
import type { PackageFormat } from '../../steps/systempackage/definition.ts';
import { readTreePackages } from './read.ts';

const DEBS = `load("@rules//defs:deb.bzl", "deb_data", "k8s_deb")
load("//build:workspace.bzl", "CNI_VERSION")

filegroup_of_release(
    name = "debs",
    conditioned_srcs = for_platforms(
        for_client = [":kubectl.deb"],
        for_node = [":kubeadm.deb", ":kubernetes-cni.deb"],
    ),
)

copies(
    name = "kubectl",
    srcs = select(for_platforms(for_client = [":kubectl-{ARCH}.deb"])),
)

[[deb_data(
    name = binary,
    data = [{"files": ["//cmd/" + binary], "mode": "0755", "dir": "/usr/bin"}],
    goarch = arch,
) for binary in ["kubectl", "kube-proxy"]] for arch in PLATFORMS["linux"]]

[deb_data(
    name = "kubeadm",
    data = [
        {"files": ["//cmd/kubeadm"], "mode": "0755", "dir": "/usr/bin"},
        {"files": ["10-kubeadm.conf"], "mode": "644", "dir": "/etc/systemd/system/kubelet.service.d"},
    ],
) for arch in PLATFORMS["linux"]]

[pkg_tar(
    name = "kubernetes-cni-data-%s" % arch,
    package_dir = "/opt/cni/bin",
    deps = ["@plugins_%s//file" % arch],
) for arch in PLATFORMS["linux"]]

[k8s_deb(name = name, description = "Kubernetes " + name) for name in ["kubectl", "kube-proxy"]]

k8s_deb(
    name = "kubeadm",
    depends = ["kubelet (>= 1.8.0)", "kubernetes-cni (>= %s)" % CNI_VERSION],
    description = """Sets clusters up
Joins machines to them.
""",
    postinst = "postinst",
)

k8s_deb(name = "kubernetes-cni", description = "Plugins", version = CNI_VERSION)
`;

const KUBELET_SPEC = `%global gadgets gadgets
Name: kubelet
Version: OVERRIDE_THIS
Release: 00
License: ASL 2.0
Summary: Runs pods
Requires: iptables >= 1.4.21
Requires: %{gadgets}

%description
Runs the pods
of a machine.

%install
install -m 755 -d %{buildroot}%{_bindir}
install -m 755 -d %{buildroot}%{_sysconfdir}/kubernetes/manifests/
install -p -m 755 -t %{buildroot}%{_bindir} {kubelet}
install -p -m 755 -t %{buildroot}%{_sysconfdir}/systemd/system/ {kubelet.service}
install -p -m 644 -T {kubelet.env} %{buildroot}%{_sysconfdir}/sysconfig/%{name}
install -p -m 644 {kubelet.env} %{buildroot}/not/listed

%files
%{_bindir}/kubelet
%attr(644,-,-) %{_sysconfdir}/systemd/system/kubelet.service
%config(noreplace) %{_sysconfdir}/sysconfig/kubelet
%{_sysconfdir}/kubernetes/manifests/
%dir %{_sharedstatedir}/kubelet

%post
echo installed
`;

const CNI_SPEC = `Name: kubernetes-cni
Version: OVERRIDE_THIS
Release: 00
License: ASL 2.0
Summary: Plugins

%install
install -m 755 -d %{buildroot}/opt/cni
mv bin/ %{buildroot}/opt/cni/

%files
/opt/cni
`;

const TREE = {
  'build/workspace.bzl': 'CNI_VERSION = "0.7.5"\n',
  'build/debs/BUILD': DEBS,
  'build/debs/postinst': '#!/bin/sh\necho set up\n',
  'build/debs/10-kubeadm.conf': '[Service]\n',
  'build/rpms/kubelet.spec': KUBELET_SPEC,
  'build/rpms/kubernetes-cni.spec': CNI_SPEC,
  'build/rpms/kubelet.service': '[Unit]\n',
  'build/rpms/kubelet.env': 'ARGS=\n',
  'build/rpms/BUILD':
    'load("//build:workspace.bzl", "CNI_VERSION")\nrpm(name = "kubernetes-cni", version = CNI_VERSION)\n',
};

function read(format: PackageFormat, files: Readonly<Record<string, string>> = TREE) {
  return readTreePackages(hostWith(), copyOf('k8s-1.14', files), format);
}

function named(format: PackageFormat, name: string) {
  const result = read(format);
  return result.ok ? result.value?.find((one) => one.name === name) : undefined;
}

test('the debs of a tree: programs, files with their modes, dependencies, scripts', () => {
  expect(named('deb', 'kubeadm')).toMatchObject({
    ...{ summary: 'Sets clusters up', description: 'Joins machines to them.', revision: '00' },
    relations: { depends: ['kubelet (>= 1.8.0)', 'kubernetes-cni (>= 0.7.5)'] },
    scripts: { afterInstall: '#!/bin/sh\necho set up\n' },
    files: [
      { path: '/usr/bin/kubeadm', mode: 0o755, content: { kind: 'program', name: 'kubeadm' } },
      {
        ...{ path: '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', mode: 0o644, role: 'config' },
        content: { kind: 'tree', path: 'build/debs/10-kubeadm.conf' },
      },
    ],
    where: { file: 'build/debs/BUILD', line: 39 },
  });
});

test('what the list of debs does not hold is made only when it is named', () => {
  const result = read('deb');
  const all = (result.ok && result.value) || [];
  expect(all.map(({ name, onlyByName }) => [name, onlyByName ?? false])).toEqual([
    ['kubectl', false],
    ['kube-proxy', true],
    ['kubeadm', false],
    ['kubernetes-cni', false],
  ]);
  expect(named('deb', 'kube-proxy')?.files).toMatchObject([{ content: { name: 'kube-proxy' } }]);
});

test('an archive from elsewhere is a part, of the version that the tree wants', () => {
  for (const format of ['deb', 'rpm'] as const) {
    expect(named(format, 'kubernetes-cni')).toMatchObject({ part: 'kubernetes-cni', version: '0.7.5' });
    const files = named(format, 'kubernetes-cni')?.files.filter(({ content }) => content?.kind === 'part');
    expect(files).toMatchObject([{ path: '/opt/cni/bin', content: { file: 'all' } }]);
  }
});

test('the rpms of a tree: what %install puts and %files lists', () => {
  expect(named('rpm', 'kubelet')).toMatchObject({
    ...{ summary: 'Runs pods', description: 'Runs the pods\nof a machine.', licence: 'Apache-2.0' },
    relations: { depends: ['iptables >= 1.4.21', 'gadgets'] },
    scripts: { afterInstall: 'echo installed\n' },
  });
  expect(
    named('rpm', 'kubelet')?.files.map(({ path, mode, role, content }) => [
      ...[path, mode?.toString(8), role, content?.kind],
    ]),
  ).toEqual([
    ['/usr/bin/kubelet', '755', undefined, 'program'],
    ['/etc/systemd/system/kubelet.service', '644', undefined, 'tree'],
    ['/etc/sysconfig/kubelet', '644', 'config', 'tree'],
    ['/etc/kubernetes/manifests', '755', undefined, undefined],
    ['/var/lib/kubelet', '755', undefined, undefined],
  ]);
});

test('a tree without such files defines nothing', () => {
  expect(read('deb', {})).toMatchObject({ ok: true, value: undefined, diagnostics: [] });
  expect(read('rpm', {})).toMatchObject({ ok: true, value: undefined, diagnostics: [] });
});

test('a file that cannot be read is told where, and what is taken instead', () => {
  const result = read('deb', { 'build/debs/BUILD': 'k8s_deb(\n    name = "a" if x else "b",\n)\n' });
  expect(
    printed(result.diagnostics),
  ).toBe(`warning systempackage/definition: the packages that the tree defines cannot be read: , expected, not if
  build/debs/BUILD:2
  2 │     name = "a" if x else "b",
  why: what kubernetes/release made of this version is taken instead
  help: say what differs below packages: in kubewright.yaml`);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('a file that is cut anywhere is read or told, %i', (digit) => {
  for (let end = digit * 17; end < DEBS.length; end += 170)
    expect(() => read('deb', { 'build/debs/BUILD': DEBS.slice(0, end) })).not.toThrow();
});
