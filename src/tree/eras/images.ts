/** Images of Kubernetes trees, from 1.2 to today (spec release 6, container-build 11-13). */
import { type Diagnostic, error, ok, type Result } from '../../diagnostic/diagnostic.ts';
import { digestOfRecord } from '../../formats/digest.ts';
import { parseDockerfile } from '../../formats/dockerfile.ts';
import type { Host } from '../../host/host.ts';
import { executableName, type Platform, splitPlatform } from '../../target/platform.ts';
import type { DeclaredImages, ImageDeclaration, ImagesRequest, ImpossibleImage } from '../images.ts';
import { TreeReader } from '../reader.ts';
import { remembered } from '../remembered.ts';

import type { ShellVariables } from '../shell/declarations.ts';
import { evaluate, passedEnvironment } from '../shell/evaluate.ts';

import { locateFunction } from '../shell/source.ts';
import type { Tree } from '../tree.ts';
import { dockerfileImage } from './dockerimages.ts';
import { type ImageEra, namesOf } from './imagenames.ts';
import { TIME_LIMIT_MILLISECONDS } from './kubernetes.ts';
import { otherImages } from './otherimages.ts';

const COMMON = 'build/common.sh';
const RELEASE = 'build/lib/release.sh';
const WRAPPED = 'kube::build::get_docker_wrapped_binaries';
const CREATE = 'kube::release::create_docker_images_for_server';

/** Raised when what is kept no longer fits the code that reads it. */
const SCHEMA = 3;

/** Reads the images of a tree for the platforms that are wanted, or remembers them. */
export async function readKubernetesImages(
  host: Host,
  tree: Tree,
  request: ImagesRequest,
): Promise<Result<DeclaredImages>> {
  const makesWindows = /y/i.test(host.environment['KUBE_BUILD_WINDOWS'] ?? '');
  const platforms = wantedPlatforms(tree, request.platforms, makesWindows);
  const environment = passedEnvironment(host.environment);
  const key = digestOfRecord({ schema: SCHEMA, platforms, environment, noEval: request.noEval });
  return remembered(host, tree.root, request.cacheFile, key, async () => {
    const reader = new TreeReader(host, tree.root);
    return { result: await readDeclared(host, reader, platforms, request), looks: reader.looks };
  });
}

async function readDeclared(
  host: Host,
  reader: TreeReader,
  platforms: readonly Platform[],
  request: ImagesRequest,
): Promise<Result<DeclaredImages>> {
  if (!reader.has(COMMON)) return ok({ images: [], impossible: [] });
  const era = imageEra(reader);
  const words = [...new Set(platforms.map((platform) => wordOf(era, platform)))];
  const evaluated = await wrappedBinaries(host, reader, words, request);
  if (!evaluated.ok) return evaluated;
  const images: ImageDeclaration[] = [];
  const impossible: ImpossibleImage[] = [];
  for (const platform of platforms) {
    for (const [name, base] of wrappedOf(evaluated.value, wordOf(era, platform))) {
      const made = serverImage(reader, era, { name, base, platform, variables: evaluated.value });
      if ('diagnostic' in made) impossible.push({ name, isReleased: true, diagnostic: made.diagnostic });
      else images.push(made.image);
    }
    const others = otherImages(reader, era, platform);
    images.push(...others.images);
    impossible.push(...others.impossible);
  }
  return ok({ images, impossible }, evaluated.diagnostics);
}

/** Platforms of the server images, in the tree's order; Windows (1.31) when it is asked for, or KUBE_BUILD_WINDOWS is y. */
function wantedPlatforms(tree: Tree, asked: readonly Platform[], makesWindows: boolean): Platform[] {
  const platformsOf = (name: string) => tree.groups.find((group) => group.name === name)?.platforms.value;
  const declared = platformsOf('server-image') ?? platformsOf('server') ?? [];
  const linux = [...new Set(declared)].filter((one) => splitPlatform(one).os === 'linux');
  const windows = platformsOf('server-windows-image') ?? [];
  if (asked.length === 0) return [...linux, ...(makesWindows ? windows : [])];
  return [...linux, ...windows].filter((one) => asked.includes(one));
}

/** What the tree's own function is asked with. */
function wordOf({ listsBySystem }: ImageEra, platform: Platform): string {
  const { os, arch } = splitPlatform(platform);
  return listsBySystem || os === 'windows' ? os : arch;
}

/** Asks the tree's own function for `name,base` pairs, for each architecture or system. */
async function wrappedBinaries(
  host: Host,
  reader: TreeReader,
  words: readonly string[],
  request: ImagesRequest,
): Promise<Result<ShellVariables>> {
  const library = reader.list('hack/lib').filter((name) => name.endsWith('.sh'));
  const evaluation = request.noEval
    ? ok({ kind: 'unavailable' as const, why: '--no-eval forbids to run it' })
    : await evaluate(host, reader, {
        ...{ script: COMMON, lists: COMMON, timeoutMilliseconds: TIME_LIMIT_MILLISECONDS },
        visible: [
          ...[
            COMMON,
            'build/util.sh',
            'build/build-image/cross/VERSION',
            'build/build-image/VERSION',
            'cluster/lib/util.sh',
            'cluster/lib/logging.sh',
          ],
          ...library.map((name) => `hack/lib/${name}`),
        ],
        prefixes: ['KUBE_', 'KUBEWRIGHT_'],
        after: words.map((word) => `KUBEWRIGHT_IMAGES_${word}=($(${WRAPPED} ${word}))`).join('\n'),
        ...(request.signal ? { signal: request.signal } : {}),
      });
  if (!evaluation.ok) return evaluation;
  if (evaluation.value.kind === 'evaluated') return ok(evaluation.value.variables);
  return {
    ok: false,
    diagnostics: [
      error('image/bases-unknown', {
        what: `the images of ${COMMON} could not be read: ${evaluation.value.why}`,
        where: [locateFunction(reader, COMMON, WRAPPED) ?? { file: COMMON }],
        why: 'which binaries become images, and on which bases, is what this function prints',
        help: 'leave out --no-eval, run on Linux with bash and unshare, or declare the images in kubewright.yaml (docs/guide/images.md)',
      }),
    ],
  };
}

function wrappedOf(variables: ShellVariables, word: string): (readonly [string, string])[] {
  const pairs = variables.get(`KUBEWRIGHT_IMAGES_${word}`) ?? [];
  return pairs.flatMap((pair) => {
    const comma = pair.indexOf(',');
    const name = pair.slice(0, comma).replace(/\.exe$/, '');
    return comma > 0 ? [[name, pair.slice(comma + 1)] as const] : [];
  });
}

/** The text of the function that makes the images, wherever the era keeps it. */
function imageEra(reader: TreeReader): ImageEra {
  for (const file of [RELEASE, COMMON]) {
    const body = functionText(reader, file, CREATE);
    if (body === undefined) continue;
    const registry =
      /docker_registry="?([a-z0-9][\w./-]*)"?\s*$/m.exec(body)?.[1] ??
      /docker_image_tag\+?="?([a-z0-9][\w.-]*\/[\w./-]*?)\/\$\{?binary_name/.exec(body)?.[1];
    return {
      registry: registry ?? 'k8s.gcr.io',
      hasPlainAmd64: /\$\{?arch\}?"?\s*==?\s*"?amd64"?/.test(body),
      hasDigestTag: /\bmd5\w*/.test(body),
      listsBySystem: /get_docker_wrapped_binaries\s+"?\$\{?os\b/.test(body),
      where: locateFunction(reader, file, CREATE) ?? { file },
    };
  }
  return {
    ...{ registry: 'k8s.gcr.io', hasPlainAmd64: false, hasDigestTag: false, listsBySystem: false },
    where: { file: COMMON },
  };
}

function functionText(reader: TreeReader, file: string, name: string): string | undefined {
  const lines = reader.lines(file);
  const start = (locateFunction(reader, file, name)?.line ?? 0) - 1;
  if (start < 0) return undefined;
  const end = lines.findIndex((line, i) => i > start && /^\}/.test(line));
  return lines.slice(start, end < 0 ? undefined : end).join('\n');
}

interface Wrapped {
  readonly name: string;
  readonly base: string;
  readonly platform: Platform;
  readonly variables: ShellVariables;
}

const SERVER_IMAGE = 'build/server-image';

/** A Dockerfile of the binary's own, the common one, or (up to 1.20) the two lines that the script writes itself. */
function serverImage(
  reader: TreeReader,
  era: ImageEra,
  { name, base, platform, variables }: Wrapped,
): { image: ImageDeclaration } | { diagnostic: Diagnostic } {
  const program = executableName(name, platform);
  // Upstream names the archive as the program: kube-proxy.exe.tar.
  const names = { name, platform, ...namesOf(era, name, platform), archive: program, isReleased: true };
  const own = [`${SERVER_IMAGE}/${name}/Dockerfile`, `${SERVER_IMAGE}/Dockerfile`];
  const files = program === name ? own : [`${SERVER_IMAGE}/${name}/Dockerfile_windows`, ...own];
  const file = files.find((path) => reader.has(path));
  if (file) {
    const text = reader.text(file) ?? '';
    const values = {
      ...{ BASEIMAGE: base, BINARY: program, TARGETARCH: splitPlatform(platform).arch },
      SETCAP_IMAGE: variables.get('KUBE_BUILD_SETCAP_IMAGE')?.[0] ?? 'setcap',
    };
    return dockerfileImage(names, file, parseDockerfile(text, values), (word) => ({
      kind: 'binary',
      name: word.replace(/^.*\//, '').replace(/\.exe$/, ''),
    }));
  }
  const where = locateFunction(reader, COMMON, WRAPPED) ?? { file: COMMON };
  const nsswitch = /busybox/.test(base) && reader.has('build/nsswitch.conf');
  return {
    image: {
      ...{ ...names, base, where, settings: {} },
      copies: [
        { contents: [{ kind: 'binary', name }], target: `/usr/local/bin/${name}` },
        ...(nsswitch
          ? [
              {
                contents: [{ kind: 'tree' as const, path: 'build/nsswitch.conf' }],
                target: '/etc/',
                mode: 0o644,
              },
            ]
          : []),
      ],
    },
  };
}
