/** What a person asked of the container commands. */
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';

export const TRANSPORTS = ['bind', 'rsync', 'stream'] as const;
/** How sources get in and results out. */
export type Transport = (typeof TRANSPORTS)[number];

export interface ContainerRequest {
  readonly command: readonly string[];
  /** Address of an engine, or name of a Docker context. */
  readonly engine: string | undefined;
  readonly image: string | undefined;
  /** Undefined: the fastest that works. */
  readonly transport: Transport | undefined;
  /** `NAME=VALUE`, for the command alone. */
  readonly environment: readonly string[];
  readonly network: string | undefined;
  readonly selinux: 'relabel' | 'disable' | undefined;
  readonly copyOutput: boolean;
  /** Generated sources are copied back too. */
  readonly generated: boolean;
  /** The ended container stays, to be looked at. */
  readonly keep: boolean;
  /** Run although the same build of the same sources came to its end before. */
  readonly always: boolean;
  readonly waitSeconds: number;
  /** Build under this version instead of the tree's. */
  readonly versionString?: string;
}

/** Options of a command that works in a container. */
export function addContainerOptions(command: Command): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  return addEngineOption(command)
    .option('--image <ref>', 'another build image: a name or id that the engine has')
    .option('--transport <way>', `how sources get in and results out: ${TRANSPORTS.join(', ')}`)
    .option(
      '-e, --env <name[=value]>',
      'a variable for the command, repeatable; without a value, yours',
      list,
    )
    .option('--network <name>', 'network of the container: none, host, or one of the engine')
    .option('--selinux <way>', 'for a mounted tree: relabel its files, or disable labels for the container')
    .option('--keep', 'leave the ended container at the engine')
    .option('--wait <seconds>', 'wait this long for another run in this checkout', Number, 0);
}

export function addEngineOption(command: Command): Command {
  return command.option('--engine <address>', 'address of the engine, or name of a Docker context');
}

/** Reads the options; `copies`: whether results are copied when nothing says otherwise. */
export function readContainerRequest(
  host: Host,
  command: readonly string[],
  values: Readonly<Record<string, unknown>>,
  copies: boolean,
): ContainerRequest {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const named = host.environment['KUBE_RUN_COPY_OUTPUT'];
  const asked = typeof values['copyOutput'] === 'boolean' ? values['copyOutput'] : undefined;
  const variables = Array.isArray(values['env']) ? (values['env'] as string[]) : [];
  return {
    command,
    engine: text('engine'),
    image: text('image'),
    transport: oneOf('--transport', text('transport'), TRANSPORTS),
    environment: variables.flatMap((word) => variable(host, word)),
    network: text('network'),
    selinux: oneOf('--selinux', text('selinux'), ['relabel', 'disable'] as const),
    copyOutput: asked ?? (named ? /^[yY]/.test(named) : copies),
    generated: values['generated'] === true,
    keep: values['keep'] === true,
    always: values['always'] === true,
    waitSeconds: typeof values['wait'] === 'number' && values['wait'] >= 0 ? values['wait'] : 0,
  };
}

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  if (value === undefined || known.includes(value as T)) return value as T | undefined;
  throw new Failure(
    error('request/invalid', {
      what: `${option} ${value} is not known`,
      help: `write one of ${known.join(', ')}`,
    }),
  );
}

/** As `docker run --env`: a name alone passes the caller's value on, if there is one. */
function variable(host: Host, word: string): string[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*(=|$)/.test(word)) {
    throw new Failure(
      error('request/invalid', {
        what: `--env ${word} names no variable`,
        help: 'write NAME=VALUE, or NAME',
      }),
    );
  }
  if (word.includes('=')) return [word];
  const value = host.environment[word];
  return value === undefined ? [] : [`${word}=${value}`];
}
