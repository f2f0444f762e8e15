/**
 * Where this machine gets Go modules from: the settings that Go itself obeys, read without running Go where
 * possible. No address is built in.
 */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { mirrorRules, rewritten } from '../config/mirrorrules.ts';
import type { Host } from '../host/host.ts';
import { goOnPath, goroots } from './goroot.ts';
import { storeDirectory } from './store.ts';

/** A value and where it was set, for people. */
export interface Setting {
  readonly value: string;
  readonly origin: string;
}

export interface GoSettings {
  /** GOPROXY: addresses separated by commas and bars, with `direct` and `off`. */
  readonly proxy: Setting | undefined;
  /** GOSUMDB: `off`, `NAME`, `NAME URL` or `NAME+HASH+KEY URL`. */
  readonly sumdb: Setting | undefined;
}

/** Reads the settings: environment, kubewright.yaml, the user's Go env file, then what any Go here answers. */
export async function readGoSettings(host: Host, config: Config, signal: AbortSignal): Promise<GoSettings> {
  const found = await readSettings(host, config, signal);
  const value = found.proxy && rewritten(found.proxy.value, mirrorRules(config.mirrors, host.environment));
  if (!found.proxy || !value || value === found.proxy.value) return found;
  return { ...found, proxy: { value, origin: `${found.proxy.origin}, by a rule of mirrors` } };
}

async function readSettings(host: Host, config: Config, signal: AbortSignal): Promise<GoSettings> {
  const configured = config.toolchain?.proxy;
  const proxy = fromEnvironment(host, 'GOPROXY') ?? (configured ? located(config, configured) : undefined);
  const sumdb = fromEnvironment(host, 'GOSUMDB');
  if (proxy && sumdb) return { proxy, sumdb };
  const files = [userEnvFile(host), ...installed(host).map((root) => join(root, 'go.env'))];
  const found = {
    proxy: proxy ?? fromFiles(host, files, 'GOPROXY'),
    sumdb: sumdb ?? fromFiles(host, files, 'GOSUMDB'),
  };
  if (found.proxy && found.sumdb) return found;
  const answers = await askGo(host, signal);
  return { proxy: found.proxy ?? answers.proxy, sumdb: found.sumdb ?? answers.sumdb };
}

function fromEnvironment(host: Host, name: string): Setting | undefined {
  const value = host.environment[name];
  return value ? { value, origin: `${name} in the environment` } : undefined;
}

function located(config: Config, value: string): Setting {
  const { file, line } = config.locate('toolchain.proxy');
  return { value, origin: `toolchain.proxy in ${file}${line === undefined ? '' : `:${line}`}` };
}

/** The file that `go env -w` writes; undefined when GOENV=off or there is no home. */
export function userEnvFile(host: Host): string | undefined {
  const { GOENV: own, XDG_CONFIG_HOME: xdg } = host.environment;
  if (own) return own === 'off' ? undefined : own;
  if (host.homeDirectory === undefined) return xdg ? join(xdg, 'go/env') : undefined;
  if (host.platform.startsWith('darwin/'))
    return join(host.homeDirectory, 'Library/Application Support/go/env');
  return join(xdg || join(host.homeDirectory, '.config'), 'go/env');
}

/** GOROOTs on PATH and in the store: since 1.21 their go.env file holds the defaults. */
function installed(host: Host): string[] {
  const onPath = goOnPath(host)?.goroot?.root;
  const stored = goroots(host, [storeDirectory(host)]).map((goroot) => goroot.root);
  return onPath === undefined ? stored : [onPath, ...stored];
}

function fromFiles(host: Host, files: readonly (string | undefined)[], name: string): Setting | undefined {
  for (const file of files) {
    const text = file === undefined ? undefined : host.files.readTextIfAny(file);
    const value = text === undefined ? undefined : valueIn(text, name);
    if (value) return { value, origin: `${name} in ${file}` };
  }
  return undefined;
}

/** The last `NAME=value` line counts, as for Go. */
export function valueIn(text: string, name: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}=`));
  return lines
    .at(-1)
    ?.slice(name.length + 1)
    .trim();
}

/** Go since 1.13 answers for the defaults built into it; a tree's own toolchain line must not start another Go. */
async function askGo(host: Host, signal: AbortSignal): Promise<GoSettings> {
  const stored = goroots(host, [storeDirectory(host)]).at(-1);
  const go = goOnPath(host)?.program ?? (stored ? join(stored.root, 'bin/go') : undefined);
  if (go === undefined) return { proxy: undefined, sumdb: undefined };
  const { PATH, HOME } = host.environment;
  const result = await host.processes.run({
    argv: [go, 'env', 'GOPROXY', 'GOSUMDB'],
    environment: {
      ...(PATH ? { PATH } : {}),
      HOME: HOME ?? '/',
      GOTOOLCHAIN: 'local',
      GOFLAGS: '',
      GO111MODULE: 'on',
    },
    workingDirectory: '/',
    timeoutMilliseconds: 10_000,
    signal,
  });
  const [proxy, sumdb] = result.exitCode === 0 ? result.stdout.split('\n').map((line) => line.trim()) : [];
  const setting = (value: string | undefined, name: string) =>
    value ? { value, origin: `${name} as answered by ${go}` } : undefined;
  return { proxy: setting(proxy, 'GOPROXY'), sumdb: setting(sumdb, 'GOSUMDB') };
}
