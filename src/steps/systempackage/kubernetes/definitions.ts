/**
 * Kubernetes' own packages, for trees that do not define them: what kubernetes/release made of the same version. Until
 * 1.23 that were its Debian directories and its spec, from 1.24 on the specs of the Open Build Service.
 */
import type { DefinedFile, PackageDefinition, PackageFormat } from '../definition.ts';
import { BUILD_SERVICE_SINCE, kubeadmDependencies, kubeletDependencies } from './dependencies.ts';
import { reaches } from './since.ts';
import { KUBELET_ENVIRONMENT, kubeadmDropIn, kubeletEnvironmentFile, kubeletUnit } from './units.ts';

/** Parts of the packages that are built elsewhere: their name, and the programs that make it known. */
export const KUBERNETES_PARTS = ['cri-tools', 'kubernetes-cni'] as const;

/** The definitions for a version of Kubernetes. */
export function kubernetesDefinitions(version: string, format: PackageFormat): PackageDefinition[] {
  const isNew = reaches(version, BUILD_SERVICE_SINCE);
  const places = placesOf(format, isNew);
  const common = {
    format,
    maintainer: isNew
      ? 'Kubernetes Authors <dev@kubernetes.io>'
      : 'Kubernetes Authors <kubernetes-dev+release@googlegroups.com>',
    licence: 'Apache-2.0',
    homepage: 'https://kubernetes.io',
    revision: revisionOf(format, isNew),
    description: '',
    ...{ relations: {}, scripts: {}, units: [] },
    where: { file: 'src/steps/systempackage/kubernetes/definitions.ts' },
  };
  // Upstream's specs name a group for Debian alone; `Unspecified` is what rpmbuild then writes.
  const section = (now: string) => (format === 'rpm' ? 'Unspecified' : isNew ? now : 'misc');
  return [
    {
      ...{ ...common, name: 'kubelet', section: section('net') },
      summary: 'Node agent for Kubernetes clusters',
      description: 'The node agent of Kubernetes: it runs the pods of a machine.',
      files: kubeletFiles(version, format, places),
      relations: { depends: kubeletDependencies(version, format) },
      units: [{ name: 'kubelet.service', starts: true }],
    },
    {
      ...{ ...common, name: 'kubeadm', section: section('admin') },
      summary: 'Command-line utility for administering a Kubernetes cluster',
      description: 'Sets up the control plane of a Kubernetes cluster, and joins machines to it.',
      files: [
        program('kubeadm'),
        { ...directory(`${places.dropIns}/kubelet.service.d`) },
        {
          ...text(`${places.dropIns}/kubelet.service.d/10-kubeadm.conf`, kubeadmDropIn(version, format)),
          // Below /etc it belongs to the administrator.
          ...(places.dropIns.startsWith('/etc/') ? { role: 'config' } : {}),
        },
      ],
      relations: { depends: kubeadmDependencies(version, format) },
      // Its drop-in is part of the kubelet's unit: a running kubelet has to read it. Upstream's Debian packages did so
      // until 1.23.
      scripts: format === 'deb' && !isNew ? { afterInstall: RESTART_KUBELET } : {},
    },
    {
      ...{ ...common, name: 'kubectl', section: section('admin') },
      summary: 'Command-line utility for interacting with a Kubernetes cluster',
      description: 'The command line of Kubernetes: it talks to the API of a cluster.',
      files: [program('kubectl')],
    },
    {
      ...{ ...common, name: 'cri-tools', part: 'cri-tools', section: section('admin') },
      summary: 'Command-line utility for interacting with a container runtime',
      description: 'crictl inspects and debugs container runtimes and applications on Kubernetes nodes.',
      files: [
        {
          ...{ path: '/usr/bin/crictl', kind: 'file', mode: 0o755 },
          content: { kind: 'part', part: 'cri-tools', file: 'crictl' },
        },
      ],
    },
    {
      ...{ ...common, name: 'kubernetes-cni', part: 'kubernetes-cni', section: section('net') },
      summary: 'Binaries required to provision Kubernetes container networking',
      description: 'Plugins of the Container Network Interface that connect the pods of a machine.',
      files: [
        ...['/opt/cni', '/opt/cni/bin'].map(directory),
        {
          ...{ path: '/opt/cni/bin', kind: 'file', mode: 0o755 },
          content: { kind: 'part', part: 'kubernetes-cni', file: 'all' },
        },
        ...(isNew ? ['/etc/cni', '/etc/cni/net.d'].map(directory) : []),
      ],
    },
  ];
}

interface Places {
  readonly units: string;
  readonly dropIns: string;
}

function placesOf(format: PackageFormat, isNew: boolean): Places {
  const vendor = '/usr/lib/systemd/system';
  return isNew || format === 'rpm'
    ? { units: vendor, dropIns: vendor }
    : { units: '/lib/systemd/system', dropIns: '/etc/systemd/system' };
}

/** As users write it behind the version: `apt install kubelet=1.20.2-00`, `kubelet=1.28.0-1.1`. */
function revisionOf(format: PackageFormat, isNew: boolean): string {
  if (format === 'deb') return isNew ? '1.1' : '00';
  return isNew ? '150500.1.1' : '0';
}

function kubeletFiles(version: string, format: PackageFormat, places: Places): DefinedFile[] {
  const isNew = reaches(version, BUILD_SERVICE_SINCE);
  const hasEnvironmentFile = isNew || (format === 'rpm' && reaches(version, '1.11.0'));
  const environment = {
    ...text(kubeletEnvironmentFile(format), KUBELET_ENVIRONMENT),
    role: 'config',
  } as const;
  return [
    program('kubelet'),
    text(`${places.units}/kubelet.service`, kubeletUnit(version)),
    directory('/etc/kubernetes'),
    directory('/etc/kubernetes/manifests'),
    ...(isNew ? [directory('/var/lib/kubelet')] : []),
    ...(hasEnvironmentFile ? [environment] : []),
  ];
}

function program(name: string): DefinedFile {
  return { path: `/usr/bin/${name}`, kind: 'file', mode: 0o755, content: { kind: 'program', name } };
}

function text(path: string, content: string): DefinedFile {
  return { path, kind: 'file', mode: 0o644, content: { kind: 'text', text: content } };
}

function directory(path: string): DefinedFile {
  return { path, kind: 'directory', mode: 0o755 };
}

const RESTART_KUBELET = `if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload >/dev/null 2>&1 || true
    systemctl try-restart kubelet.service >/dev/null 2>&1 || true
fi
`;
