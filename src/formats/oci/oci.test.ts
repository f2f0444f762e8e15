import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { capabilityBytes } from '../capability.ts';
import { parseDockerfile } from '../dockerfile.ts';
import { type TarMember, tar } from '../tar.ts';
import { configOf, indexOf, manifestOf } from './assemble.ts';
import { ARCHIVE_LIMITS, readLayer } from './layer.ts';
import { imageTag, isLoopback, parseReference, referenceText } from './reference.ts';
import { joinLayers, missingParents, placeIn } from './rootfs.ts';
import { MEDIA, parseConfig, parseDocument } from './types.ts';

describe('references', () => {
  test.each([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['aarch64/busybox:1', 'docker.io/aarch64/busybox:1'],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
    ['k8s.gcr.io/build-image/go-runner:v2', 'k8s.gcr.io/build-image/go-runner:v2'],
    [`a.b/c@sha256:${'0'.repeat(64)}`, `a.b/c@sha256:${'0'.repeat(64)}`],
  ])('%s is %s', (given, whole) => {
    const reference = parseReference(given);
    expect(reference && referenceText(reference)).toBe(whole);
  });

  test.each(['', 'A/b', 'a.b/c:', 'a.b/../c', 'a.b/c@sha256:12', 'a b', 'a.b/c:x/y@', 'https://a.b/c'])(
    '%j is none',
    (given) => expect(parseReference(given)).toBeUndefined(),
  );

  test('a version becomes a tag, and this machine is told from others', () => {
    expect(imageTag('v1.2.3-4+dirty+x')).toBe('v1.2.3-4_dirty_x');
    expect(
      ['127.0.0.1:5000', 'localhost', '[::1]:80', '10.0.0.1', 'localhost.example'].map(isLoopback),
    ).toEqual([true, true, true, false, false]);
  });
});

describe('documents', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const layer = { mediaType: MEDIA.layerGzip, digest, size: 7 };

  test('an image keeps what its base says, and adds to it', () => {
    const base = parseConfig(
      Buffer.from(
        JSON.stringify({
          ...{ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] } },
          config: { Env: ['PATH=/bin', 'A=1'], Entrypoint: ['/go-runner'], Cmd: ['x'], Labels: { z: '1' } },
        }),
      ),
    );
    const changes = { entrypoint: ['/p'], environment: ['A=2'], labels: { a: '1' }, user: '1' };
    const own = [{ diffId: `sha256:${'b'.repeat(64)}`, createdBy: 'COPY p /p' }];
    const { bytes } = configOf({ os: 'linux', arch: 'amd64' }, base, changes, own, 0);
    expect(JSON.parse(bytes.toString())).toEqual({
      ...{ created: '1970-01-01T00:00:00Z', architecture: 'amd64', os: 'linux' },
      config: {
        ...{ Env: ['PATH=/bin', 'A=2'], Entrypoint: ['/p'], User: '1' },
        Labels: { a: '1', z: '1' },
      },
      rootfs: { type: 'layers', diff_ids: [digest, own[0]?.diffId] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'COPY p /p' }],
    });
  });

  test('a manifest names OCI’s media types for Docker’s', () => {
    const { bytes, descriptor } = manifestOf(layer, [{ ...layer, mediaType: MEDIA.dockerLayerGzip }]);
    expect(parseDocument(bytes)).toMatchObject({ kind: 'manifest', manifest: { layers: [layer] } });
    expect(parseDocument(indexOf([descriptor]).bytes)).toMatchObject({ kind: 'index' });
  });

  test.each([
    ['both kinds at once', { config: layer, layers: [], manifests: [] }, 'both a manifest and an index'],
    ['another media type than it was sent as', { mediaType: MEDIA.index, manifests: [] }, 'says that it is'],
    ['schema 1', { schemaVersion: 1 }, 'schema 1'],
    ['a weak digest', { config: { ...layer, digest: 'md5:1' }, layers: [] }, 'SHA-256'],
    ['a size that is none', { config: { ...layer, size: -1 }, layers: [] }, 'no size'],
  ])('%s is refused', (_, document, message) => {
    expect(() => parseDocument(Buffer.from(JSON.stringify(document)), MEDIA.manifest)).toThrow(message);
  });
});

/** A tar archive of members, as a stream. */
async function bytesOf(...members: (Partial<TarMember['entry']> & { path: string; content?: Buffer })[]) {
  const all = members.map(({ content, ...entry }) => ({
    entry: { ...{ kind: 'file', mode: 0o644, size: content?.length ?? 0 }, ...entry } as TarMember['entry'],
    ...(content ? { content } : {}),
  }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar(all)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* stream(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

describe('layers', () => {
  test('tell directories, links and what they remove, compressed or not', async () => {
    const plain = await bytesOf(
      { path: 'usr/bin', kind: 'directory' },
      { path: 'bin', kind: 'symlink', target: 'usr/bin' },
      { path: 'usr/bin/a', content: Buffer.alloc(3000, 1) },
      { path: 'etc/.wh.motd' },
      { path: 'var/.wh..wh..opq' },
    );
    const facts = await readLayer(stream(plain));
    expect(facts).toMatchObject({
      entries: { 'usr/bin': {}, bin: { link: 'usr/bin' } },
      removed: ['etc/motd', 'var/'],
      size: plain.length,
    });
    expect(await readLayer(stream(gzipSync(plain)))).toEqual(facts);
  });

  test.each([
    ['a name that leads out', { path: '../evil' }, 'leads out'],
    ['an absolute name', { path: '/etc/passwd' }, 'absolute'],
    ['a hidden way out', { path: 'a/../../evil' }, 'leads out'],
    ['a link that leads out', { path: 'a', kind: 'symlink', target: '../../etc' }, 'leads out'],
    ['a hard link that leads out', { path: 'a', kind: 'link', target: '../etc/passwd' }, 'leads out'],
  ] as const)('%s is refused', async (_, member, message) => {
    await expect(readLayer(stream(await bytesOf(member)))).rejects.toThrow(message);
  });

  test('bombs are refused', async () => {
    const bomb = gzipSync(Buffer.alloc(1 << 20));
    const limits = { ...ARCHIVE_LIMITS, bytes: 1000 };
    await expect(readLayer(stream(bomb), limits)).rejects.toThrow('more than 1000 bytes');
    const many = await bytesOf({ path: 'a' }, { path: 'b' }, { path: 'c' });
    await expect(readLayer(stream(many), { ...ARCHIVE_LIMITS, members: 2 })).rejects.toThrow('members');
    const deep = gzipSync(Buffer.alloc(80 << 20), { level: 9 });
    await expect(readLayer(stream(deep), { ...ARCHIVE_LIMITS, ratio: 100 })).rejects.toThrow(
      'times its size',
    );
  });

  test('damage is told as damage', async () => {
    const whole = gzipSync(await bytesOf({ path: 'a', content: Buffer.alloc(50_000, 7) }));
    await expect(readLayer(stream(whole.subarray(0, whole.length - 20)))).rejects.toMatchObject({
      isHostile: false,
    });
  });
});

describe('the root file system', () => {
  const root = joinLayers([
    { entries: { usr: {}, 'usr/bin': {}, bin: { link: 'usr/bin' }, old: {}, 'old/a': {} }, removed: [] },
    { entries: { etc: {} }, removed: ['old'] },
  ]);

  test('a file goes where the links of the base lead', () => {
    expect(placeIn(root, '/bin/kubectl')).toBe('usr/bin/kubectl');
    expect(
      placeIn(
        new Map([
          ['a', { link: '/b' }],
          ['b', { link: 'c' }],
        ]),
        'a/x',
      ),
    ).toBe('c/x');
    expect(placeIn(new Map([['a', { link: 'a' }]]), 'a/x')).toBe('a/x');
  });

  test('only directories that the base lacks are brought', () => {
    expect(missingParents(root, 'usr/local/bin/a')).toEqual(['usr/local', 'usr/local/bin']);
    expect(root.has('old/a')).toBe(false);
  });
});

test('file capabilities are the kernel’s bytes', () => {
  // As getfattr -n security.capability prints for setcap cap_net_bind_service=+ep.
  expect(capabilityBytes('cap_net_bind_service=+ep')?.toString('hex')).toBe(
    '0100000200040000000000000000000000000000',
  );
  expect(capabilityBytes('cap_everything=ep')).toBeUndefined();
});

test('a Dockerfile is read with its arguments, continued lines and quotes', () => {
  const [build, last] = parseDockerfile(
    '# a comment\nARG TAG=1\nFROM golang:${TAG} AS build\nCOPY --chmod=755 a \\\n  b /x/\nFROM ${BASE:-scratch}\nENV A="b c" D=e\\ f\nLABEL x=\'y\'\nCOPY --from=build /x/a /a\nCMD run $A\n',
    {},
  );
  expect(build).toMatchObject({
    ...{ base: 'golang:1', name: 'build' },
    instructions: [{ kind: 'copy', sources: ['a', 'b'], target: '/x/', mode: 0o755, line: 4 }],
  });
  expect(last).toMatchObject({
    base: 'scratch',
    instructions: [
      { kind: 'env', pairs: ['A=b c', 'D=e f'] },
      { kind: 'label', pairs: [['x', 'y']] },
      { kind: 'copy', from: 'build' },
      { kind: 'cmd', argv: ['/bin/sh', '-c', 'run b c'] },
    ],
  });
});
