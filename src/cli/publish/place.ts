/** Where something is published, as the command line names it. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';

export type Place =
  | { readonly kind: 'registry'; readonly to: string }
  /** `root` ends in a slash, or is empty. */
  | { readonly kind: 's3' | 'gs'; readonly bucket: string; readonly root: string }
  | { readonly kind: 'directory'; readonly path: string };

export function parsePlace(text: string, workingDirectory: string): Place {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined && text !== '')
    return { kind: 'directory', path: resolve(workingDirectory, text) };
  const rest = text.slice((scheme?.length ?? 0) + 3);
  if (scheme === 'oci' && rest !== '') return { kind: 'registry', to: rest };
  if (scheme === 'file' && /^file:\/\/\/./.test(text))
    return { kind: 'directory', path: resolve(fileURLToPath(text)) };
  if (scheme === 's3' || scheme === 'gs') {
    const [bucket = '', ...names] = rest.split('/').filter((name) => name !== '');
    const isSafe = names.every((name) => name !== '.' && name !== '..');
    if (/^[a-z0-9][\w.-]{1,220}$/i.test(bucket) && isSafe)
      return { kind: scheme, bucket, root: names.map((name) => `${name}/`).join('') };
  }
  throw new Failure(unknownPlace(text));
}

function unknownPlace(text: string): Diagnostic {
  return error('request/invalid', {
    what: `${text} is no place to publish to`,
    why: 'images go to an OCI registry, releases to a bucket or a directory',
    help: 'write oci://REGISTRY/PREFIX, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, file:///DIR or a path',
  });
}
