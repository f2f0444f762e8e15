/**
 * Go's checksum database, read without a Go: a record counts only when a signed tree head holds it, proven by
 * the hashes between the record and the root (RFC 6962, in tiles of height 8).
 */
import { createPublicKey, hash, verify } from 'node:crypto';

/**
 * Signs the Go project's own database: the trust anchor that every Go since 1.13 carries, without the name it
 * is signed under. The name comes from the user's GOSUMDB, and only the right one gives this id with the key.
 */
const GO_PROJECT_KEY = { id: '033de0ae', key: 'Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8' };

/** A database and the key that must have signed its answers. */
export interface SumDatabase {
  readonly name: string;
  /** Algorithm byte and Ed25519 public key. */
  readonly key: Uint8Array;
  /** Address when the setting gives one; otherwise only proxies are asked. */
  readonly url?: string;
}

/** Thrown when an answer is not what the key signed; the message completes `the checksum database `. */
export class SumDatabaseRefused extends Error {}

/** Reads a GOSUMDB setting; undefined for none, `off`, or a database whose key is unknown. */
export function parseSumDatabase(setting: string | undefined): SumDatabase | undefined {
  const [verifier = '', url] = (setting ?? '').trim().split(/\s+/);
  if (!verifier || verifier === 'off') return undefined;
  const isBareName = !verifier.includes('+');
  const [name = '', id, ...rest] = isBareName
    ? [verifier, GO_PROJECT_KEY.id, GO_PROJECT_KEY.key]
    : verifier.split('+');
  const key = Buffer.from(rest.join('+'), 'base64');
  if (!name || key.length !== 33 || key[0] !== 1 || keyId(name, key) !== id) return undefined;
  if (url) return { name, key, url };
  return isBareName ? { name, key, url: `https://${name}` } : { name, key };
}

/** Fetches a path below the database: `lookup/…` as text, `tile/…` as bytes in latin1. */
export type FetchFromDatabase = (path: string) => Promise<Buffer>;

/**
 * The `h1:` sum of a module version, proven. Throws SumDatabaseRefused when the proof fails, and whatever
 * `fetch` throws when the database cannot be had.
 */
export async function lookUpSum(
  database: SumDatabase,
  module: string,
  version: string,
  fetch: FetchFromDatabase,
): Promise<string> {
  const answer = (await fetch(`lookup/${module}@${version}`)).toString('utf8');
  const match = /^(\d+)\n((?:[^\n]+\n)+)\n([\s\S]+)$/.exec(answer);
  if (!match) throw new SumDatabaseRefused('gave an answer of another form');
  const [, id = '', record = '', note = ''] = match;
  const head = readTreeHead(note, database);
  const leaf = hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from(record)]), 'buffer');
  const root = await new TileReader(head.size, fetch).rootWith(Number(id), leaf);
  if (!root.equals(head.root)) throw new SumDatabaseRefused('cannot prove that it holds this record');
  const line = record.split('\n').find((text) => text.startsWith(`${module} ${version} h1:`));
  if (!line) throw new SumDatabaseRefused('answered with the record of another module');
  return line.slice(line.lastIndexOf(' ') + 1);
}

interface TreeHead {
  readonly size: number;
  readonly root: Buffer;
}

/** Checks the signature of a note: text, empty line, then `— name base64(key id, signature)` lines. */
function readTreeHead(note: string, database: SumDatabase): TreeHead {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const wanted = keyId(database.name, database.key);
  const signed = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
      const signature = Buffer.from(encoded ?? '', 'base64');
      if (name !== database.name || signature.subarray(0, 4).toString('hex') !== wanted) return false;
      return verify(null, Buffer.from(text), publicKey(database.key), signature.subarray(4));
    });
  if (!signed) throw new SumDatabaseRefused(`did not sign its answer with the key of ${database.name}`);
  const [title, size, root] = text.split('\n');
  if (title !== 'go.sum database tree') throw new SumDatabaseRefused('signed something that is no tree head');
  return { size: Number(size), root: Buffer.from(root ?? '', 'base64') };
}

function keyId(name: string, key: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), key]), 'hex').slice(0, 8);
}

/** RFC 8410: the fixed head of an Ed25519 SubjectPublicKeyInfo, then the 32 bytes of the key. */
function publicKey(key: Uint8Array) {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

const HEIGHT = 8;
const WIDTH = 2 ** HEIGHT;
const HASH_BYTES = 32;

/** Computes the root of the tree from one leaf of ours and the hashes of all other subtrees, read from tiles. */
class TileReader {
  readonly #size: number;
  readonly #fetch: FetchFromDatabase;
  readonly #tiles = new Map<string, Promise<Buffer>>();

  constructor(size: number, fetch: FetchFromDatabase) {
    this.#size = size;
    this.#fetch = fetch;
  }

  async rootWith(index: number, leaf: Buffer): Promise<Buffer> {
    if (!(index < this.#size)) throw new SumDatabaseRefused('names a record beyond its own size');
    return this.#range(0, this.#size, index, leaf);
  }

  async #range(low: number, high: number, index: number, leaf: Buffer): Promise<Buffer> {
    const ours = low <= index && index < high;
    if (ours && high - low === 1) return leaf;
    const level = Math.log2(high - low);
    if (!ours && Number.isInteger(level)) return this.#subtree(level, low / (high - low));
    const middle = low + 2 ** (Math.ceil(level) - 1);
    return node(await this.#range(low, middle, index, leaf), await this.#range(middle, high, index, leaf));
  }

  /** Hash of the complete subtree of 2^level leaves that is the index-th of its level. */
  async #subtree(level: number, index: number): Promise<Buffer> {
    const tileLevel = Math.floor(level / HEIGHT);
    const span = 2 ** (level % HEIGHT);
    const first = index * span;
    const tile = await this.#tile(tileLevel, Math.floor(first / WIDTH));
    const offset = (first % WIDTH) * HASH_BYTES;
    let hashes = Array.from({ length: span }, (_, i) =>
      tile.subarray(offset + i * HASH_BYTES, offset + (i + 1) * HASH_BYTES),
    );
    while (hashes.length > 1) {
      const pairs = hashes;
      hashes = Array.from({ length: pairs.length / 2 }, (_, i) =>
        node(pairs[2 * i] ?? EMPTY, pairs[2 * i + 1] ?? EMPTY),
      );
    }
    return hashes[0] ?? EMPTY;
  }

  async #tile(level: number, number: number): Promise<Buffer> {
    const full = Math.floor(this.#size / WIDTH ** level);
    const width = Math.min(WIDTH, full - number * WIDTH);
    const path = `tile/${HEIGHT}/${level}/${tileNumber(number)}${width < WIDTH ? `.p/${width}` : ''}`;
    const known = this.#tiles.get(path) ?? this.#fetch(path);
    this.#tiles.set(path, known);
    const tile = await known;
    if (tile.length !== width * HASH_BYTES)
      throw new SumDatabaseRefused(`gave a tile of ${tile.length} bytes`);
    return tile;
  }
}

const EMPTY = Buffer.alloc(0);

function node(left: Buffer, right: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');
}

/** 1234067 is written `x001/x234/067`. */
function tileNumber(number: number): string {
  const groups = [];
  for (let rest = number; ; rest = Math.floor(rest / 1000)) {
    groups.unshift(`${groups.length > 0 ? 'x' : ''}${String(rest % 1000).padStart(3, '0')}`);
    if (rest < 1000) return groups.join('/');
  }
}
