/** Containers of an engine. A name or id that is not there is an answer, not an error, wherever that makes sense. */
import type { EngineStream } from '../host/engine-connection.ts';
import { type EngineApi, filters } from './api.ts';
import type { ContainerInspect, ContainerSpec, ContainerSummary } from './types.ts';

export class EngineContainers {
  readonly #api: EngineApi;

  constructor(api: EngineApi) {
    this.#api = api;
  }

  inspect(id: string): Promise<ContainerInspect | undefined> {
    return this.#api.json({
      ...{ method: 'GET', path: `${at(id)}/json`, accept: [404], what: `look at the container ${id}` },
    });
  }

  /** All containers, running or not, that carry every label (`key` or `key=value`). */
  async list(labels: readonly string[]): Promise<ContainerSummary[]> {
    const query = { all: true, filters: filters({ label: labels }) };
    const found = await this.#api.json<ContainerSummary[]>({
      ...{ method: 'GET', path: '/containers/json', query, what: 'list its containers' },
    });
    return [...(found ?? [])];
  }

  /** Creates a container and returns its id. */
  async create(name: string, spec: ContainerSpec): Promise<string> {
    const made = await this.#api.json<{ Id: string }>({
      ...{ method: 'POST', path: '/containers/create', query: { name }, json: spec },
      what: `create the container ${name}`,
    });
    return made?.Id ?? name;
  }

  start(id: string): Promise<void> {
    return this.#done('POST', `${at(id)}/start`, `start the container ${id}`, [304]);
  }

  /** Joins the streams of a container; attached before it starts, nothing of its output is missed. */
  attach(id: string, streams: { readonly stdin: boolean }): Promise<EngineStream> {
    return this.#api.stream({
      ...{ method: 'POST', path: `${at(id)}/attach` },
      query: { stream: true, stdin: streams.stdin, stdout: true, stderr: true },
      what: `attach to the container ${id}`,
    });
  }

  /** Waits until a container has ended; its exit status. */
  async wait(id: string, signal?: AbortSignal): Promise<number> {
    const ended = await this.#api.json<{ StatusCode: number; Error?: { Message?: string } | null }>({
      ...{ method: 'POST', path: `${at(id)}/wait`, what: `wait for the container ${id}` },
      ...{ firstByteMilliseconds: Number.POSITIVE_INFINITY, signal },
    });
    return ended?.StatusCode ?? -1;
  }

  /** Sends a signal; nothing happens to a container that has ended or is not there. */
  kill(id: string, name = 'SIGKILL'): Promise<void> {
    const path = `${at(id)}/kill?signal=${name}`;
    return this.#done('POST', path, `stop the container ${id}`, [404, 409, 500]);
  }

  /** Ends and removes a container with its anonymous volumes. */
  remove(id: string): Promise<void> {
    const path = `${at(id)}?force=true&v=true`;
    return this.#done('DELETE', path, `remove the container ${id}`, [404, 409]);
  }

  resize(id: string, rows: number, columns: number): Promise<void> {
    const path = `${at(id)}/resize?h=${rows}&w=${columns}`;
    return this.#done('POST', path, `resize the terminal of ${id}`, [400, 404, 409, 500]);
  }

  /** Unpacks a tar below a directory of a container, which may be running or not. */
  async putArchive(
    id: string,
    path: string,
    archive: AsyncIterable<Uint8Array> | Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const answer = await this.#api.call({
      ...{ method: 'PUT', path: `${at(id)}/archive`, query: { path }, bytes: archive },
      ...{ what: `take files for ${path}`, firstByteMilliseconds: LONG, signal },
    });
    await this.#api.text(answer, 0);
  }

  /** A path of a container as a tar, names beginning with its last part; undefined when there is none. */
  async getArchive(id: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const answer = await this.#api.call({
      ...{ method: 'GET', path: `${at(id)}/archive`, query: { path }, accept: [404] },
      ...{ what: `hand out ${path}`, firstByteMilliseconds: LONG },
    });
    if (answer.status !== 404) return this.#api.body(answer);
    await this.#api.text(answer, 0);
    return undefined;
  }

  /** What a container wrote so far, framed as attached streams are. */
  async logs(id: string, tail: number): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#api.call({
      ...{ method: 'GET', path: `${at(id)}/logs`, query: { stdout: true, stderr: true, tail } },
      what: `hand out the output of ${id}`,
    });
    return this.#api.body(answer);
  }

  async #done(
    method: 'POST' | 'DELETE',
    path: string,
    what: string,
    accept: readonly number[],
  ): Promise<void> {
    await this.#api.text(await this.#api.call({ method, path, what, accept }), 0);
  }
}

const LONG = 30 * 60_000;

function at(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}
