/** Programs that hold the paths of another place are those that go builds at that place, byte for byte. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../trees.ts';
import { KINDS, languageOf } from './kinds.ts';
import { CACHE, codes, type RunOptions, type RunResult, runProgram } from './monorepo.ts';

const OUTPUTS = ['plain', 'native', 'both.test'];
/** On the file system of the toolchains, so that a GOROOT elsewhere is made of links. */
let places: string;

beforeAll(() => {
  mkdirSync(CACHE, { recursive: true });
  places = realpathSync(mkdtempSync(join(CACHE, 'kw paths-')));
});
afterAll(() => rmSync(places, { recursive: true, force: true }));

async function run(root: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const env = { HOME: tmpdir(), ...options.env };
  return runProgram(['build', '--json', '--version-string', 'v1.0.0', ...args], { cwd: root, env });
}

async function build(root: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await run(root, args, options);
  expect([result.exitCode, codes(result).filter((code) => code !== 'toolchain/wrong-on-path')]).toEqual([
    0,
    [],
  ]);
  return result;
}

function lay(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function digests(root: string, output: string, names: readonly string[]): string[] {
  return names.map((name) =>
    createHash('sha256')
      .update(readFileSync(join(root, output, 'bin/linux/amd64', name)))
      .digest('hex'),
  );
}

/** A toolchain once more, at a path of its own. */
function goElsewhere(version: string): string {
  const there = join(places, `go${version}`);
  rmSync(there, { recursive: true, force: true });
  execFileSync('cp', ['-al', join(CACHE, `toolchains/go${version}.linux-amd64`), there]);
  return there;
}

const UNTRIMMED = `${KINDS['kubewright.yaml']}build:\n  trimpath: false\n`;

function withPaths(tree: string, go: string): string {
  const paths = `  paths:\n    tree: ${JSON.stringify(tree)}\n    go: ${JSON.stringify(go)}\n`;
  return `${UNTRIMMED}${paths}    output: _output/local\n`;
}

describe('what a module makes here is what go makes there', () => {
  const here = () => join(places, 'here');
  const there = () => join(places, 'there/much/deeper');

  test.each([
    ['1.13.1', []],
    ['1.15.15', []],
    ['1.15.15', ['--gcflags', 'all=-trimpath=ROOT']],
    ['1.21.13', ['--debug']],
    ['1.21.13', ['--gcflags', 'ROOT']],
    ['1.24.13', []],
  ])('with Go %s %j', async (version, flags) => {
    const files = {
      ...KINDS,
      'kubewright.yaml': UNTRIMMED,
      'go.mod': `module example.dev/kinds\n\ngo ${languageOf(version)}\n`,
    };
    lay(here(), files);
    const words = (root: string) => [
      ...['--toolchain', version, '--ldflags', '-buildid=', '-p', 'linux/amd64', ...OUTPUTS],
      ...flags.map((flag) => flag.replace(/^(all=-trimpath=)?ROOT$/, `all='-trimpath=${root}'`)),
    ];
    // The toolchain is fetched here, if it was never; with paths of its own checkout, what comes out must differ.
    await build(here(), words(here()));
    // A -trimpath of one's own leaves go's scratch directory, another one in every build, in tests and in programs with C.
    const names = flags.join().includes('ROOT') ? ['plain'] : OUTPUTS;
    const own = digests(here(), '_output/local', names);
    const go = goElsewhere(version);
    lay(here(), { 'kubewright.yaml': withPaths(there(), go) });
    await build(here(), words(here()));
    lay(there(), files);
    await build(there(), [...words(there()), '--toolchain', go, '--engine', 'go']);
    const wanted = digests(there(), '_output/local', names);
    expect(digests(here(), '_output/local', names)).toEqual(wanted);
    expect(own).not.toContain(wanted[0]);
  });
});

test('a GOPATH tree makes here what its container makes, and nothing twice for another checkout', async () => {
  const files = {
    'cmd/kubectl/main.go':
      'package main\n\nimport (\n\t"runtime"\n\n\t"k8s.io/kubernetes/pkg/kubelet"\n)\n\nfunc main() {\n\t_, file, _, _ := runtime.Caller(0)\n\tprintln(file, kubelet.Where(), runtime.GOROOT())\n}\n',
    'pkg/kubelet/kubelet.go':
      'package kubelet\n\nimport "runtime"\n\nfunc Where() string {\n\t_, file, _, _ := runtime.Caller(0)\n\treturn file\n}\n',
  };
  const tree = (name: string, more = {}) => {
    const root = join(places, name);
    cpSync(fixture('k8s-1.20'), root, { recursive: true, verbatimSymlinks: true });
    return lay(root, { ...files, ...more });
  };
  const words = ['kubectl', '-p', 'linux/amd64'];
  const there = tree('src/k8s.io/kubernetes');
  const env = { KUBE_OUTPUT_SUBPATH: '_output/dockerized' };
  await build(tree('fetched'), words);
  const go = goElsewhere('1.15.15');
  await build(there, [...words, '--toolchain', go, '--engine', 'go'], { env });
  const paths = {
    'kubewright.yaml': `build: { paths: { tree: ${JSON.stringify(there)}, go: ${JSON.stringify(go)} } }\n`,
  };
  const [one, other] = [tree('one', paths), tree('the other', paths)];
  await build(one, words);
  const wanted = digests(there, '_output/dockerized', ['kubectl']);
  expect(digests(one, '_output/local', ['kubectl'])).toEqual(wanted);
  const again = await build(other, words);
  expect(digests(other, '_output/local', ['kubectl'])).toEqual(wanted);
  expect(
    again.events.filter((event) => event.type === 'package-finished' && event.outcome === 'built'),
  ).toEqual([]);
});

test.each([
  ['--engine', 'go'],
  ['--reproducible', ''],
  ['--goflags', '-buildmode=pie'],
])('what cannot be is said before anything is compiled: %s %s', async (...flags) => {
  const root = join(places, 'refused');
  cpSync(fixture('k8s-1.20'), root, { recursive: true, verbatimSymlinks: true });
  const refused = await run(root, ['kubectl', '--paths', 'container', ...flags.filter(Boolean)]);
  expect([refused.exitCode, refused.stdout]).toEqual([2, expect.not.stringMatching('command-started')]);
  expect(refused.stderr + refused.stdout).toContain('build/paths-impossible');
});
