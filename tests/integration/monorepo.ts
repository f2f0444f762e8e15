/** A small real Go monorepo in a folder of its own, and the command line run on it as users run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../src/report/events.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
export const PROGRAM = join(PROJECT, 'bin/kubewright.cjs');

/** shared by all tests and kept for the next run, so that a toolchain is fetched once. */
export const CACHE = process.env['KUBEWRIGHT_TEST_CACHE'] ?? join(tmpdir(), 'kubewright-tests');

export interface RunResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** With --json: what happened, in order. */
  readonly events: readonly Event[];
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** For root: without the capabilities that let it read and write whatever permissions say. */
  readonly boundByPermissions?: boolean;
  /** Called once with the child, to send it signals. */
  readonly onStart?: (child: ChildProcess) => void;
  readonly cwd?: string;
}

const FILES: Readonly<Record<string, string>> = {
  'go.mod': 'module example.dev/orchard\n\ngo 1.21\n',
  '.go-version': '1.24.13\n',
  'kubewright.yaml': `name: orchard
groups:
  server:
    targets: [cmd/press, cmd/cellar]
    platforms: [linux/amd64, linux/arm64]
  client:
    targets: [cmd/picker]
    platforms: [linux/amd64, windows/amd64]
  test:
    targets: [test/taste/taste.test]
static: [press, cellar, picker]
version:
  packages: [example.dev/orchard/pkg/version]
`,
  'pkg/version/version.go':
    'package version\n\nvar (\n\tgitVersion = "unset"\n\tgitCommit  = "unset"\n)\n\nfunc Get() string { return gitVersion + " " + gitCommit }\n',
  'pkg/juice/juice.go':
    'package juice\n\n// Press makes juice.\nfunc Press(kilos int) int {\n\treturn kilos * 6 / 10\n}\n',
  'cmd/press/main.go': main('"example.dev/orchard/pkg/juice"', 'println(juice.Press(10), version.Get())'),
  'cmd/cellar/main.go': main('', 'println("cellar", version.Get())'),
  'cmd/picker/main.go': main('', 'println("picker", version.Get())'),
  'test/taste/taste_test.go': 'package taste\n\nimport "testing"\n\nfunc TestTaste(t *testing.T) {}\n',
  'test/taste/taste.go': 'package taste\n',
};

function main(imports: string, body: string): string {
  return `package main\n\nimport (\n\t${imports}\n\t"example.dev/orchard/pkg/version"\n)\n\nfunc main() {\n\t${body}\n}\n`;
}

export class Monorepo {
  readonly root: string;
  readonly scratch: string;

  constructor(name = 'orchard', files: Readonly<Record<string, string>> = FILES) {
    this.scratch = mkdtempSync(join(tmpdir(), 'kw-it-'));
    this.root = join(this.scratch, name);
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  replace(path: string, before: string, after: string): void {
    const text = this.read(path);
    if (!text.includes(before)) throw new Error(`${path} does not hold ${before}`);
    this.write(path, text.replace(before, after));
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  digest(path: string): string {
    return createHash('sha256')
      .update(readFileSync(join(this.root, path)))
      .digest('hex');
  }

  /** A second checkout of the same files elsewhere. */
  copy(name: string): Monorepo {
    const other = new Monorepo(name, {});
    cpSync(this.root, other.root, { recursive: true, filter: (path) => !path.includes('_output') });
    return other;
  }

  dispose(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** Runs kubewright in the monorepo with an empty HOME. */
  kubewright(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const home = join(this.scratch, 'home');
    mkdirSync(home, { recursive: true });
    return runProgram(args, { cwd: this.root, ...options, env: { HOME: home, ...options.env } });
  }

  /** As `kubewright`, with the events of --json. */
  build(args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return this.kubewright(['build', '--json', ...args], options);
  }
}

/** Runs the program with this machine's own settings for downloads, and nothing else of the environment. */
export function runProgram(
  args: readonly string[],
  options: RunOptions & { cwd: string },
): Promise<RunResult> {
  const kept = [
    'PATH',
    'GOPROXY',
    'GOSUMDB',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'SSL_CERT_FILE',
    'NODE_EXTRA_CA_CERTS',
  ];
  const env = Object.fromEntries(
    kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const bound = options.boundByPermissions
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all']
    : [];
  const [program = '', ...argv] = [...bound, process.execPath, PROGRAM, ...args];
  const child = spawn(program, argv, {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, KUBEWRIGHT_CACHE: CACHE, GOCACHE: join(CACHE, 'go-build'), ...options.env },
  });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      resolve({
        exitCode,
        signal,
        stdout,
        stderr,
        events: args.includes('--json') ? parseEvents(stdout) : [],
      });
    });
  });
}

function parseEvents(stdout: string): Event[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"'));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Event];
    } catch {
      return [];
    }
  });
}

/** Step id → outcome. */
export function outcomes(result: RunResult): Record<string, string> {
  return Object.fromEntries(
    result.events.flatMap((event) => (event.type === 'step-finished' ? [[event.step, event.outcome]] : [])),
  );
}

/** Command lines that were started. */
export function commands(result: RunResult): string[] {
  return result.events.flatMap((event) => (event.type === 'command-started' ? [event.argv.join(' ')] : []));
}

/** Codes of the Diagnostics of a run. */
export function codes(result: RunResult): string[] {
  return result.events.flatMap((event) => (event.type === 'diagnostic' ? [event.diagnostic.code] : []));
}
