/** What a person asked of `kubewright container image`. */
import type { Command } from 'commander';
import { error, Failure } from '../../../diagnostic/diagnostic.ts';
import type { Platform } from '../../../target/platform.ts';
import { addEngineOption } from '../request.ts';

export const ORIGINS = ['engine', 'registry', 'packages'] as const;
/** `engine`: a copy of kube-cross that it has; `registry`: kube-cross, fetched; `packages`: made by us. */
export type Origin = (typeof ORIGINS)[number];

export interface BuildImageRequest {
  readonly engine: string | undefined;
  /** Undefined: the first that can be had. */
  readonly from: Origin | undefined;
  /** C compilers for these, beside the engine's own. */
  readonly platforms: readonly Platform[];
  /** The same, where the image is made of packages; another origin brings its own. */
  readonly compilers?: readonly Platform[];
  /** More Debian packages. */
  readonly packages: readonly string[];
  /** Write an archive instead of loading. */
  readonly save: string | undefined;
  /** Go of another version than the tree's. */
  readonly toolchain: string | undefined;
  readonly refresh: boolean;
}

export function addBuildImageOptions(command: Command): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, ...value.split(',')];
  return addEngineOption(command)
    .option('--from <origin>', `where it comes from: ${ORIGINS.join(', ')}; else the first that can be had`)
    .option('-p, --platform <os/arch>', 'a C compiler for this platform too, repeatable', list)
    .option('--package <name>', 'one more Debian package, repeatable', list)
    .option('--toolchain <version>', 'another Go than the tree asks for')
    .option('--save <file>', 'write an archive for docker load, and ask no engine')
    .option('--refresh', 'ask apt or the registry again');
}

export function readBuildImageRequest(values: Readonly<Record<string, unknown>>): BuildImageRequest {
  const text = (name: string) => (typeof values[name] === 'string' ? (values[name] as string) : undefined);
  const all = (name: string) => (Array.isArray(values[name]) ? (values[name] as string[]) : []);
  const from = text('from');
  if (from !== undefined && !ORIGINS.includes(from as Origin))
    throw new Failure(
      error('request/invalid', {
        what: `--from ${from} is not known`,
        help: `write one of ${ORIGINS.join(', ')}`,
      }),
    );
  return {
    ...{ engine: text('engine'), from: from as Origin | undefined, save: text('save') },
    ...{ platforms: all('platform') as Platform[], packages: all('package'), toolchain: text('toolchain') },
    refresh: values['refresh'] === true,
  };
}
