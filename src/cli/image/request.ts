/** What `kubewright image` is asked for. */
import { type Command, Option } from 'commander';

export interface ImageRequest {
  readonly names: readonly string[];
  readonly platforms: readonly string[];
  /** Instead of the base that the tree names. */
  readonly base?: string;
  /** Directory of finished programs. */
  readonly from?: string;
  readonly oci?: string;
  readonly save?: string;
  readonly push?: string;
  readonly load: boolean;
  /** Of `load`: an address, or the name of a Docker context. */
  readonly engine?: string;
  /** Ask apt again for the packages of bases. */
  readonly refresh: boolean;
  /** Instead of the tag that the version gives. */
  readonly tag?: string;
  readonly waitSeconds: number;
}

export function addImageOptions(command: Command): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  return command
    .argument('[image...]', 'images: kube-apiserver, conformance …; none is what a release of the tree holds')
    .option('-p, --platform <os/arch>', 'platform, repeatable; all: those that the tree declares', list)
    .option(
      '--base <ref|file>',
      'build on this instead of the tree’s base: a reference, an archive, an OCI layout, scratch',
    )
    .option('--from <dir>', 'take the programs from here: DIR/OS/ARCH/NAME or DIR/NAME')
    .option('--tag <tag>', 'another tag than the version')
    .option('--save <file>', 'write one archive of all the images, for docker load')
    .option('--oci <dir>', 'write an OCI image layout, with a list over the platforms of each image')
    .option('--push <ref>', 'send them to a registry: REGISTRY/PREFIX, or the whole name of one image')
    .option('--load', 'load them into a container engine: Docker, podman, here or elsewhere')
    .addOption(
      new Option('--engine <address>', 'which one: its address, or the name of a Docker context').implies({
        load: true,
      }),
    )
    .option('--refresh', 'ask apt again for the packages of bases; else once in seven days')
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0);
}

export function readImageRequest(names: readonly string[], values: Record<string, unknown>): ImageRequest {
  const text = (name: string) => (typeof values[name] === 'string' ? (values[name] as string) : undefined);
  const [base, from, oci, save, push, tag, engine] = [
    ...['base', 'from', 'oci', 'save', 'push', 'tag', 'engine'],
  ].map(text);
  return {
    names,
    platforms: (values['platform'] as string[] | undefined) ?? [],
    ...(base === undefined ? {} : { base }),
    ...(from === undefined ? {} : { from }),
    ...(oci === undefined ? {} : { oci }),
    ...(save === undefined ? {} : { save }),
    ...(push === undefined ? {} : { push }),
    ...(tag === undefined ? {} : { tag }),
    ...(engine === undefined ? {} : { engine }),
    load: values['load'] === true,
    refresh: values['refresh'] === true,
    waitSeconds: typeof values['wait'] === 'number' && values['wait'] >= 0 ? values['wait'] : 0,
  };
}
