import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashesItself } from '../../src/formats/binary/binary.ts';
import { sourceOfBytes } from '../../src/formats/binary/bytes.ts';
import { digestOfBytes } from '../../src/formats/digest.ts';
import { Files } from '../../src/host/files.ts';
import { Stamper } from '../../src/steps/stamp/run.ts';
import { withSentinels } from '../../src/steps/stamp/sentinels.ts';
import { type TinyBuild, TinyModule, VERSION_PACKAGE } from './tiny.ts';
import { NEWEST_GO } from './toolchains.ts';

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

function linked({ extra = '-buildid=', ...build }: Build, stamps: readonly string[]): Promise<string> {
  return tiny.build({ ...build, ldflags: [extra, ...stamps].join(' ') });
}

/** Links the program with sentinels and with values, stamps the one, and wants the bytes of the other. */
async function expectSameBytes(build: Build, moduleInfo = ''): Promise<void> {
  const { words, sentinels } = withSentinels(STAMPS);
  expect(sentinels).toHaveLength(STAMPS.length);
  const [program, values] = [await linked(build, words), readFileSync(await linked(build, STAMPS))];
  const before = digestOfBytes(readFileSync(program));
  expect(before).not.toBe(digestOfBytes(values));
  const stamper = new Stamper(new Files());
  const request = { linked: program, size: 0, sentinels, path: `${program}.stamped` };
  const first = stamper.stamp({ ...request, moduleInfo });
  expect(first).toMatchObject({ digest: digestOfBytes(values), size: values.length });
  expect(digestOfBytes(readFileSync(request.path))).toBe(digestOfBytes(values));
  // With what was found then: no more is looked for, so not even the build info is asked for.
  expect(stamper.stamp({ ...request, moduleInfo: '', facts: first?.facts })).toEqual(first);
  expect(digestOfBytes(readFileSync(request.path))).toBe(digestOfBytes(values));
  expect(digestOfBytes(readFileSync(program))).toBe(before);
}

const VERSIONS = ['1.15.15', '1.21.13', NEWEST_GO];
const TRIMMED = ['-trimpath'];

/** Without a build ID Go 1.27 identifies programs for macOS by a hash of their contents. */
function buildIdOf(version: string, platform: string): string {
  return version === NEWEST_GO && platform.startsWith('darwin/') ? '-buildid=of/the/link' : '-buildid=';
}

describe.each(VERSIONS)('late stamps of Go %s give the bytes of a link with the values', (version) => {
  test.each(['linux/amd64', 'windows/amd64', 'darwin/amd64'])('for %s', (platform) =>
    expectSameBytes({ version, platform, flags: TRIMMED, extra: buildIdOf(version, platform) }),
  );

  test('stripped, as trees release', () =>
    expectSameBytes({ version, platform: 'linux/amd64', flags: TRIMMED, extra: '-buildid= -s -w' }));

  test.each(['linux/amd64', 'windows/amd64', 'darwin/amd64'])(
    'for %s with the flags in the build info, of which a program holds two copies',
    (platform) => {
      const { words } = withSentinels(STAMPS);
      const moduleInfo = version === '1.15.15' ? '' : words.join(' ');
      return expectSameBytes({ version, platform, extra: buildIdOf(version, platform) }, moduleInfo);
    },
  );

  test('a program that the C compiler links, its GNU build ID renewed', () =>
    expectSameBytes({
      version,
      platform: 'linux/amd64',
      cgo: true,
      flags: TRIMMED,
      // go itself writes its own build ID after the link, where one is not given.
      extra: '-linkmode=external -buildid= -s -w',
    }));
});

test('facts of other bytes are looked for again', async () => {
  const { words, sentinels } = withSentinels(STAMPS);
  const program = await linked({ version: NEWEST_GO, platform: 'linux/amd64', flags: TRIMMED }, words);
  const stamper = new Stamper(new Files());
  const request = { linked: program, size: 0, sentinels, moduleInfo: '', path: `${program}.stamped` };
  const right = stamper.stamp(request);
  const facts = { places: sentinels.map(() => [64]), hasGnuBuildId: false };
  expect(stamper.stamp({ ...request, facts })).toEqual(right);
  expect(stamper.stamp({ ...request, facts: { ...facts, places: [] } })).toEqual(right);
});

test.each([
  ['is signed, as all are there', 'darwin/arm64'],
  ['has no build ID and is identified by its contents', 'darwin/amd64'],
])('a program that %s is left alone: %s', async (_, platform) => {
  const build = { version: NEWEST_GO, platform, flags: TRIMMED };
  const program = await linked(build, withSentinels(STAMPS).words);
  expect(hashesItself(sourceOfBytes(readFileSync(program)))).toBe(true);
  const { sentinels } = withSentinels(STAMPS);
  const path = `${program}.stamped`;
  expect(
    new Stamper(new Files()).stamp({ linked: program, size: 0, sentinels, moduleInfo: '', path }),
  ).toBeUndefined();
  expect(new Files().exists(path)).toBe(false);
});
