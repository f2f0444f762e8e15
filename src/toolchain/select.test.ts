import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  fileProxy,
  type HttpProxy,
  httpProxy,
  type MiniatureToolchain,
  type Misbehaviour,
  miniatureToolchain,
  proxyPath,
} from '../../tests/fakes/module-proxy.ts';
import { type Config, NO_CONFIG } from '../config/config.ts';
import { printDiagnostic } from '../diagnostic/printer.ts';
import { type Host, realHost } from '../host/host.ts';
import { Processes } from '../host/processes.ts';
import type { Fact, Tree } from '../tree/tree.ts';
import { reportPathGo } from './goroot.ts';
import { type SelectOptions, selectToolchain } from './select.ts';

const PLATFORM = 'linux/amd64';
const GO_115 = miniatureToolchain('1.15.99', PLATFORM);

let home: string;
let servers: HttpProxy[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kw-toolchain-'));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.close();
  rmSync(home, { recursive: true, force: true });
});

async function serving(
  toolchains: readonly MiniatureToolchain[],
  misbehave?: Misbehaviour,
): Promise<HttpProxy> {
  const server = await httpProxy(toolchains, misbehave);
  servers.push(server);
  return server;
}

/** A machine with an empty home and no Go but what `path` holds. */
function machine(environment: Host['environment'], path = ''): Host {
  return {
    ...realHost(),
    platform: PLATFORM,
    homeDirectory: home,
    environment: { KUBEWRIGHT_CACHE: join(home, 'cache'), GOSUMDB: 'off', ...environment },
    processes: new Processes(path),
  };
}

function fact(value: string, file: string, text: string): Fact<string> {
  const column = text.indexOf(value) + 1;
  return { value, source: 'parsed', where: { file, line: 1, column, length: value.length, text } };
}

const PINNED = {
  root: '/nowhere',
  pinnedGo: fact('1.15.99', '.go-version', '1.15.99'),
} as Partial<Tree> as Tree;

/** Pins the sums of these toolchains, as a kubewright.yaml would. */
function trusting(...toolchains: readonly MiniatureToolchain[]): Config {
  const sums = Object.fromEntries(
    toolchains.map(({ version, platform, sum }) => [`${version} ${platform}`, sum]),
  );
  return { locate: () => ({ file: 'kubewright.yaml', line: 9 }), toolchain: { sums } };
}

async function select(host: Host, config: Config, options: Partial<SelectOptions> = {}, tree = PINNED) {
  const signal = new AbortController().signal;
  const result = await selectToolchain(host, tree, config, { offline: false, signal, ...options });
  const printed = result.diagnostics.map((diagnostic) => printDiagnostic(diagnostic)).join('\n');
  return {
    toolchain: result.ok ? result.value : undefined,
    printed: printed.replaceAll(/127\.0\.0\.1:\d+/g, 'SERVER').replaceAll(home, 'HOME'),
  };
}

/** What lies in the store, temporary entries included. */
function stored(): string[] {
  const directory = join(home, 'cache/toolchains');
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

function localGo(root: string, version: string): string {
  mkdirSync(join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'VERSION'), `go${version}\ntime 2024-01-01T00:00:00Z\n`);
  writeFileSync(join(root, 'bin/go'), `#!/bin/sh\necho go version go${version}\n`);
  chmodSync(join(root, 'bin/go'), 0o755);
  return root;
}

describe('the Go of a tree', () => {
  test('comes from a file:// proxy, is runnable, and is had again without that proxy', async () => {
    const proxy = fileProxy(join(home, 'proxy'), [GO_115]);
    const { toolchain, printed } = await select(machine({ GOPROXY: `${proxy},direct` }), trusting(GO_115));
    expect(printed).toBe('');
    expect(toolchain).toEqual({
      version: '1.15.99',
      root: join(home, 'cache/toolchains/go1.15.99.linux-amd64'),
      digest: GO_115.sum,
      source: 'proxy',
      because: 'pinned by .go-version',
    });
    const root = toolchain?.root ?? '';
    expect(execFileSync(join(root, 'bin/go'), ['version'], { encoding: 'utf8' })).toBe(
      'go version go1.15.99 linux/amd64\n',
    );
    expect(statSync(join(root, 'pkg/tool/linux_amd64/compile')).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, 'src/go.mod')).mode & 0o777).toBe(0o644);
    rmSync(join(home, 'proxy'), { recursive: true });
    const again = await select(machine({}), trusting(GO_115), { offline: true });
    expect(again.toolchain).toEqual({ ...toolchain, source: 'store' });
    expect(stored()).toEqual(['choices', 'go1.15.99.linux-amd64']);
  });

  test('is found in a directory of GOROOTs before any proxy is asked', async () => {
    const root = localGo(join(home, 'gos/go-mine'), '1.15.99');
    const host = machine({ KUBEWRIGHT_TOOLCHAINS: join(home, 'gos') });
    const { toolchain } = await select(host, NO_CONFIG);
    expect(toolchain).toMatchObject({ version: '1.15.99', root, source: 'directory' });
    const digest = toolchain?.digest;
    writeFileSync(join(root, 'bin/go'), '#!/bin/sh\necho another go\n');
    expect((await select(host, NO_CONFIG)).toolchain?.digest).not.toBe(digest);
  });

  test('is the directory that a person names', async () => {
    const root = localGo(join(home, 'my go'), '1.99.1');
    const { toolchain } = await select(machine({}), NO_CONFIG, { toolchain: root });
    expect(toolchain).toMatchObject({ version: '1.99.1', root, source: 'directory' });
    expect((await select(machine({}), NO_CONFIG, { toolchain: home })).printed).toBe(
      [
        'error toolchain/not-available: HOME holds no Go: bin/go and VERSION are not both there',
        '  help: give the GOROOT, as printed by: go env GOROOT',
      ].join('\n'),
    );
  });

  test('is not the wrong one on PATH, which is reported with the remedy', async () => {
    const proxy = fileProxy(join(home, 'proxy'), [GO_115]);
    const wrong = localGo(join(home, 'usr'), '1.26.8');
    const host = machine({ GOPROXY: proxy }, join(wrong, 'bin'));
    const { toolchain } = await select(host, trusting(GO_115));
    const report = toolchain && reportPathGo(host, toolchain);
    expect(report && printDiagnostic(report).replaceAll(home, 'HOME')).toBe(
      [
        'warning toolchain/wrong-on-path: this tree wants Go 1.15.99, and PATH holds Go 1.26.8',
        '  HOME/usr/bin/go',
        '  why: pinned by .go-version; kubewright uses HOME/cache/toolchains/go1.15.99.linux-amd64/bin/go and leaves PATH alone',
        '  help: nothing to do for kubewright; for the tree’s own scripts: export PATH=HOME/cache/toolchains/go1.15.99.linux-amd64/bin:$PATH',
      ].join('\n'),
    );
  });

  test('is any Go on PATH for a tree that names none', async () => {
    const path = localGo(join(home, 'usr'), '1.26.8');
    const { toolchain } = await select(machine({}, join(path, 'bin')), NO_CONFIG, {}, {
      root: '/nowhere',
    } as Tree);
    expect(toolchain).toMatchObject({ version: '1.26.8', source: 'path' });
  });

  test('that has no patch of the pin’s number becomes the nearest one, and stays so without a network', async () => {
    const near = miniatureToolchain('1.15.98', PLATFORM);
    const { url, requests } = await serving([near]);
    const host = machine({ GOPROXY: url });
    const first = await select(host, trusting(GO_115, near));
    expect(first.toolchain).toMatchObject({ version: '1.15.98' });
    expect(first.printed).toContain(
      'warning toolchain/nearest: Go 1.15.99 cannot be had here, so Go 1.15.98 is used instead',
    );
    const asked = requests.length;
    expect(await select(host, trusting(GO_115, near))).toEqual({
      toolchain: { ...first.toolchain, source: 'store' },
      printed: first.printed,
    });
    expect(requests).toHaveLength(asked);
  });
});

describe('when Go cannot be had', () => {
  test('a machine without Go and without a proxy is told exactly what to set', async () => {
    expect((await select(machine({}), NO_CONFIG)).printed).toBe(
      [
        'error toolchain/no-source: Go 1.15.99 (pinned by .go-version) is wanted, and there is no place to get it from',
        '  .go-version:1:1',
        '  1 │ 1.15.99',
        '    │ ~~~~~~~',
        '  why: no Go is on PATH nor in the store, and no module proxy is set',
        '  help: set the address of a Go module proxy: GOPROXY in the environment, or toolchain.proxy in kubewright.yaml (https://… or file://…); or a directory of GOROOTs: KUBEWRIGHT_TOOLCHAINS; or one GOROOT: --toolchain=DIRECTORY',
      ].join('\n'),
    );
  });

  test('--offline asks nobody and names whom it would have asked', async () => {
    const { url, requests } = await serving([GO_115]);
    expect((await select(machine({ GOPROXY: url }), trusting(GO_115), { offline: true })).printed).toBe(
      [
        'error network/offline: Go 1.15.99 (pinned by .go-version) is not on this machine, and --offline forbids to ask http://SERVER',
        '  .go-version:1:1',
        '  1 │ 1.15.99',
        '    │ ~~~~~~~',
        '  why: no Go is on PATH nor in the store',
        '  help: run kubewright toolchain get once without --offline, or name a directory of GOROOTs with KUBEWRIGHT_TOOLCHAINS',
      ].join('\n'),
    );
    expect(requests).toEqual([]);
  });

  test('a wrong checksum is refused, nothing is left, and the next mirror is tried', async () => {
    const false115 = { ...GO_115, zip: miniatureToolchain('1.15.99', 'linux/arm64').zip };
    const swapped = { ...GO_115, sum: 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    const good = await serving([GO_115]);
    const alone = await select(machine({ GOPROXY: good.url }), trusting(swapped));
    expect(alone.printed).toBe(
      [
        'error toolchain/checksum-mismatch: Go 1.15.99 for linux/amd64 from http://SERVER is not what it should be; nothing of it was unpacked',
        `  why: its sum is ${GO_115.sum}; wanted is ${swapped.sum}, by toolchain.sums in kubewright.yaml:9`,
        '  help: ask who runs that proxy, and name another one with GOPROXY (several are separated by commas); if the wanted sum is your own, correct it',
      ].join('\n'),
    );
    expect(stored()).toEqual([]);
    const bad = await serving([false115]);
    const both = await select(machine({ GOPROXY: `${bad.url},${good.url}` }), trusting(GO_115));
    expect(both.toolchain?.digest).toBe(GO_115.sum);
    expect(both.printed).toContain('warning toolchain/checksum-mismatch');
  });

  test('a login page instead of an archive is called one', async () => {
    const { url } = await serving([GO_115], (request, response) => {
      if (!request.url?.endsWith('.zip')) return false;
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Sign in</title></html>');
      return true;
    });
    const { printed } = await select(machine({ GOPROXY: url }), trusting(GO_115));
    expect(printed).toContain(
      'why: it is a web page, perhaps of a login or a firewall: <html><title>Sign in</title></html>; wanted is h1:',
    );
    expect(stored()).toEqual([]);
  });

  test('an unknown checksum is refused with the flag that supplies one, before anything is fetched', async () => {
    const { url, requests } = await serving([GO_115]);
    const host = machine({ GOPROXY: url });
    expect((await select(host, NO_CONFIG)).printed).toBe(
      [
        'error toolchain/checksum-unknown: no checksum is known for Go 1.15.99 for linux/amd64, so it is not fetched',
        '  why: the checksum database is switched off (GOSUMDB in the environment)',
        '  help: learn the sum from a place that you trust and give it: --toolchain-sum=h1:…, or in kubewright.yaml under toolchain.sums: "1.15.99 linux/amd64": h1:…',
      ].join('\n'),
    );
    expect(requests).toEqual([`GET ${proxyPath('1.15.99', PLATFORM, 'info')}`]);
    expect((await select(host, NO_CONFIG, { toolchainSum: GO_115.sum })).toolchain?.digest).toBe(GO_115.sum);
  });

  test('a failing proxy is told, and another patch of the same minor is used if it is here', async () => {
    const { url } = await serving([GO_115], (_, response) => {
      response.writeHead(400).end('broken');
      return true;
    });
    const failed = await select(machine({ GOPROXY: url }), trusting(GO_115));
    expect(failed.toolchain).toBeUndefined();
    expect(failed.printed).toBe(
      [
        `error network/failed: Go 1.15.99 for linux/amd64 could not be fetched from http://SERVER${proxyPath('1.15.99', PLATFORM)}`,
        '  why: the server answered 400: broken',
        '  help: check that address from this machine, or name another one: GOPROXY in the environment, or toolchain.proxy in kubewright.yaml',
      ].join('\n'),
    );
    const host = machine({ GOPROXY: url, KUBEWRIGHT_TOOLCHAINS: join(home, 'gos') });
    localGo(join(home, 'gos/go1.15.2'), '1.15.2');
    const { toolchain, printed } = await select(host, trusting(GO_115));
    expect(toolchain).toMatchObject({ version: '1.15.2', source: 'directory' });
    expect(printed).toContain('warning network/failed');
    expect(printed).toContain('warning toolchain/nearest');
  });

  test('another minor that is here is not taken unasked, but named', async () => {
    const host = machine({ KUBEWRIGHT_TOOLCHAINS: join(home, 'gos') });
    const root = localGo(join(home, 'gos/go1.22.1'), '1.22.1');
    const { toolchain, printed } = await select(host, NO_CONFIG);
    expect(toolchain).toBeUndefined();
    expect(printed).toContain('why: this machine has Go 1.22.1, and no module proxy is set');
    expect(printed).toContain(
      `or try Go 1.22.1, which is here: --toolchain=${root.replaceAll(home, 'HOME')}`,
    );
  });
});

describe('two runs', () => {
  test('at once both get a whole toolchain and leave one', async () => {
    const { url } = await serving([GO_115]);
    const host = machine({ GOPROXY: url });
    const both = await Promise.all([select(host, trusting(GO_115)), select(host, trusting(GO_115))]);
    expect(both.map(({ toolchain }) => toolchain?.digest)).toEqual([GO_115.sum, GO_115.sum]);
    expect(stored()).toEqual(['choices', 'go1.15.99.linux-amd64']);
  });

  test('the first killed in the middle of its download: the second succeeds and removes what was left', async () => {
    let stall = true;
    const { url } = await serving([GO_115], (request, response, file) => {
      if (!stall || !file || !request.url?.endsWith('.zip')) return false;
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, 500));
      return true;
    });
    const killed = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../tests/fakes/select-child.ts'), GO_115.sum],
      {
        env: {
          PATH: '/nowhere',
          HOME: home,
          KUBEWRIGHT_CACHE: join(home, 'cache'),
          GOPROXY: url,
          GOSUMDB: 'off',
        },
        stdio: 'ignore',
      },
    );
    while (!stored().some((name) => name.startsWith('.kw-tmp-')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => {
      killed.once('exit', resolve);
      killed.kill('SIGKILL');
    });
    expect(stored()).toEqual([expect.stringMatching(/^\.kw-tmp-/)]);
    stall = false;
    const { toolchain } = await select(machine({ GOPROXY: url }), trusting(GO_115));
    expect(toolchain?.digest).toBe(GO_115.sum);
    expect(stored()).toEqual(['choices', 'go1.15.99.linux-amd64']);
  });
});
