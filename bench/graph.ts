/**
 * Our package graph against `go list -deps -json` on the same roots: `node bench/graph.ts TREE GOROOT VERSION PACKAGE…`.
 * TREE is a directory of GOPATH/src, or a module; nothing in it is changed. Both sides start a process of their own;
 * ours runs what `npm run build` made, as people run it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
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

const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-'));
try {
  const headers = join(scratch, 'headers.json');
  const program = fileURLToPath(new URL('resolve-once.mjs', import.meta.url));
  const argv = [process.execPath, program, place, goroot, version, ...packages];
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
  const rows = await runCases(cases, fileURLToPath(new URL('results', import.meta.url)));
  process.exitCode = rows.every((row) => row.holds) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
