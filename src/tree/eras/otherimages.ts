/** Conformance, hyperkube and pause: images with a Makefile and a Dockerfile of their own (spec release 6, container-build 12). */
import { parseDockerfile } from '../../formats/dockerfile.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { ImageContent, ImageDeclaration, ImpossibleImage } from '../images.ts';
import type { TreeReader } from '../reader.ts';
import { dockerfileImage } from './dockerimages.ts';
import { type ImageEra, namesOf } from './imagenames.ts';

interface Made {
  readonly images: readonly ImageDeclaration[];
  readonly impossible: readonly ImpossibleImage[];
}

/** What the image needs is told by its own files. */
export function otherImages(reader: TreeReader, era: ImageEra, platform: Platform): Made {
  const images: ImageDeclaration[] = [];
  const impossible: ImpossibleImage[] = [];
  for (const { name, directories } of OTHERS) {
    const directory = directories.find((one) => reader.has(`${one}/Dockerfile`));
    if (!directory) continue;
    const { arch } = splitPlatform(platform);
    const variables = makeVariables(reader, `${directory}/Makefile`, { ARCH: arch, OS: 'linux' });
    const names = {
      ...{ name, platform, ...namesOf({ ...era, hasPlainAmd64: false }, name, platform), isReleased: false },
      archive: `${name}-${arch}`,
      ...(name === 'pause' && variables['TAG'] ? { tag: variables['TAG'] } : {}),
    };
    // Before build arguments were common, sed wrote the base over the word BASEIMAGE.
    const text = (reader.text(`${directory}/Dockerfile`) ?? '').replace(
      /^FROM BASEIMAGE\s*$/m,
      'ARG BASEIMAGE\nFROM ${BASEIMAGE}',
    );
    const values = { ...variables, BASE: variables['BASE'] || 'scratch', TARGETARCH: arch };
    const made = dockerfileImage(names, `${directory}/Dockerfile`, parseDockerfile(text, values), (word) =>
      contentOf(reader, directory, word),
    );
    if ('image' in made) images.push(made.image);
    else impossible.push({ name, isReleased: false, diagnostic: made.diagnostic });
  }
  return { images, impossible };
}

const OTHERS = [
  {
    name: 'conformance',
    directories: ['test/conformance/image', 'cluster/images/conformance'],
    isReleased: false,
  },
  { name: 'hyperkube', directories: ['cluster/images/hyperkube'], isReleased: false },
  { name: 'pause', directories: ['build/pause'], isReleased: false },
] as const;

/** A file beside the Dockerfile, a directory at the root, else a program; upstream's makefiles copy them together so. */
function contentOf(reader: TreeReader, directory: string, word: string): ImageContent {
  const name = word.replace(/^\.?\//, '').replace(/\/+$/, '');
  if (name.includes('/')) return { kind: 'tree', path: `${directory}/${name}` };
  if (reader.kind(`${directory}/${name}`) === 'file') return { kind: 'tree', path: `${directory}/${name}` };
  if (reader.kind(name) === 'directory') return { kind: 'tree', path: name };
  return { kind: 'binary', name: name === 'gorunner' ? 'go-runner' : name };
}

/** `NAME = value`, `NAME ?= value`, `NAME := value` of a makefile, references to each other filled in. */
function makeVariables(
  reader: TreeReader,
  path: string,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables: Record<string, string> = { ...known };
  const raw = new Map<string, string>();
  for (const line of reader.lines(path)) {
    const match = /^([A-Za-z_]\w*)\s*[?:]?=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] && !(match[1] in known)) raw.set(match[1], match[2] ?? '');
  }
  const fill = (text: string, depth: number): string =>
    text.replace(/\$[({](\w+)[)}]/g, (_, name: string) =>
      name in known ? (known[name] ?? '') : depth > 8 ? '' : fill(raw.get(name) ?? '', depth + 1),
    );
  for (const [name, text] of raw) if (!text.includes('$(shell')) variables[name] = fill(text, 0);
  return variables;
}
