/** Package URLs (ECMA-427): the one name of a package that scanners for vulnerabilities understand. */
import { PackageURL } from 'packageurl-js';

/** `pkg:golang/github.com/pkg/errors@v0.9.1`. */
export function goPurl(module: string, version: string | undefined, subpath?: string): string {
  const slash = module.lastIndexOf('/');
  const [namespace, name] =
    slash < 0 ? [undefined, module] : [module.slice(0, slash), module.slice(slash + 1)];
  return new PackageURL('golang', namespace, name, version || undefined, undefined, subpath).toString();
}

/** A file that we made: `pkg:generic/kubectl@v1.20.2?checksum=sha256:…`. */
export function filePurl(name: string, version: string | undefined, sha256: string | undefined): string {
  const qualifiers = sha256 ? { checksum: `sha256:${sha256}` } : undefined;
  return new PackageURL('generic', undefined, name, version || undefined, qualifiers, undefined).toString();
}
