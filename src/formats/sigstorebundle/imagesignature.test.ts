import { expect, test } from 'vitest';
import { digestOfBytes } from '../digest.ts';
import {
  readSignatureLayers,
  signatureImage,
  signatureOver,
  simpleSigningPayload,
} from './imagesignature.ts';

const DIGEST = 'a'.repeat(64);

test('the signature of an image is an image whose layer is what was signed', () => {
  const payload = simpleSigningPayload('registry.example/kube-proxy-amd64', DIGEST);
  expect(JSON.parse(payload.toString())).toEqual({
    critical: {
      identity: { 'docker-reference': 'registry.example/kube-proxy-amd64' },
      image: { 'docker-manifest-digest': `sha256:${DIGEST}` },
      type: 'cosign container image signature',
    },
    optional: null,
  });
  const image = signatureImage(DIGEST, payload, Buffer.from('signed'));
  expect(image.tag).toBe(`sha256-${DIGEST}.sig`);
  const manifest = JSON.parse(image.manifest.toString());
  expect(manifest.layers).toEqual([
    {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      size: payload.length,
      digest: `sha256:${digestOfBytes(payload)}`,
      annotations: { 'dev.cosignproject.cosign/signature': 'c2lnbmVk' },
    },
  ]);
  const named = [manifest.config, ...manifest.layers].map(({ digest }) => digest.slice('sha256:'.length));
  expect(Object.keys(image.blobs).sort()).toEqual(named.sort());
  for (const [digest, blob] of Object.entries(image.blobs)) expect(digestOfBytes(blob)).toBe(digest);
  const config = JSON.parse(String(image.blobs[named.find((one) => one !== digestOfBytes(payload)) ?? '']));
  expect(config.rootfs.diff_ids).toEqual([`sha256:${digestOfBytes(payload)}`]);
});

test('a second signature joins the first, and each is found again', () => {
  const payload = simpleSigningPayload('registry.example/kube-proxy-amd64', DIGEST);
  const first = signatureImage(DIGEST, payload, Buffer.from('one'));
  const layers = readSignatureLayers(first.manifest);
  const both = readSignatureLayers(signatureImage(DIGEST, payload, Buffer.from('two'), layers).manifest);
  expect(both.map((layer) => signatureOver(payload, layer)?.toString())).toEqual(['one', 'two']);
  expect(signatureOver(Buffer.from('other'), both[0] as never)).toBe(undefined);
  expect(readSignatureLayers(Buffer.from('no manifest'))).toEqual([]);
});
