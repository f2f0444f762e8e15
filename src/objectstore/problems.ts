/** What buckets refuse, as letters to the reader. */
import { type Diagnostic, error } from '../diagnostic/diagnostic.ts';

/** Words of a store about a request that it refused. */
export interface Refusal {
  /** `s3://bucket` */
  readonly store: string;
  readonly status: number;
  /** `AccessDenied`; empty when it has none. */
  readonly code: string;
  readonly message: string;
  /** What was asked: `PUT v1.20.2/kubernetes.tar.gz`. */
  readonly asked: string;
  /** Where the credentials come from; undefined: there are none. */
  readonly credentials: string | undefined;
  /** Where credentials are looked for. */
  readonly looked: string;
  /** The settings that lead to another address. */
  readonly setting: string;
}

/** The letter about an answer that is no success. `isMissing`: the bucket is not there; `isUnknown`: we are not known. */
export function refused(
  refusal: Refusal,
  kind: 'missing' | 'credentials' | 'forbidden' | 'other',
): Diagnostic {
  const { store, status, code, message, asked, credentials, looked, setting } = refusal;
  const words = [code, message].filter(Boolean).join(': ').slice(0, 300);
  const told = `it answered ${status}${words ? ` (${words})` : ''} to ${asked}`;
  switch (kind) {
    case 'missing':
      return error('bucket/missing', {
        what: `there is no bucket ${store}`,
        why: told,
        help: `make the bucket first, or correct its name; another server is named by ${setting}`,
      });
    case 'credentials':
      return error('bucket/credentials', {
        what:
          credentials === undefined
            ? `${store} wants to know who we are, and no credentials were found`
            : `${store} does not take the credentials of ${credentials}`,
        why: told,
        help: `${looked}; a clock that is wrong by minutes makes right ones fail too`,
      });
    case 'forbidden':
      return error('bucket/refused', {
        what: `${store} may not be used like that with ${credentials === undefined ? 'no credentials' : `the credentials of ${credentials}`}`,
        why: told,
        help: 'give the account the right to list, read and write below this prefix, or use another account; no marker was moved',
      });
    case 'other':
      return error('bucket/failed', {
        what: `${store} answered with an error`,
        why: told,
        help: 'run the command again: what is there is not sent twice. If it stays so, the log of the server says more',
      });
  }
}

/** The letter about an object that is not what was sent. */
export function notKept(store: string, key: string): Diagnostic {
  return error('bucket/not-kept', {
    what: `${store} took ${key}, and has something else or nothing there`,
    why: 'every object is asked for again after it was sent; no list of checksums was written and no marker was moved',
    help: 'run the command again; if it stays so, somebody else writes there, or the storage of the server is damaged',
  });
}
