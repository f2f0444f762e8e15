/**
 * Our package graph against `go list -deps -json` on the same roots: `node bench/graph.ts TREE GOROOT VERSION PACKAGE…`.
 * TREE is a directory of GOPATH/src, or a module; nothing in it is changed. Both sides start a process of their own;
 * ours runs what `npm run build` made, as people run it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, runCases } from './harness.ts';

const [tree = '', goroot = '', version = '', ...packages] = process.argv.slice(2);
if (packages.length === 0) {
  console.error('usage: node bench/graph.ts TREE GOROOT VERSION PACKAGE…');
  process.exit(2);
}

const place = resolve(tree);
const gopath = place.includes('/src/') ? place.slice(0, place.lastIndexOf('/src/')) : undefined;
const environment = {
  ...{ PATH: `${goroot}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: tmpdir(), PWD: place, GOROOT: goroot },
  ...{ GOPATH: gopath ?? tmpdir(), GO111MODULE: gopath ? 'off' : 'on', GOPROXY: 'off', GOENV: 'off' },
  ...{ GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
};

/** Our side, in the process that the harness times. */
async function resolveOnce(headersFile: string): Promise<void> {
  enableCompileCache();
  const built = (path: string) => import(new URL(`../dist/${path}`, import.meta.url).href);
  const { realHost }: typeof import('../src/host/host.ts') = await built('host/host.js');
  const { resolvePackages }: typeof import('../src/tree/packages/resolve.ts') =
    await built('tree/packages/resolve.js');
  const { RememberedHeaders }: typeof import('../src/tree/packages/resolver/headerfile.ts') = await built(
    'tree/packages/resolver/headerfile.js',
  );
  const request = { key: '', go: `${goroot}/bin/go`, goVersion: version, flags: [], environment };
  const roots = packages.map((goPackage) => ({ goPackage, role: 'program' as const }));
  const { signal } = new AbortController();
  const host = realHost();
  const answer = await new RememberedHeaders(host, headersFile).using((headers) =>
    resolvePackages(host, { ...request, workingDirectory: place }, roots, headers, signal),
  );
  for (const { reason } of answer.unsupported) throw new Error(reason);
}

async function compare(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-'));
  const headers = join(scratch, 'headers.json');
  const argv = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const ours = { argv, cwd: place, env: { ...environment, GRAPH_HEADERS: headers } };
  const upstream = {
    argv: [`${goroot}/bin/go`, 'list', '-deps', '-json', ...packages],
    ...{ cwd: place, env: environment },
  };
  const rounds = { ours: 5, upstream: 3 };
  const cases: Case[] = [
    {
      ...{ name: 'graph, cold', rounds, limit: 1 / 5, upstream },
      ours: { ...ours, before: () => rmSync(headers, { force: true }) },
    },
    { name: 'graph, remembered', rounds, limit: 1 / 7, ours, upstream },
  ];
  try {
    const rows = await runCases(cases, fileURLToPath(new URL('results', import.meta.url)));
    process.exitCode = rows.every((row) => row.holds) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const { GRAPH_HEADERS: headersFile } = process.env;
if (headersFile) await resolveOnce(headersFile);
else await compare();
