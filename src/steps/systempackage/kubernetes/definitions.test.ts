import { expect, test } from 'vitest';
import type { PackageFormat } from '../definition.ts';
import { kubernetesDefinitions } from './definitions.ts';

function named(name: string, version: string, format: PackageFormat) {
  const found = kubernetesDefinitions(version, format).find((one) => one.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

function dropInOf(version: string, format: PackageFormat): string {
  const file = named('kubeadm', version, format).files.find(({ path }) => path.endsWith('.conf'));
  return file?.content?.kind === 'text' ? file.content.text : '';
}

test('kubelet until 1.23 brings the tools that kubeadm looks for, since 1.24 only what it calls itself', () => {
  expect(named('kubelet', 'v1.20.2', 'deb').relations.depends).toEqual([
    ...['iptables (>= 1.4.21)', 'kubernetes-cni (>= 0.8.7)', 'socat', 'util-linux', 'ebtables'],
    ...['ethtool', 'iproute2', 'mount', 'conntrack'],
  ]);
  expect(named('kubelet', 'v1.20.2', 'rpm').relations.depends).toContain('iproute');
  expect(named('kubelet', 'v1.28.0', 'deb').relations.depends).toEqual([
    ...['iptables (>= 1.4.21)', 'kubernetes-cni (>= 1.2.0)', 'mount', 'util-linux'],
  ]);
  expect(named('kubelet', 'v1.28.0', 'rpm').relations.depends).toEqual([
    ...['iptables >= 1.4.21', 'kubernetes-cni >= 1.2.0', 'util-linux'],
  ]);
});

test.each([
  ['1.7.3', ['kubelet (>= 1.6.0)', 'kubectl (>= 1.6.0)', 'kubernetes-cni (>= 0.5.1)']],
  [
    '1.12.0',
    ['kubelet (>= 1.6.0)', 'kubectl (>= 1.6.0)', 'kubernetes-cni (>= 0.6.0)', 'cri-tools (>= 1.11.1)'],
  ],
  [
    '1.24.3',
    ['kubelet (>= 1.19.0)', 'kubectl (>= 1.19.0)', 'kubernetes-cni (>= 0.8.7)', 'cri-tools (>= 1.24.2)'],
  ],
  [
    '1.25.0',
    ['kubelet (>= 1.19.0)', 'kubectl (>= 1.19.0)', 'kubernetes-cni (>= 0.8.7)', 'cri-tools (>= 1.24.2)'],
  ],
  [
    '1.29.1',
    ['kubelet (>= 1.19.0)', 'kubectl (>= 1.19.0)', 'kubernetes-cni (>= 1.2.0)', 'cri-tools (>= 1.28.0)'],
  ],
  ['1.31.0-rc.1', ['cri-tools (>= 1.30.0)']],
  ['1.32.0', []],
])('kubeadm %s depends on what upstream’s did', (version, expected) => {
  expect(named('kubeadm', version, 'deb').relations.depends).toEqual(expected);
});

test('the drop-in follows the version: flags, certificates, then a configuration file', () => {
  expect(dropInOf('1.7.3', 'deb')).toContain('--require-kubeconfig=true');
  expect(dropInOf('1.7.3', 'deb')).not.toContain('--rotate-certificates');
  expect(dropInOf('1.10.0', 'deb')).toContain('--rotate-certificates=true --cert-dir=/var/lib/kubelet/pki');
  expect(dropInOf('1.11.0', 'deb')).toContain('--config=/var/lib/kubelet/config.yaml');
  expect(dropInOf('1.20.2', 'deb')).toContain('EnvironmentFile=-/etc/default/kubelet');
  expect(dropInOf('1.20.2', 'rpm')).toContain('EnvironmentFile=-/etc/sysconfig/kubelet');
});

test('files lie where each era and format has them', () => {
  const paths = (version: string, format: PackageFormat) =>
    ['kubelet', 'kubeadm'].flatMap((name) =>
      named(name, version, format)
        .files.filter(({ kind }) => kind === 'file')
        .map(({ path }) => path),
    );
  expect(paths('1.20.2', 'deb')).toEqual([
    ...['/usr/bin/kubelet', '/lib/systemd/system/kubelet.service', '/usr/bin/kubeadm'],
    '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
  ]);
  expect(paths('1.28.0', 'deb')).toEqual([
    ...[
      '/usr/bin/kubelet',
      '/usr/lib/systemd/system/kubelet.service',
      '/etc/default/kubelet',
      '/usr/bin/kubeadm',
    ],
    '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
  ]);
});
