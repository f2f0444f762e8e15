/**
 * A container engine that speaks Docker's API: Docker Engine, podman's service, and others that copy it. Own client: the
 * library brings 66 packages, three of them with install scripts, and an ssh that does not know the user's configuration.
 * This folder knows the protocol; what a build does with it is the business of `src/cli/container/`.
 */
import type { EngineConnection } from '../host/engine-connection.ts';
import { EngineApi, filters } from './api.ts';
import { EngineContainers } from './containers.ts';
import { EngineImages } from './images.ts';
import type { EngineEvent, EngineInfo, EngineVersion, Labels, Network, Volume } from './types.ts';

export class Engine {
  readonly containers: EngineContainers;
  readonly images: EngineImages;
  readonly volumes: EngineVolumes;
  readonly networks: EngineNetworks;
  readonly #api: EngineApi;

  constructor(connection: EngineConnection, signal?: AbortSignal) {
    this.#api = new EngineApi(connection, signal);
    this.containers = new EngineContainers(this.#api);
    this.images = new EngineImages(this.#api);
    this.volumes = new EngineVolumes(this.#api);
    this.networks = new EngineNetworks(this.#api);
  }

  /** For people: `unix:///var/run/docker.sock`. */
  get address(): string {
    return this.#api.connection.address;
  }

  async version(): Promise<EngineVersion> {
    const what = 'say its version';
    const version = await this.#api.json<EngineVersion>({ method: 'GET', path: '/version', what });
    return version ?? { Version: '', ApiVersion: '', Os: 'linux', Arch: '' };
  }

  async info(): Promise<EngineInfo> {
    const what = 'describe itself';
    return (await this.#api.json<EngineInfo>({ method: 'GET', path: '/info', what })) ?? {};
  }

  /** What happened at the engine between two times, in seconds since 1970. */
  async *events(since: number, until: number): AsyncGenerator<EngineEvent> {
    const query = { since, until };
    yield* this.#api.lines<EngineEvent>({
      ...{ method: 'GET', path: '/events', query, what: 'tell its events' },
    });
  }

  close(): Promise<void> {
    return this.#api.connection.close();
  }
}

class EngineVolumes {
  readonly #api: EngineApi;

  constructor(api: EngineApi) {
    this.#api = api;
  }

  inspect(name: string): Promise<Volume | undefined> {
    const path = `/volumes/${encodeURIComponent(name)}`;
    return this.#api.json({ method: 'GET', path, accept: [404], what: `look at the volume ${name}` });
  }

  async list(labels: readonly string[]): Promise<Volume[]> {
    const query = { filters: filters({ label: labels }) };
    const call = { method: 'GET', path: '/volumes', query, what: 'list its volumes' } as const;
    return [...((await this.#api.json<{ Volumes: Volume[] | null }>(call))?.Volumes ?? [])];
  }

  /** Makes a volume; one of that name is left as it is. */
  async create(name: string, labels: Labels): Promise<void> {
    const json = { Name: name, Labels: labels };
    await this.#api.json({
      ...{ method: 'POST', path: '/volumes/create', json, what: `create the volume ${name}` },
    });
  }

  /** False when a container still uses it. */
  async remove(name: string): Promise<boolean> {
    const path = `/volumes/${encodeURIComponent(name)}`;
    const answer = await this.#api.call({
      ...{ method: 'DELETE', path, accept: [404, 409], what: `remove the volume ${name}` },
    });
    await this.#api.text(answer, 0);
    return answer.status !== 409;
  }
}

class EngineNetworks {
  readonly #api: EngineApi;

  constructor(api: EngineApi) {
    this.#api = api;
  }

  async list(labels: readonly string[] = []): Promise<Network[]> {
    const query = labels.length > 0 ? { filters: filters({ label: labels }) } : {};
    const call = { method: 'GET', path: '/networks', query, what: 'list its networks' } as const;
    return [...((await this.#api.json<Network[]>(call)) ?? [])];
  }

  async create(name: string, labels: Labels): Promise<void> {
    const json = { Name: name, Labels: labels, CheckDuplicate: true };
    await this.#api.json({
      ...{ method: 'POST', path: '/networks/create', json, what: `create the network ${name}` },
    });
  }

  async remove(name: string): Promise<void> {
    const path = `/networks/${encodeURIComponent(name)}`;
    const answer = await this.#api.call({
      ...{ method: 'DELETE', path, accept: [404], what: `remove the network ${name}` },
    });
    await this.#api.text(answer, 0);
  }
}
