/** Images of kubewright.yaml. */
import type { Config, ConfiguredImage } from '../../config/config.ts';
import { debianBaseText } from '../../registry/debian/request.ts';
import { executableName, type Platform, splitPlatform } from '../../target/platform.ts';
import type { ImageCopy, ImageDeclaration } from '../images.ts';
import type { Tree } from '../tree.ts';

/** The images of the file, one for each platform. */
export function configuredImages(
  tree: Tree,
  config: Config,
  platforms: readonly Platform[],
): ImageDeclaration[] {
  const registry = config.registries?.name ?? config.name ?? 'localhost';
  return Object.entries(config.images ?? {}).flatMap(([name, image]) => {
    const own = image.platforms ?? platformsOf(tree, image.binary ?? name);
    const wanted = platforms.length > 0 ? platforms.filter((one) => own.includes(one)) : own;
    return wanted.map((platform) => declare(name, image, platform, registry, config));
  });
}

/** Linux platforms of the groups that hold the binary. */
function platformsOf(tree: Tree, binary: string): readonly Platform[] {
  const holding = tree.groups.filter(({ targets }) =>
    targets.value.some((target) => (tree.binaryNames?.[target] ?? target.split('/').at(-1)) === binary),
  );
  const all = holding.flatMap(({ platforms }) => platforms.value).filter((one) => one.startsWith('linux/'));
  return all.length > 0 ? [...new Set(all)] : ['linux/amd64'];
}

function baseText(base: ConfiguredImage['base']): string {
  if (base === undefined || typeof base === 'string') return base ?? 'scratch';
  return debianBaseText({ packages: base.debian, withEssential: base.essential ?? true });
}

function declare(
  name: string,
  image: ConfiguredImage,
  platform: Platform,
  registry: string,
  config: Config,
): ImageDeclaration {
  const { arch } = splitPlatform(platform);
  const binary = image.binary ?? name;
  const path = image.path ?? `/usr/local/bin/${binary}`;
  const copies: ImageCopy[] = [
    {
      ...{ contents: [{ kind: 'binary', name: binary }], target: path },
      ...(image.capabilities ? { capabilities: image.capabilities } : {}),
    },
    ...(image.files ?? []).map(({ from, to, mode }) => ({
      ...{ contents: [{ kind: 'tree' as const, path: from }], target: to },
      ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    })),
  ];
  const environment = Object.entries(image.environment ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    ...{ name, platform, base: baseText(image.base), copies },
    settings: {
      entrypoint: image.entrypoint ?? [path],
      ...(image.command ? { command: image.command } : {}),
      ...(environment.length > 0 ? { environment } : {}),
      ...(image.user === undefined ? {} : { user: image.user }),
      ...(image.workingDirectory ? { workingDirectory: image.workingDirectory } : {}),
      ...(image.labels ? { labels: image.labels } : {}),
    },
    ...{ repository: `${registry}/${name}-${arch}`, list: `${registry}/${name}` },
    ...{ archive: executableName(name, platform), isReleased: true, where: config.locate(`images.${name}`) },
  };
}
