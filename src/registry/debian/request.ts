/** A base of Debian packages as it is written. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';

/** What stands behind `debian://`. */
export interface DebianRequest {
  readonly packages: readonly string[];
  /** Whether the packages stand on everything that Debian calls essential, or on what they depend on alone. */
  readonly withEssential: boolean;
}

/** `debian://iptables,conntrack`, `debian://tzdata?essential=no`; undefined when it is none. */
export function parseDebianBase(given: string): DebianRequest | undefined {
  const [, list, tail] = /^debian:\/\/([^?]*)(?:\?(.*))?$/.exec(given) ?? [];
  if (list === undefined) return undefined;
  const packages = [...new Set(list.split(',').filter(Boolean))].sort();
  const wrong = packages.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  const isKnown = tail === undefined || tail === 'essential=no' || tail === 'essential=yes';
  if (wrong !== undefined || !isKnown) throw new Failure(notPackages(given, wrong ?? `?${tail}`));
  return { packages, withEssential: tail !== 'essential=no' };
}

/** How a request is written. */
export function debianBaseText({ packages, withEssential }: DebianRequest): string {
  return `debian://${packages.join(',')}${withEssential ? '' : '?essential=no'}`;
}

function notPackages(given: string, wrong: string) {
  return error('request/invalid', {
    what: `${given} names no packages: ${wrong}`,
    why: 'a base of Debian packages is debian://NAME,NAME, and ?essential=no behind it leaves out what they do not depend on',
    help: 'correct what stands behind --base, or the base in kubewright.yaml',
  });
}
