/**
 * What Kubernetes' own packages depend on, by version. Sources: kubernetes/release, until 1.23 `packages/deb/build.go`,
 * `packages/deb/bionic/NAME/debian/control` and `packages/rpm/kubelet.spec` with their history; from 1.24
 * `cmd/krel/templates/latest/metadata.yaml` and the specs beside it.
 */
import type { PackageFormat } from '../definition.ts';
import { reaches, type Since, valueAt } from './since.ts';

/** Since when the Open Build Service makes upstream's packages, with other files and fewer dependencies. */
export const BUILD_SERVICE_SINCE = '1.24.0';

const CNI: Since<string> = [
  ['0', '0.3.0.1'],
  ['1.6.0', '0.5.1'],
  ['1.9.0', '0.6.0'],
  ['1.14.0', '0.7.5'],
  ['1.18.4', '0.8.6'],
  ['1.19.1', '0.8.7'],
  ['1.24.5', '1.1.1'],
  ['1.25.0', '0.8.7'],
  ['1.25.1', '1.1.1'],
  ['1.28.0', '1.2.0'],
];

const KUBEADM_PARTNERS: Since<string | undefined> = [
  ['0', '1.4.0'],
  ['1.6.0', '1.6.0'],
  ['1.15.1', '1.13.0'],
  ['1.22.3', '1.19.0'],
  ['1.30.0', undefined],
];

const CRI_TOOLS: Since<string | undefined> = [
  ['1.11.0', '1.11.1'],
  ['1.12.1', '1.12.0'],
  ['1.15.1', '1.13.0'],
  ['1.22.3', '1.19.0'],
  ['1.23.4', '1.23.0'],
  ['1.24.2', '1.24.2'],
  ['1.24.5', '1.25.0'],
  ['1.25.0', '1.24.2'],
  ['1.25.1', '1.25.0'],
  ['1.28.0', '1.28.0'],
  ['1.30.0', '1.30.0'],
  ['1.32.0', undefined],
];

/** Dependencies of `kubelet`. */
export function kubeletDependencies(version: string, format: PackageFormat): string[] {
  const cni = atLeast(format, 'kubernetes-cni', valueAt(CNI, version));
  const iptables = atLeast(format, 'iptables', '1.4.21');
  if (reaches(version, BUILD_SERVICE_SINCE))
    return [iptables, cni, ...(format === 'deb' ? ['mount'] : []), 'util-linux'];
  const tools = [
    ...['socat', 'util-linux', 'ebtables', 'ethtool'],
    ...(format === 'deb' ? ['iproute2', 'mount'] : ['iproute']),
    // Since 2018, for kube-proxy; both formats.
    ...(reaches(version, '1.12.0') ? ['conntrack'] : []),
  ];
  return [iptables, cni, ...tools];
}

/** Dependencies of `kubeadm`. */
export function kubeadmDependencies(version: string, format: PackageFormat): string[] {
  const partners = valueAt(KUBEADM_PARTNERS, version);
  const criTools = valueAt(CRI_TOOLS, version);
  return [
    ...(partners
      ? [
          atLeast(format, 'kubelet', partners),
          atLeast(format, 'kubectl', partners),
          atLeast(format, 'kubernetes-cni', valueAt(CNI, version)),
        ]
      : []),
    ...(criTools ? [atLeast(format, 'cri-tools', criTools)] : []),
  ];
}

function atLeast(format: PackageFormat, name: string, version: string | undefined): string {
  return format === 'deb' ? `${name} (>= ${version})` : `${name} >= ${version}`;
}
