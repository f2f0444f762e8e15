/** Who we are for Google Cloud Storage: an access token that is given, or a service account that asks for one (RFC 7523). */
import { createSign } from 'node:crypto';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { isLoopback } from '../../formats/oci/reference.ts';
import type { Host } from '../../host/host.ts';
import type { Network } from '../../host/network.ts';

/** Gives the value of Authorization; undefined: asked as anybody. */
export interface GcsIdentity {
  readonly authorization: () => Promise<string | undefined>;
  /** Where it comes from, for messages. */
  readonly from: string | undefined;
}

interface ServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
  readonly token_uri: string;
}

export const GCS_LOOKED =
  'name the key file of a service account in GOOGLE_APPLICATION_CREDENTIALS, or give a token: CLOUDSDK_AUTH_ACCESS_TOKEN=$(gcloud auth print-access-token)';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
const LIFETIME_SECONDS = 3600;
/** A token is renewed before it ends, so that no request ends with it. */
const MARGIN_SECONDS = 300;
const TOKEN_LIMIT = 256 * 1024;

export function gcsIdentity(host: Host, network: Network): GcsIdentity {
  const { CLOUDSDK_AUTH_ACCESS_TOKEN: token, GOOGLE_APPLICATION_CREDENTIALS: file } = host.environment;
  if (token) return { authorization: async () => `Bearer ${token}`, from: 'CLOUDSDK_AUTH_ACCESS_TOKEN' };
  if (!file) return { authorization: async () => undefined, from: undefined };
  const account = readAccount(host, file);
  let known: { readonly value: string; readonly until: number } | undefined;
  return {
    from: `${file} (${account.client_email})`,
    authorization: async () => {
      const now = host.clock.now() / 1000;
      if (!known || known.until < now) {
        const value = await askToken(network, account, file, Math.floor(now));
        known = { value, until: now + LIFETIME_SECONDS - MARGIN_SECONDS };
      }
      return `Bearer ${known.value}`;
    },
  };
}

function readAccount(host: Host, file: string): ServiceAccount {
  let read: Partial<ServiceAccount> & { readonly type?: string } = {};
  try {
    read = JSON.parse(host.files.readTextIfAny(file) ?? '') as typeof read;
  } catch {
    throw new Failure(unusable(file, host.files.isFile(file) ? 'it is no JSON' : 'there is no such file'));
  }
  const { client_email, private_key, private_key_id, token_uri } = read;
  if (read.type !== 'service_account' || !client_email || !private_key || !token_uri)
    throw new Failure(
      unusable(file, `it is of type ${read.type ?? '(none)'}, and not the key of a service account`),
    );
  const url = URL.canParse(token_uri) ? new URL(token_uri) : undefined;
  // The private key proves who we are to whoever this names.
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.host)))
    throw new Failure(unusable(file, `its token_uri is no https address: ${token_uri}`));
  return { client_email, private_key, token_uri, ...(private_key_id ? { private_key_id } : {}) };
}

async function askToken(
  network: Network,
  account: ServiceAccount,
  file: string,
  now: number,
): Promise<string> {
  const answer = await network.exchange({
    ...{ method: 'POST', url: account.token_uri, what: 'an access token', mayRepeat: true },
    ...{ setting: `token_uri in ${file}`, limitBytes: TOKEN_LIMIT },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(
      new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: assertionOf(account, file, now),
      }).toString(),
    ),
  });
  const words = answer.body.toString('utf8');
  try {
    const { access_token: token } = JSON.parse(words) as { access_token?: string };
    if (answer.status === 200 && token) return token;
  } catch {
    // Told below.
  }
  throw new Failure(
    unusable(file, `${new URL(account.token_uri).host} gave no token for it: ${answer.status}`),
  );
}

/** RFC 7523: what we are, signed. */
function assertionOf(account: ServiceAccount, file: string, now: number): string {
  const { client_email: iss, private_key_id: kid, private_key: key, token_uri: aud } = account;
  const claims = { iss, aud, scope: SCOPE, iat: now, exp: now + LIFETIME_SECONDS };
  const parts = [{ alg: 'RS256', typ: 'JWT', ...(kid ? { kid } : {}) }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
  } catch {
    throw new Failure(unusable(file, 'its private_key is no RSA key'));
  }
}

function unusable(file: string, why: string): Diagnostic {
  return error('bucket/credentials', {
    what: `the credentials in ${file} cannot be used`,
    where: [{ file }],
    why,
    help: GCS_LOOKED,
  });
}
