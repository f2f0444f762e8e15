/** What a registry asks for when it answers 401 (RFC 9110 11.6, OCI distribution-spec token authentication). */

export type Challenge =
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string }
  | { readonly scheme: 'basic' };

/** Reads WWW-Authenticate; Bearer wins when both are offered. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (!header) return undefined;
  const bearer = /\bbearer\s+(.*)/is.exec(header);
  if (bearer) {
    const parameters = Object.fromEntries(
      [...(bearer[1] ?? '').matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)].map(
        ([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain ?? ''],
      ),
    );
    const { realm, service, scope } = parameters;
    if (!realm) return undefined;
    return { scheme: 'bearer', realm, ...(service ? { service } : {}), ...(scope ? { scope } : {}) };
  }
  return /\bbasic\b/i.test(header) ? { scheme: 'basic' } : undefined;
}

/**
 * Why a realm may not be given a password; undefined when it may (reliability R6.5). `own` is the registry's address.
 */
export function refusedRealm(realm: string, own: URL): string | undefined {
  if (!URL.canParse(realm)) return 'it is no address';
  const url = new URL(realm);
  if (url.host === own.host && url.protocol === own.protocol) return undefined;
  if (url.protocol !== 'https:') return 'a password would go there unencrypted';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isPrivate =
    host === 'localhost' ||
    /^(127|10|0)\./.test(host) ||
    /^192\.168\./.test(host) ||
    /^169\.254\./.test(host) ||
    /^172\.(1[6-9]|2\d|3[01])\./.test(host) ||
    /^(::1?$|f[cde])/i.test(host);
  return isPrivate && host !== own.hostname ? 'it is an address inside a private network' : undefined;
}
