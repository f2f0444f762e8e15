/** The images that a tree needs, moved between real registries, a directory and the cache of a closed machine. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratch } from '../trees.ts';
import { Engine, ImageRegistry, MISSING } from './engine.ts';
import { Monorepo } from './monorepo.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

describe.skipIf(MISSING !== undefined)(`mirrors${MISSING ? `: ${MISSING}` : ''}`, () => {
  let engine: Engine;
  let open: ImageRegistry;
  let closed: ImageRegistry;
  let repo: Monorepo;
  /** Digest of the list over platforms. */
  let digest: string;
  const version = { KUBE_GIT_VERSION: 'v1.0.0', SOURCE_DATE_EPOCH: '1700000000' };
  const saved = join(scratch('carried'), 'images');

  beforeAll(async () => {
    [engine, open, closed] = await Promise.all([
      Engine.start(),
      ImageRegistry.start(),
      ImageRegistry.start(),
    ]);
    const context = scratch('base');
    copyFileSync('/bin/busybox', join(context, 'busybox'));
    const manifests: { digest: string; size: number }[] = [];
    for (const arch of ['amd64', 'arm64']) {
      writeFileSync(
        join(context, 'Dockerfile'),
        `FROM scratch\nCOPY busybox /bin/busybox\nENV ARCH=${arch}\n`,
      );
      const name = `${open.host}/up/base/box:${arch}`;
      engine.run(['build', '-q', '--network=none', '--platform', `linux/${arch}`, '-t', name, context]);
      engine.run(['push', '-q', name]);
      const answer = await fetch(`http://${open.host}/v2/up/base/box/manifests/${arch}`, {
        headers: { accept: DOCKER_MANIFEST },
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      manifests.push({
        digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
        size: bytes.length,
      });
    }
    const index = JSON.stringify({
      ...{ schemaVersion: 2, mediaType: INDEX },
      manifests: manifests.map((one, i) => ({
        ...{ mediaType: DOCKER_MANIFEST, ...one },
        platform: { os: 'linux', architecture: i === 0 ? 'amd64' : 'arm64' },
      })),
    });
    const put = await fetch(`http://${open.host}/v2/up/base/box/manifests/1`, {
      ...{ method: 'PUT', body: index, headers: { 'content-type': INDEX } },
    });
    expect(put.status).toBe(201);
    digest = put.headers.get('docker-content-digest') ?? '';
    repo = new Monorepo();
    const images =
      '\nimages:\n  press: { base: "upstream.example/base/box:1", platforms: [linux/amd64, linux/arm64] }\n';
    repo.write('kubewright.yaml', `${repo.read('kubewright.yaml')}${images}`);
    const words = ['press', '-p', 'linux/amd64', '-p', 'linux/arm64'];
    expect(await repo.build(words, { env: version })).toMatchObject({ exitCode: 0 });
  });

  afterAll(async () => {
    repo?.dispose();
    await Promise.all([engine?.stop(), open?.stop(), closed?.stop()]);
  });

  const run = (words: string[], env: Record<string, string>) =>
    repo.kubewright(words, { env: { ...version, ...env } });
  const through = (host: string) => ({ KUBEWRIGHT_MIRRORS: `upstream.example=${host}` });

  test('what a tree needs is listed, with the rule that leads elsewhere', async () => {
    const listed = await run(['mirror', 'list'], through(`${open.host}/up`));
    expect(listed).toMatchObject({ exitCode: 0 });
    expect(listed.stdout).toContain('upstream.example/base/box:1  for press');
    expect(listed.stdout).toContain('linux/amd64 linux/arm64');
    expect(listed.stdout).toContain(`asked at ${open.host}/up/base/box, then upstream.example/base/box`);
  });

  test('a connected machine saves every platform; a closed one loads it and builds offline', async () => {
    const env = { ...through(`${open.host}/up`), KUBEWRIGHT_CACHE: scratch('cache') };
    const made = await run(['mirror', 'save', saved], env);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stdout).toContain(`upstream.example/base/box:1@${digest}`);
    const alone = { KUBEWRIGHT_CACHE: scratch('cache') };
    const image = ['image', 'press', '-p', 'linux/amd64', '--offline'];
    const refused = await run(image, alone);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      'error image/base-unavailable: the base image upstream.example/base/box:1 cannot be had: --offline forbids to ask a registry',
    );
    expect(await run(['mirror', 'load', saved, '--offline'], alone)).toMatchObject({ exitCode: 0 });
    expect(await run(image, alone)).toMatchObject({ exitCode: 0 });
  });

  test('another registry gets the same images, digest for digest, and a rule of the file finds them', async () => {
    const sent = await run(['mirror', 'push', `${closed.host}/in`, '--images', saved], {});
    expect(sent).toMatchObject({ exitCode: 0 });
    expect(sent.stdout).toContain(`${closed.host}/in/base/box:1`);
    const head = await fetch(`http://${closed.host}/v2/in/base/box/manifests/1`, {
      headers: { accept: INDEX },
    });
    expect(head.headers.get('docker-content-digest')).toBe(digest);
    repo.write(
      'kubewright.yaml',
      `${repo.read('kubewright.yaml')}mirrors:\n  - { from: upstream.example, to: ${closed.host}/in }\n`,
    );
    const made = await run(['image', 'press', '-p', 'linux/amd64'], { KUBEWRIGHT_CACHE: scratch('cache') });
    expect(made).toMatchObject({ exitCode: 0 });
  });

  test('a directory that is no layout, a layout with a changed blob, and a rule that is none are told', async () => {
    const env = { KUBEWRIGHT_CACHE: scratch('cache') };
    expect((await run(['mirror', 'load', scratch('empty')], env)).stderr).toContain('error artifact/none');
    const blobs = join(saved, 'blobs/sha256');
    const manifest = join(blobs, digest.slice('sha256:'.length));
    expect(existsSync(manifest)).toBe(true);
    rmSync(manifest);
    expect((await run(['mirror', 'load', saved], env)).stderr).toContain('error image/base-damaged');
    const text = repo.read('kubewright.yaml');
    repo.write('kubewright.yaml', text.replace('from: upstream.example', 'from: "ftp://x"'));
    expect((await run(['mirror', 'list'], env)).stderr).toContain('a registry’s host, or an http address');
    repo.write('kubewright.yaml', text);
  });
});
