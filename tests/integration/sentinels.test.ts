import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashesItself } from '../../src/formats/binary/binary.ts';
import { sourceOfBytes } from '../../src/formats/binary/bytes.ts';
import { gnuBuildIdOf } from '../../src/formats/binary/gnubuildid.ts';
import { digestOfBytes } from '../../src/formats/digest.ts';
import { type Sentinel, withSentinels, writeStamps } from '../../src/steps/stamp/sentinels.ts';
import { NEWEST_GO, type TinyBuild, TinyModule, VERSION_PACKAGE } from './tiny.ts';

const STAMPS = [
  `-X '${VERSION_PACKAGE}.buildDate=2021-01-13T13:28:09Z'`,
  `-X '${VERSION_PACKAGE}.gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56'`,
  `-X '${VERSION_PACKAGE}.gitVersion=v1.20.2-alpha.0.12+0123456789abcd'`,
];

type Build = Omit<TinyBuild, 'ldflags'> & { readonly extra?: string };

let tiny: TinyModule;

beforeAll(() => {
  tiny = new TinyModule();
});

async function linked({ extra = '-buildid=', ...build }: Build, stamps: readonly string[]): Promise<Buffer> {
  return readFileSync(await tiny.build({ ...build, ldflags: [extra, ...stamps].join(' ') }));
}

interface Pair {
  readonly patched: Buffer;
  readonly values: Buffer;
  readonly sentinels: readonly Sentinel[];
}

/** The same program linked with sentinels and with values. */
async function pair(build: Build): Promise<Pair> {
  const { words, sentinels } = withSentinels(STAMPS);
  expect(sentinels).toHaveLength(STAMPS.length);
  return { patched: await linked(build, words), values: await linked(build, STAMPS), sentinels };
}

const VERSIONS = ['1.15.15', '1.21.13', NEWEST_GO];
const TRIMMED = ['-trimpath'];

describe.each(VERSIONS)('late stamps of Go %s give the bytes of a link with the values', (version) => {
  test.each(['linux/amd64', 'windows/amd64', 'darwin/amd64'])('for %s', async (platform) => {
    const { patched, values, sentinels } = await pair({ version, platform, flags: TRIMMED });
    expect(digestOfBytes(patched)).not.toBe(digestOfBytes(values));
    expect(hashesItself(sourceOfBytes(patched))).toBe(false);
    expect(writeStamps(patched, sentinels)).toBe(true);
    expect(digestOfBytes(patched)).toBe(digestOfBytes(values));
  });

  test('stripped, as trees release', async () => {
    const build = { version, platform: 'linux/amd64', flags: TRIMMED, extra: '-buildid= -s -w' };
    const { patched, values, sentinels } = await pair(build);
    expect(writeStamps(patched, sentinels)).toBe(true);
    expect(digestOfBytes(patched)).toBe(digestOfBytes(values));
  });

  test.each(['linux/amd64', 'windows/amd64', 'darwin/amd64'])(
    'for %s with the flags in the build info, of which a program holds two copies',
    async (platform) => {
      const { patched, values, sentinels } = await pair({ version, platform });
      expect(writeStamps(patched, sentinels, () => (version === '1.15.15' ? 0 : 2))).toBe(true);
      expect(digestOfBytes(patched)).toBe(digestOfBytes(values));
    },
  );

  test('a program that the C compiler links is patched to the same bytes, its GNU build ID renewed', async () => {
    const build = {
      version,
      platform: 'linux/amd64',
      cgo: true,
      flags: TRIMMED,
      // go itself writes its own build ID after the link, where one is not given.
      extra: '-linkmode=external -buildid= -s -w',
    };
    const { patched, values, sentinels } = await pair(build);
    const renewId = gnuBuildIdOf(patched);
    if (!renewId) expect(hashesItself(sourceOfBytes(patched))).toBe(false);
    expect(writeStamps(patched, sentinels)).toBe(true);
    renewId?.();
    expect(digestOfBytes(patched)).toBe(digestOfBytes(values));
  });
});

test('a signed program is known by its signature', async () => {
  const build = { version: NEWEST_GO, platform: 'darwin/arm64', flags: TRIMMED };
  expect(hashesItself(sourceOfBytes(await linked(build, STAMPS)))).toBe(true);
});
