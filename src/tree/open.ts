/** Opens a tree: finds its root, recognises its family, reads its facts, and keeps them until a file changes. */
import { dirname, isAbsolute, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { bad, type Diagnostic, error, ok, type Result } from '../diagnostic/diagnostic.ts';
import { digestOfRecord } from '../formats/digest.ts';
import type { Host } from '../host/host.ts';
import { withConfig } from './eras/configured.ts';
import { isKarmada, readKarmada } from './eras/karmada.ts';
import { isKubeedge, readKubeedge } from './eras/kubeedge.ts';
import { type EraOptions, isKubernetes, readKubernetes, TIME_LIMIT_MILLISECONDS } from './eras/kubernetes.ts';
import { isGoModule, readGoModule } from './eras/module.ts';
import { TreeReader } from './reader.ts';
import { remembered } from './remembered.ts';
import { passedEnvironment } from './shell/evaluate.ts';
import type { Tree } from './tree.ts';

export interface OpenOptions {
  /** Parse the lists instead of running the script that holds them. */
  readonly noEval: boolean;
  readonly signal?: AbortSignal;
  /** Absolute path of a JSON file that keeps what was read; left out, everything is read again. */
  readonly cacheFile?: string;
  /** Time limit of the list script; default 10 s. */
  readonly timeoutMilliseconds?: number;
}

/**
 * The root of the tree that encloses a directory: the nearest parent with a list library, a kubewright.yaml
 * or a go.work, else the farthest with a go.mod (staging modules lie inside the tree they belong to).
 */
export function findTreeRoot(host: Host, start: string): string | undefined {
  const from = isAbsolute(start) ? start : join(host.workingDirectory, start);
  if (!host.files.isDirectory(from)) return undefined;
  let module: string | undefined;
  for (let directory = host.files.realPath(from); ; directory = dirname(directory)) {
    const reader = new TreeReader(host, directory);
    if (isKubernetes(reader) || isKubeedge(reader) || isKarmada(reader)) return directory;
    if (reader.has('kubewright.yaml') || reader.has('go.work')) return directory;
    if (reader.has('go.mod')) module = directory;
    if (dirname(directory) === directory) return module;
  }
}

/** Raised when what is cached no longer fits the code that reads it. */
const SCHEMA = 3;
/** Reads the tree at `root`, or takes it from the cache when nothing that was looked at has changed. */
export async function openTree(
  host: Host,
  root: string,
  config: Config,
  options: OpenOptions,
): Promise<Result<Tree>> {
  if (!host.files.isDirectory(root)) return bad(notFound(host, root));
  const real = host.files.realPath(root);
  const key = digestOfRecord({
    schema: SCHEMA,
    root: real,
    noEval: options.noEval,
    platform: host.platform,
    environment: passedEnvironment(host.environment),
  });
  const read = await remembered(host, real, options.cacheFile, key, async () => {
    const reader = new TreeReader(host, real);
    const result = await readFamily(host, reader, {
      noEval: options.noEval,
      timeoutMilliseconds: options.timeoutMilliseconds ?? TIME_LIMIT_MILLISECONDS,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return { result, looks: reader.looks };
  });
  return read.ok ? ok(withConfig(read.value, config), read.diagnostics) : read;
}

async function readFamily(host: Host, reader: TreeReader, options: EraOptions): Promise<Result<Tree>> {
  if (isKubernetes(reader)) return readKubernetes(host, reader, options);
  if (isKubeedge(reader)) return readKubeedge(host, reader, options);
  if (isKarmada(reader)) return readKarmada(reader);
  if (isGoModule(reader)) return readGoModule(host, reader);
  return bad(notFound(host, reader.root));
}

/** The Diagnostic for a directory that is no tree. */
export function notFound(host: Host, root: string): Diagnostic {
  const missing = !host.files.isDirectory(root);
  return error('tree/not-found', {
    what: missing ? `there is no directory ${root}` : `${root} is no tree that kubewright knows`,
    where: [{ file: root }],
    why: missing
      ? 'a tree is read from the directory that -C names, or from the working directory and its parents'
      : 'it has no hack/lib/golang.sh (Kubernetes, kubeedge), no list in hack/util.sh (karmada), and no go.work or go.mod',
    help: missing
      ? 'correct the path behind -C'
      : 'name the tree with -C DIR; in a Go monorepo of your own, go mod init makes a module and kubewright init describes it',
  });
}
