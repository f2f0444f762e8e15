/**
 * kubewright.yaml → Config. The parser and the schema are loaded only when there is a file; every problem
 * is told at once, underlined where it was typed.
 */
import { isAbsolute, join, relative } from 'node:path';
import { bad, error, Failure, ok, type Result } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import { type Config, NO_CONFIG } from './config.ts';

export const CONFIG_NAME = 'kubewright.yaml';

/** Reads the configuration of the tree at `root`; `file` (--config) must exist, the default one may not. */
export async function loadConfig(host: Host, root: string, file?: string): Promise<Result<Config>> {
  const path =
    file === undefined
      ? join(root, CONFIG_NAME)
      : isAbsolute(file)
        ? file
        : join(host.workingDirectory, file);
  if (!host.files.exists(path)) {
    return file === undefined ? ok(NO_CONFIG) : bad(unreadable(file, 'there is no such file'));
  }
  const inside = relative(root, path);
  const shown = inside.startsWith('..') ? path : inside;
  let text: string;
  try {
    text = host.files.readText(path);
  } catch (problem) {
    if (problem instanceof Failure) return bad(unreadable(shown, problem.diagnostics[0]?.why ?? ''));
    throw problem;
  }
  const { readConfig } = await import('./read.ts');
  return readConfig(shown, text);
}

function unreadable(file: string, why: string) {
  return error('config/unreadable', {
    what: `the configuration ${file} cannot be read`,
    where: [{ file }],
    why,
    help: 'correct the path behind --config, or leave it out to use kubewright.yaml at the root of the tree',
  });
}
