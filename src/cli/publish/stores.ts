/** Opens the store that a place names, with the address and the credentials of the environment and the configuration. */
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { isLoopback } from '../../formats/oci/reference.ts';
import type { Network } from '../../host/network.ts';
import type { ObjectStore } from '../../objectstore/store.ts';
import type { Session } from '../session.ts';
import { uploadMemory } from '../uploads.ts';
import type { Place } from './place.ts';

export interface OpenStore {
  readonly store: ObjectStore;
  close(): Promise<void>;
}

type StorePlace = Exclude<Place, { kind: 'registry' }>;

/** Where a bucket's server is named, strongest first. */
const SETTINGS = {
  s3: 'AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL in the environment, endpoint_url in ~/.aws/config, or buckets.s3.endpoint in kubewright.yaml',
  gs: 'STORAGE_EMULATOR_HOST or CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE in the environment, or buckets.gs.endpoint in kubewright.yaml',
} as const;

export async function openStore(session: Session, place: StorePlace): Promise<OpenStore> {
  const { context } = session;
  const { host, options, signal } = context;
  if (place.kind === 'directory') {
    const { DirectoryStore } = await import('../../objectstore/directory.ts');
    return { store: new DirectoryStore(host, place.path), close: async () => {} };
  }
  const { openNetwork } = await import('../../host/network.ts');
  const network = openNetwork(host, { offline: options.offline, signal });
  const close = () => network.close();
  try {
    const store =
      place.kind === 's3' ? await openS3(session, place, network) : await openGcs(session, place, network);
    return { store, close };
  } catch (problem) {
    await close();
    throw problem;
  }
}

async function openS3(
  session: Session,
  { bucket }: { bucket: string },
  network: Network,
): Promise<ObjectStore> {
  const { config, context, own } = session;
  const { host } = context;
  const { environment } = host;
  const { findS3Credentials, readProfile } = await import('../../objectstore/s3/credentials.ts');
  const { S3Store } = await import('../../objectstore/s3/store.ts');
  const profile = readProfile(host);
  const endpoint =
    environment['AWS_ENDPOINT_URL_S3'] ||
    environment['AWS_ENDPOINT_URL'] ||
    profile.values['endpoint_url'] ||
    config.buckets?.s3?.endpoint;
  const region =
    environment['AWS_REGION'] ||
    environment['AWS_DEFAULT_REGION'] ||
    profile.values['region'] ||
    config.buckets?.s3?.region ||
    'us-east-1';
  const credentials = await findS3Credentials(host, profile);
  return new S3Store({
    ...{ bucket, region, host, network, setting: SETTINGS.s3 },
    endpoint: checkedEndpoint(session, `s3://${bucket}`, endpoint, SETTINGS.s3),
    ...(credentials ? { credentials } : {}),
    scratch: `${own}/publish/read-back`,
  });
}

async function openGcs(
  session: Session,
  { bucket }: { bucket: string },
  network: Network,
): Promise<ObjectStore> {
  const { config, context, own } = session;
  const { host } = context;
  const { STORAGE_EMULATOR_HOST: emulator, CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: named } =
    host.environment;
  const { gcsIdentity } = await import('../../objectstore/gcs/credentials.ts');
  const { GcsStore } = await import('../../objectstore/gcs/store.ts');
  // Google's own libraries take the emulator without a scheme too.
  const local = emulator && !emulator.includes('://') ? `http://${emulator}` : emulator;
  const endpoint = local || named?.replace(/\/storage\/v1\/?$/, '') || config.buckets?.gs?.endpoint;
  return new GcsStore({
    ...{ bucket, host, network, setting: SETTINGS.gs, scratch: `${own}/publish/read-back` },
    endpoint: checkedEndpoint(session, `gs://${bucket}`, endpoint, SETTINGS.gs),
    identity: gcsIdentity(host, network),
    memory: uploadMemory(session, `gs://${bucket}`),
  });
}

/** http only to this machine and to hosts that are named insecure (reliability R6.6). */
function checkedEndpoint(
  { config }: Session,
  place: string,
  endpoint: string | undefined,
  setting: string,
): string {
  if (!endpoint) throw new Failure(noEndpoint(place, 'no address of its server is set', setting));
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'https:') return endpoint;
  if (url?.protocol !== 'http:') throw new Failure(noEndpoint(place, `${endpoint} is no address`, setting));
  if (isLoopback(url.host) || config.registries?.insecure?.includes(url.host)) return endpoint;
  const why = `${endpoint} is asked without encryption, and registries.insecure in kubewright.yaml does not name ${url.host}`;
  throw new Failure(noEndpoint(place, why, setting));
}

function noEndpoint(place: string, why: string, setting: string): Diagnostic {
  return error('bucket/no-endpoint', {
    what: `where ${place} is kept is not known`,
    why,
    help: `name the https address of the server, as its provider documents it: ${setting}`,
  });
}
