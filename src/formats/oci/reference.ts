/** Names of images: `REGISTRY/REPOSITORY:TAG@DIGEST` (OCI distribution-spec, and Docker's short forms). */

export interface ImageReference {
  /** `registry.k8s.io`, `127.0.0.1:5000` */
  readonly registry: string;
  /** `build-image/go-runner` */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const HOST = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;

/** Reads a name; `busybox` is `docker.io/library/busybox`. Undefined when it is none. */
export function parseReference(text: string): ImageReference | undefined {
  const [named = '', digest, more] = text.split('@');
  if (more !== undefined || (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))) return undefined;
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const path = hasTag ? named.slice(0, colon) : named;
  const slash = path.indexOf('/');
  const first = slash < 0 ? '' : path.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const registry = isHost ? first : 'docker.io';
  const rest = isHost ? path.slice(slash + 1) : path;
  const repository = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  if (!HOST.test(registry) || !REPOSITORY.test(repository) || (tag !== undefined && !TAG.test(tag)))
    return undefined;
  return {
    ...{ registry, repository },
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The whole name; without tag and digest it is `latest`. */
export function referenceText({ registry, repository, tag, digest }: ImageReference): string {
  const tail = digest ? `${tag ? `:${tag}` : ''}@${digest}` : `:${tag ?? 'latest'}`;
  return `${registry}/${repository}${tail}`;
}

/** A version as an image tag: a plus is no character of one (upstream's rule, build/lib/release.sh). */
export function imageTag(version: string): string {
  return version.replaceAll('+', '_');
}

export function isImageTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether only processes of this machine can be meant: plain http is allowed there. */
export function isLoopback(registry: string): boolean {
  const host = registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
