import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../../../../tests/trees.ts';
import { digestOfBytes } from '../../../formats/digest.ts';
import { type Descriptor, MEDIA } from '../../../formats/oci/types.ts';
import { realHost } from '../../../host/host.ts';
import { describeDifference } from '../difference.ts';
import { compareLayouts } from './run.ts';

/** A layout with one image, listed for some platforms; `layers`: the bytes of each. */
function layout(layers: Readonly<Record<string, readonly string[]>>, name = 'example.dev/press:v1'): string {
  const directory = scratch('layout');
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  const put = (text: string, mediaType: string): Descriptor => {
    const digest = digestOfBytes(text);
    writeFileSync(join(directory, 'blobs/sha256', digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: text.length };
  };
  const manifests = Object.entries(layers).map(([platform, own]) => {
    const [os = '', architecture = ''] = platform.split('/');
    const config = put(JSON.stringify({ os, architecture, own: own.length }), MEDIA.config);
    const manifest = { schemaVersion: 2, config, layers: own.map((text) => put(text, MEDIA.layer)) };
    return { ...put(JSON.stringify(manifest), MEDIA.manifest), platform: { os, architecture } };
  });
  const list = put(JSON.stringify({ schemaVersion: 2, manifests }), MEDIA.index);
  const annotations = { 'org.opencontainers.image.ref.name': name };
  const index = { schemaVersion: 2, manifests: [{ ...list, annotations }] };
  writeFileSync(join(directory, 'index.json'), JSON.stringify(index));
  return directory;
}

async function told(released: string, rebuilt: string): Promise<string[]> {
  const signal = new AbortController().signal;
  const comparison = { host: realHost(), scratch: scratch('members'), variables: [], signal };
  const found = await compareLayouts(comparison, released, rebuilt);
  return found.map((one) => describeDifference('oci', one));
}

test('of two layouts the image, the platform and the layer that differ are named', async () => {
  const released = layout({ 'linux/amd64': ['base', 'own'], 'linux/arm64': ['base', 'arm'] });
  expect(
    await told(released, layout({ 'linux/amd64': ['base', 'own'], 'linux/arm64': ['base', 'arm'] })),
  ).toEqual([]);
  expect(
    await told(released, layout({ 'linux/amd64': ['base', 'oWn'], 'linux/arm64': ['base', 'arm'] })),
  ).toEqual(['oci!example.dev/press:v1!linux/amd64!layer 2 differs in 1 bytes, first at 1']);
});

test('an image, a platform or a layer that one of them lacks is said to be in the other alone', async () => {
  const released = layout({ 'linux/amd64': ['base'], 'linux/arm64': ['base', 'arm'] });
  expect(await told(released, layout({ 'linux/amd64': ['base', 'more'] }))).toEqual([
    expect.stringMatching(/^oci!example.dev\/press:v1!linux\/amd64!configuration differs in 1 bytes/),
    'oci!example.dev/press:v1!linux/amd64!layer 2 is in the rebuilt artifact alone',
    'oci!example.dev/press:v1!linux/arm64 is in the released artifact alone',
  ]);
  expect(await told(released, layout({ 'linux/amd64': ['base'] }, 'example.dev/vat:v1'))).toEqual([
    'oci!example.dev/press:v1 is in the released artifact alone',
    'oci!example.dev/vat:v1 is in the rebuilt artifact alone',
  ]);
});

test('a blob that is gone is a difference, not a failure', async () => {
  const released = layout({ 'linux/amd64': ['base'] });
  const rebuilt = layout({ 'linux/amd64': ['bass'] });
  rmSync(join(rebuilt, 'blobs/sha256', digestOfBytes('bass')));
  expect(await told(released, rebuilt)).toEqual([
    'oci!example.dev/press:v1!linux/amd64!layer 1 is in the released artifact alone',
  ]);
});
