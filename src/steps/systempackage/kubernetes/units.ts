/**
 * The systemd files of Kubernetes' packages, by version. What the kubelet is told are facts that `kubeadm` relies on
 * (kubernetes/release: `10-kubeadm.conf` before 1.8, before 1.11 and since; Kubernetes' cmd/kubeadm/app/phases/kubelet).
 */
import type { PackageFormat } from '../definition.ts';
import { reaches } from './since.ts';

/** The unit of the node agent. */
export function kubeletUnit(version: string): string {
  const network = ['Wants=network-online.target', 'After=network-online.target'];
  return lines(
    '[Unit]',
    'Description=kubelet: The Kubernetes Node Agent',
    'Documentation=https://kubernetes.io/docs/',
    ...(reaches(version, '1.14.0') ? network : []),
    '',
    '[Service]',
    'ExecStart=/usr/bin/kubelet',
    'Restart=always',
    // Trees of the time ran on systemd 219 too, which knows the limit under this name and in this section only.
    'StartLimitInterval=0',
    'RestartSec=10',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  );
}

/** Where administrators write more flags of the kubelet, in the words of each family of distributions. */
export function kubeletEnvironmentFile(format: PackageFormat): string {
  return format === 'deb' ? '/etc/default/kubelet' : '/etc/sysconfig/kubelet';
}

export const KUBELET_ENVIRONMENT = 'KUBELET_EXTRA_ARGS=\n';

/** The drop-in by which kubeadm tells the kubelet where its configuration lies. */
export function kubeadmDropIn(version: string, format: PackageFormat): string {
  const groups = reaches(version, '1.11.0') ? currentGroups() : earlierGroups(version);
  const environment = groups.flatMap(({ name, flags }) =>
    flags ? [`Environment="KUBELET_${name}_ARGS=${flags}"`] : [],
  );
  const files = reaches(version, '1.11.0')
    ? [
        '# Written by "kubeadm init" and "kubeadm join": sets KUBELET_KUBEADM_ARGS',
        'EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env',
        '# For administrators: sets KUBELET_EXTRA_ARGS, which comes last and so wins',
        `EnvironmentFile=-${kubeletEnvironmentFile(format)}`,
      ]
    : [];
  const variables = [...groups.map(({ name }) => name), 'EXTRA'].map((name) => `$KUBELET_${name}_ARGS`);
  return lines(
    '[Service]',
    ...environment,
    ...files,
    '# The empty one takes back the command of the unit itself',
    'ExecStart=',
    `ExecStart=/usr/bin/kubelet ${variables.join(' ')}`,
  );
}

interface FlagGroup {
  readonly name: string;
  /** Absent when a file sets the variable. */
  readonly flags?: string;
}

const BOOTSTRAP =
  '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf';

function currentGroups(): FlagGroup[] {
  return [
    { name: 'KUBECONFIG', flags: BOOTSTRAP },
    { name: 'CONFIG', flags: '--config=/var/lib/kubelet/config.yaml' },
    { name: 'KUBEADM' },
  ];
}

/** Before kubeadm wrote a configuration file, everything was a flag. */
function earlierGroups(version: string): FlagGroup[] {
  const bootstraps = reaches(version, '1.8.0');
  return [
    {
      name: 'KUBECONFIG',
      flags: bootstraps ? BOOTSTRAP : '--kubeconfig=/etc/kubernetes/kubelet.conf --require-kubeconfig=true',
    },
    { name: 'SYSTEM_PODS', flags: '--pod-manifest-path=/etc/kubernetes/manifests --allow-privileged=true' },
    {
      name: 'NETWORK',
      flags: '--network-plugin=cni --cni-conf-dir=/etc/cni/net.d --cni-bin-dir=/opt/cni/bin',
    },
    { name: 'DNS', flags: '--cluster-dns=10.96.0.10 --cluster-domain=cluster.local' },
    { name: 'AUTHZ', flags: '--authorization-mode=Webhook --client-ca-file=/etc/kubernetes/pki/ca.crt' },
    { name: 'CADVISOR', flags: '--cadvisor-port=0' },
    ...(bootstraps
      ? [{ name: 'CERTIFICATE', flags: '--rotate-certificates=true --cert-dir=/var/lib/kubelet/pki' }]
      : []),
  ];
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
