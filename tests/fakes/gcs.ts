/**
 * The part of Google Cloud Storage's JSON API that releases are published by, as its reference tells of it: unlike
 * fake-gcs-server it keeps what came of a broken request, and tells how much that is. Both pass the same tests.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Bucket } from '../integration/buckets.ts';

interface Stored {
  readonly bytes: Buffer;
  readonly facts: Readonly<Record<string, string>>;
  readonly generation: number;
}

interface Upload {
  readonly facts: Readonly<Record<string, string>>;
  bytes: Buffer;
}

/** An upload keeps whole pieces of this size alone. */
const KEPT = 256 * 1024;

export async function startFakeGcs(): Promise<Bucket> {
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, Upload>();
  let generation = 0;

  const put = (facts: Upload['facts'], bytes: Buffer, condition: string | null) => {
    const name = facts['name'] ?? '';
    const there = objects.get(name)?.generation ?? 0;
    if (condition !== null && Number(condition) !== there) return { status: 412 };
    const md5Hash = createHash('md5').update(bytes).digest('base64');
    if (facts['md5Hash'] !== undefined && facts['md5Hash'] !== md5Hash) return { status: 400 };
    objects.set(name, { bytes, facts: { ...facts, md5Hash }, generation: ++generation });
    return { status: 200, json: resource(name) };
  };
  const resource = (name: string) => {
    const { bytes, facts, generation: own } = objects.get(name) as Stored;
    return { ...facts, name, size: String(bytes.length), generation: String(own) };
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const [, prefix, bucket, name] =
      /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    const key = name === undefined ? undefined : decodeURIComponent(name);
    const session = url.searchParams.get('upload_id');
    if (request.method === 'PUT' && session !== null) return receive(request, response, session);
    const { bytes: body, isWhole } = await bodyOf(request);
    if (!isWhole) return;
    if (bucket !== 'fruit')
      return answer(response, 404, { error: { message: 'The specified bucket does not exist.' } });
    if (prefix) return upload(request, response, url, body);
    if (key === undefined) return answer(response, 200, listed(url));
    if (!objects.has(key)) return answer(response, 404, { error: { message: `No such object: ${key}` } });
    if (request.method === 'DELETE') return answer(response, objects.delete(key) ? 204 : 404);
    if (url.searchParams.get('alt') === 'media') return void response.end(objects.get(key)?.bytes);
    answer(response, 200, resource(key));
  });

  /** Few at a time, so that whoever asks has to ask again. */
  const listed = (url: URL) => {
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    const names = [...objects.keys()].filter((one) => one.startsWith(url.searchParams.get('prefix') ?? ''));
    const size = Number(url.searchParams.get('maxResults') ?? 20);
    const items = names
      .sort()
      .slice(from, from + size)
      .map(resource);
    return { items, ...(from + size < names.length ? { nextPageToken: String(from + size) } : {}) };
  };

  const upload = (request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer) => {
    if (url.searchParams.get('uploadType') === 'resumable') {
      const id = randomBytes(8).toString('hex');
      uploads.set(id, { facts: JSON.parse(body.toString()), bytes: Buffer.alloc(0) });
      response.setHeader('location', `http://${request.headers.host}${url.pathname}?upload_id=${id}`);
      return answer(response, 200);
    }
    const boundary = /boundary=(.*)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? '';
    const text = body.toString('latin1');
    const [, facts = '', content = ''] = text.split(`--${boundary}`);
    const inner = (part: string) => part.slice(part.indexOf('\r\n\r\n') + 4, -2);
    const json = JSON.parse(Buffer.from(inner(facts), 'latin1').toString());
    const { status, json: told } = put(
      json,
      Buffer.from(inner(content), 'latin1'),
      url.searchParams.get('ifGenerationMatch'),
    );
    answer(response, status, told);
  };

  const receive = async (request: IncomingMessage, response: ServerResponse, id: string) => {
    const upload = uploads.get(id);
    const { bytes, isWhole } = await bodyOf(request);
    if (!upload) return answer(response, 410);
    const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(request.headers['content-range'] ?? '');
    const [from, total] = [range?.[1], Number(range?.[2])];
    if (from !== undefined) {
      // What is there already is passed over; a gap is an error.
      if (Number(from) > upload.bytes.length) return answer(response, 503);
      const fresh = bytes.subarray(upload.bytes.length - Number(from));
      const length = upload.bytes.length + fresh.length;
      const kept = isWhole ? length : length - (length % KEPT);
      upload.bytes = Buffer.concat([upload.bytes, fresh]).subarray(0, Math.max(kept, upload.bytes.length));
    }
    if (upload.bytes.length === total) {
      // Asked again about a finished upload, the server tells of the object.
      const { status, json } = put(upload.facts, upload.bytes, null);
      return answer(response, status, json);
    }
    if (upload.bytes.length > 0) response.setHeader('range', `bytes=0-${upload.bytes.length - 1}`);
    answer(response, 308);
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    ...{ endpoint: `http://127.0.0.1:${port}`, data: '' },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What came of a body, and whether that is all of it. */
async function bodyOf(request: IncomingMessage): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return { bytes: Buffer.concat(chunks), isWhole: request.complete };
  } catch {
    return { bytes: Buffer.concat(chunks), isWhole: false };
  }
}

function answer(response: ServerResponse, status: number, json?: unknown): void {
  response.statusCode = status;
  if (json === undefined) response.end();
  else response.setHeader('content-type', 'application/json').end(JSON.stringify(json));
}
