/** Where an image is looked for: mirrors first, in their order, then the registry of its name. */
import { type ImageReference, isLoopback } from '../formats/oci/reference.ts';

export interface RegistrySettings {
  /** Host → mirrors, `mirror.example.com/prefix`. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** Hosts that are asked over plain http. */
  readonly insecure: readonly string[];
}

/** One place to ask. */
export interface Place {
  /** Host as it is asked: Docker Hub's API has a name of its own. */
  readonly host: string;
  readonly repository: string;
  readonly isMirror: boolean;
}

/** The settings that name a mirror, for messages. */
export const MIRROR_SETTING =
  'registries.mirrors in kubewright.yaml, or KUBEWRIGHT_REGISTRY_MIRRORS=HOST=MIRROR[/PREFIX]';

export function placesOf(reference: ImageReference, settings: RegistrySettings): Place[] {
  const { registry, repository } = reference;
  const mirrors = (settings.mirrors[registry] ?? []).map((mirror): Place => {
    const slash = mirror.indexOf('/');
    const [host, prefix] = slash < 0 ? [mirror, ''] : [mirror.slice(0, slash), `${mirror.slice(slash + 1)}/`];
    return { host, repository: `${prefix}${repository}`, isMirror: true };
  });
  return [...mirrors, { host: registry, repository, isMirror: false }];
}

/** Address of a registry's API: http for this machine and for hosts that are named insecure. */
export function apiOf(host: string, settings: RegistrySettings): string {
  const scheme = isLoopback(host) || settings.insecure.includes(host) ? 'http' : 'https';
  return `${scheme}://${host === 'docker.io' ? 'registry-1.docker.io' : host}/v2/`;
}

/** `registry.k8s.io=mirror.example.com/k8s,docker.io=hub.example.com` → mirrors by host. */
export function parseMirrors(text: string): Record<string, string[]> {
  const mirrors: Record<string, string[]> = {};
  for (const pair of text.split(/[\s,]+/).filter(Boolean)) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    const host = pair.slice(0, equals);
    mirrors[host] = [...(mirrors[host] ?? []), pair.slice(equals + 1).replace(/\/+$/, '')];
  }
  return mirrors;
}
