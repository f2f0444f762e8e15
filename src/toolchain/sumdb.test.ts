import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { lookUpSum, parseSumDatabase } from './sumdb.ts';

const MODULE = 'golang.org/toolchain';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = Buffer.concat([Buffer.of(1), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
const NAME = 'sums.example';
const KEY_ID = hash('sha256', Buffer.concat([Buffer.from(`${NAME}\n`), KEY]), 'hex').slice(0, 8);
const SETTING = `${NAME}+${KEY_ID}+${KEY.toString('base64')}`;

const leafHash = (text: string) => hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from(text)]), 'buffer');
const nodeHash = (a: Buffer, b: Buffer) => hash('sha256', Buffer.concat([Buffer.of(1), a, b]), 'buffer');

/** RFC 6962, section 2.1, word for word: the tree's hash from all its leaves. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** A database of `size` records that answers like the real one. */
function database(size: number, changes: { answer?: (text: string) => string } = {}) {
  const records = Array.from(
    { length: size },
    (_, i) => `${MODULE} v${i} h1:sum${i}\n${MODULE} v${i}/go.mod h1:mod${i}\n`,
  );
  const leaves = records.map(leafHash);
  const head = `go.sum database tree\n${size}\n${rootOf(leaves).toString('base64')}\n`;
  const signature = Buffer.concat([Buffer.from(KEY_ID, 'hex'), sign(null, Buffer.from(head), privateKey)]);
  return async (path: string): Promise<Buffer> => {
    const version = /^lookup\/.*@v(\d+)$/.exec(path)?.[1];
    if (version !== undefined) {
      const text = `${version}\n${records[Number(version)]}\n${head}\n\u2014 ${NAME} ${signature.toString('base64')}\n`;
      return Buffer.from(changes.answer?.(text) ?? text);
    }
    const [, level, number, width] = /^tile\/8\/(\d+)\/([x\d/]+)(?:\.p\/(\d+))?$/.exec(path) ?? [];
    const span = 256 ** Number(level);
    const first = Number(number?.replaceAll(/[x/]/g, '')) * 256;
    return Buffer.concat(
      Array.from({ length: Number(width ?? 256) }, (_, i) =>
        rootOf(leaves.slice((first + i) * span, (first + i + 1) * span)),
      ),
    );
  };
}

function lookUp(size: number, version: number, answer?: (text: string) => string): Promise<string> {
  const setting = parseSumDatabase(SETTING);
  if (!setting) throw new Error('the test key does not parse');
  return lookUpSum(setting, MODULE, `v${version}`, database(size, answer ? { answer } : {}));
}

test('a sum is proven in trees of every shape', async () => {
  for (const size of [1, 2, 3, 7, 8, 255, 256, 257, 511, 700]) {
    for (const version of new Set([0, Math.floor(size / 2), size - 1])) {
      expect(await lookUp(size, version)).toBe(`h1:sum${version}`);
    }
  }
});

test('a changed sum, a record moved to another number, and an unsigned head are refused', async () => {
  await expect(lookUp(300, 5, (text) => text.replace('h1:sum5', 'h1:evil'))).rejects.toThrow('cannot prove');
  await expect(lookUp(300, 5, (text) => text.replace(/^5\n/, '6\n'))).rejects.toThrow('cannot prove');
  await expect(lookUp(300, 5, (text) => text.replace('\n300\n', '\n301\n'))).rejects.toThrow('did not sign');
  await expect(lookUp(300, 5, () => '<html>login</html>')).rejects.toThrow('an answer of another form');
});

test('the setting of Go is understood: a name, a name with an address, a key, and off', () => {
  expect(parseSumDatabase('off')).toBeUndefined();
  expect(parseSumDatabase('sums.nobody.example')).toBeUndefined();
  expect(parseSumDatabase(`${SETTING} https://mirror.example/sums`)).toMatchObject({
    name: NAME,
    url: 'https://mirror.example/sums',
  });
  expect(parseSumDatabase(SETTING.replace(KEY_ID, '00000000'))).toBeUndefined();
  // The key of the Go project counts only under the name that its id was made with, and no name is built in.
  expect(parseSumDatabase(undefined)).toBeUndefined();
  expect(parseSumDatabase('sums.example')).toBeUndefined();
});
