/** Packages that a tag's value names (spec codegen 3.2 and 3.3). Pure. */
import { posix } from 'node:path';
import type { GeneratorTag } from '../../../tree/tags/tag.ts';

/** The import path that a tag leads to, from the package that carries it; undefined when its value is no path. */
export function resolveTagPath({ name, value }: GeneratorTag, from: string): string | undefined {
  switch (name) {
    case 'k8s:defaulter-gen-input':
      // Up to 1.20 relative to the package, whatever it looks like; import paths came later.
      return value.startsWith('.') ? withoutVendor(posix.join(from, value)) : value;
    case 'k8s:conversion-gen':
    case 'k8s:conversion-gen-external-types':
      if (value === 'false' || value === '') return undefined;
      return value.startsWith('.') ? withoutVendor(posix.join(from, value)) : value;
    default:
      return undefined;
  }
}

function withoutVendor(path: string): string {
  const at = path.lastIndexOf('/vendor/');
  return at < 0 ? path : path.slice(at + '/vendor/'.length);
}
