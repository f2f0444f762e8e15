/** The package that `npm pack` makes, installed where nothing else is. */
import { type ExecFileSyncOptions, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { PROJECT } from '../documents.ts';
import { scratch } from '../trees.ts';

const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
let bin = '';
let root = '';

/** npm and its certificates, and a home with nothing in it. */
function environment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(NODE_EXTRA_CA_CERTS|(https?|no)_proxy|SSL_CERT_\w+)$/i.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    HOME: home,
  };
}

beforeAll(() => {
  const home = scratch('home');
  root = scratch('prefix');
  const options: ExecFileSyncOptions = {
    cwd: PROJECT,
    env: environment(home),
    stdio: ['ignore', 'pipe', 'pipe'],
  };
  execFileSync('npm', ['pack', '--silent', '--pack-destination', home], options);
  const tarball = readdirSync(home).find((name) => name.endsWith('.tgz')) ?? '';
  execFileSync(
    'npm',
    ['install', '--global', '--prefix', root, '--no-audit', '--no-fund', join(home, tarball)],
    options,
  );
  bin = join(root, 'bin');
});

function installed(program: string, words: readonly string[], node = process.execPath) {
  const { status, stdout, stderr } = spawnSync(node, [join(bin, program), ...words], {
    env: { PATH: '/nowhere', HOME: root },
    cwd: root,
    encoding: 'utf8',
  });
  return { exitCode: status, stdout, stderr };
}

test('kubewright tells its version', () => {
  expect(installed('kubewright', ['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('kw is the same program, and help needs nothing around it', () => {
  const { exitCode, stdout } = installed('kw', ['--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Usage: kubewright [options] [command]');
});

test('the package brings the example and the pages of errors, and no tests', () => {
  const home = join(root, 'lib/node_modules/kubewright');
  const has = (path: string) => existsSync(join(home, path));
  expect([has('examples/orchard/go.work'), has('docs/errors/target/unknown.md'), has('LICENSE')]).toEqual([
    true,
    true,
    true,
  ]);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
    (file) => !file.startsWith('node_modules'),
  );
  expect(
    files.filter(
      (file) => /\.test\.|(^|\/)test\/(?!harvest)|_output/.test(file) && !/^examples\/\w+\/test/.test(file),
    ),
  ).toEqual([]);
});

test('an old Node says in one sentence what to do', (context) => {
  const old = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path) && majorOf(path) < 22);
  if (!old) return context.skip('wanted a Node older than 22 in /usr/bin');
  const { exitCode, stdout, stderr } = installed('kubewright', ['--version'], old);
  const its = execFileSync(old, ['--version'], { encoding: 'utf8' }).trim();
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `kubewright needs Node 22 or newer, and this is ${its}. Install a newer Node, or run ./quickstart in a clone: it fetches a private one.\n`,
  });
});

function majorOf(node: string): number {
  return Number(execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1).split('.')[0]);
}

test('a link to the program works as the program does', () => {
  const place = join(root, 'elsewhere');
  mkdirSync(place);
  symlinkSync(join(bin, 'kw'), join(place, 'kw'));
  const { status, stdout } = spawnSync(process.execPath, [join(place, 'kw'), '--version'], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${version}\n` });
});
