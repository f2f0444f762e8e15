/** What a release is asked to be: options, and the variables that upstream's scripts read. */
import { type Command, Option } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { nearest } from '../../diagnostic/nearest.ts';
import type { Host } from '../../host/host.ts';
import { PARTS } from '../../release/member.ts';
import { TRANSPORTS } from '../container/request.ts';

/** What `--only` may name: the parts, and the images without the archives that hold them. */
export const ONLY = [...PARTS, 'images'] as const;

export type Only = (typeof ONLY)[number];

export interface ReleaseRequest {
  /** Only the platforms of a quick build (KUBE_FASTBUILD). */
  readonly isQuick: boolean;
  /** Package what is built, and build nothing. */
  readonly isPackagingOnly: boolean;
  /** Directory of finished programs, OS/ARCH/NAME in it; absent for the output directory. */
  readonly from?: string;
  /** Empty: all. */
  readonly only: readonly Only[];
  readonly platforms: readonly string[];
  readonly versionString?: string;
  /** Whether server archives are made without images, and no image is made. */
  readonly skipsImages: boolean;
  /** Whether the images are laid out for publishing too. */
  readonly laysOut: boolean;
  /** Base of all images, instead of those that the tree names. */
  readonly base?: string;
  readonly waitSeconds: number;
  readonly container: ContainerWish;
}

/** Where programs are built: here, or by the tree's own scripts in a container. */
export interface ContainerWish {
  /** `upstream`: where the tree's scripts say so and an engine is there; undefined: what kubewright.yaml says. */
  readonly isWanted: boolean | 'upstream' | undefined;
  readonly engine: string | undefined;
  readonly image: string | undefined;
  readonly transport: string | undefined;
}

const IN_CONTAINER = { container: true };

export function addReleaseOptions(command: Command): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  return command
    .option('--container', 'build in a container of the tree’s build image, and pack what comes out of it')
    .option('--no-container', 'build on this machine, whatever kubewright.yaml says')
    .addOption(
      new Option('--engine <address>', 'address of the engine, or name of a Docker context').implies(
        IN_CONTAINER,
      ),
    )
    .addOption(
      new Option('--build-image <ref>', 'another build image: a name or id that the engine has').implies(
        IN_CONTAINER,
      ),
    )
    .addOption(
      new Option(
        '--transport <way>',
        `how sources get in and programs out: ${TRANSPORTS.join(', ')}`,
      ).implies(IN_CONTAINER),
    )
    .option('--from-local', 'package the programs that are built, and build nothing')
    .addOption(
      new Option('--from <dir>', 'package finished programs of this directory: DIR/OS/ARCH/NAME').conflicts(
        'fromLocal',
      ),
    )
    .option('--only <parts>', `some parts, separated by commas: ${ONLY.join(', ')}`)
    .option(
      '-p, --platform <os/arch>',
      'platform to release for, repeatable (default: those of each group)',
      list,
    )
    .addOption(
      new Option('--skip-images', 'make no images: server archives hold the programs alone').conflicts(
        'base',
      ),
    )
    .option(
      '--base <ref|file>',
      'build the images on this instead of the tree’s bases: a reference, an archive, an OCI layout, scratch',
    )
    .option('--oci', 'lay the images out for publish too: OUT/release-images/oci')
    .option('--version-string <version>', 'release under this version instead of the tree’s')
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0);
}

export function readReleaseRequest(
  mode: string,
  values: Readonly<Record<string, unknown>>,
  { environment }: Pick<Host, 'environment'>,
): ReleaseRequest {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const [from, base, versionString] = [text('from'), text('base'), text('versionString')];
  return {
    isQuick: mode === 'quick' || environment['KUBE_FASTBUILD'] === 'true',
    isPackagingOnly: values['fromLocal'] === true || from !== undefined,
    only: partsOf(text('only') ?? ''),
    platforms: (values['platform'] as string[] | undefined) ?? [],
    skipsImages: values['skipImages'] === true,
    laysOut: values['oci'] === true,
    ...(from === undefined ? {} : { from }),
    ...(base === undefined ? {} : { base }),
    ...(versionString === undefined ? {} : { versionString }),
    waitSeconds: typeof values['wait'] === 'number' && values['wait'] >= 0 ? values['wait'] : 0,
    container: {
      isWanted: wishOf(values['container']),
      ...{ engine: text('engine'), image: text('buildImage'), transport: text('transport') },
    },
  };
}

function wishOf(value: unknown): ContainerWish['isWanted'] {
  return typeof value === 'boolean' || value === 'upstream' ? value : undefined;
}

function partsOf(words: string): Only[] {
  return words
    .split(',')
    .filter(Boolean)
    .map((word) => {
      const part = ONLY.find((one) => one === word || `${one}s` === word);
      if (part) return part;
      const [guess] = nearest(word, ONLY);
      throw new Failure(
        error('request/invalid', {
          what: `a release has no part ${word}`,
          help: `${guess ? `did you mean ${guess}? ` : ''}the parts are ${ONLY.join(', ')}`,
        }),
      );
    });
}
