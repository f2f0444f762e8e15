import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realHost } from '../../src/host/host.ts';
import type { Event } from '../../src/report/events.ts';
import { finishRun } from '../../src/report/finish.ts';
import { journalLine } from '../../src/report/journal.ts';
import { failedRun, goodRun, noOpRun } from '../fixtures/runs.ts';
import { copyOf, kubewright, scratch } from '../trees.ts';

const GOOD = '20261121T051936Z-3fa9c1';
const NO_OP = '20261121T052101Z-77d0e2';
const FAILED = '20261121T053000Z-c41b9a';

async function treeWithRuns(): Promise<string> {
  const tree = copyOf('go-module');
  for (const [name, events] of [
    [GOOD, goodRun()],
    [NO_OP, noOpRun(12)],
    [FAILED, failedRun()],
  ] as const) {
    await finishRun(realHost(), leaveRun(join(tree, '_output'), name, events));
  }
  return tree;
}

function leaveRun(out: string, name: string, events: readonly Event[]): string {
  const directory = join(out, 'kubewright', 'runs', name);
  mkdirSync(directory, { recursive: true });
  const named = events.map((event) => (event.type === 'run-started' ? { ...event, run: name } : event));
  writeFileSync(join(directory, 'events.jsonl'), named.map(journalLine).join(''));
  return directory;
}

test('report: without a terminal it prints the path of the latest page', async () => {
  const tree = await treeWithRuns();
  const run = await kubewright(['report', '-C', tree]);
  expect(run).toEqual({
    ...{ exitCode: 0, stderr: '' },
    stdout: `${tree}/_output/kubewright/runs/${FAILED}/index.html\n`,
  });
  expect(readFileSync(run.stdout.trim(), 'utf8')).toContain('undefined: newThing');
});

test('report: the page of a run with nothing to do is drawn when it is asked for', async () => {
  const tree = await treeWithRuns();
  const page = `${tree}/_output/kubewright/runs/${NO_OP}/index.html`;
  expect(existsSync(page)).toBe(false);
  const run = await kubewright(['report', '77d0e2', '-C', tree]);
  expect(run.stdout).toBe(`${page}\n`);
  expect(readFileSync(page, 'utf8')).toContain('Nothing to do');
});

test('report --list: newest first', async () => {
  const tree = await treeWithRuns();
  const run = await kubewright(['report', '--list', '-C', tree]);
  expect(run.stdout).toBe(
    `run                      ending       time  steps                           command
20261121T053000Z-c41b9a  failed      6.2 s  1 built, 1 failed, 1 cancelled  kubewright build cmd/kubectl cmd/kubelet --goflags -v
20261121T052101Z-77d0e2  no-op      0.21 s  12 fresh                        kubewright build
20261121T051936Z-3fa9c1  succeeded  42.3 s  1 fresh, 1 restored, 3 built    kubewright build cmd/kubectl cmd/kubelet cmd/kubeadm cmd/kube-proxy
`,
  );
});

test('report --print: what was asked, how it ended, and why', async () => {
  const tree = await treeWithRuns();
  const run = await kubewright(['report', '--print', '-C', tree]);
  expect(run.stdout).toBe(
    `kubewright build cmd/kubectl cmd/kubelet --goflags -v
run 20261121T053000Z-c41b9a, 2026-11-21 05:19:36 UTC, Kubernetes, 1.20 era (vendor/modules.txt, generated-files makefile), v1.20.2, go1.15.15
Failed after 6.2 s: 1 built, 1 failed, 1 cancelled

outcome     time      size  step                      why
built      5.9 s  44.0 MiB  kubectl linux/amd64       never built here
failed     5.9 s            kubelet linux/amd64       pkg/kubelet/kubelet.go changed
cancelled                   kubelet.test linux/amd64

0fedcba98765  _output/local/bin/linux/amd64/kubectl

error build/compile-failed: undefined: newThing
  pkg/kubelet/kubelet.go:412:9
  412 │  return newThing<int>(klet)
      │         ~~~~~~~~ here
  why: kubelet linux/amd64 is built of it
  help: declare newThing in package kubelet, or import the package that does
`,
  );
});

test('report --json: one document', async () => {
  const tree = await treeWithRuns();
  const document = JSON.parse((await kubewright(['report', GOOD, '--json', '-C', tree])).stdout);
  expect(document).toMatchObject({
    ...{ run: GOOD, ending: 'succeeded', exitCode: 0, milliseconds: 42_300 },
    counts: { built: 3, restored: 1, fresh: 1 },
    directory: `${tree}/_output/kubewright/runs/${GOOD}`,
  });
  expect(document.steps.map((step: { outcome: string }) => step.outcome)).toEqual([
    ...['built', 'built', 'built', 'fresh', 'restored'],
  ]);
});

test('report --html: the page is written where it is wanted, also of a run from elsewhere', async () => {
  const elsewhere = scratch('archive');
  const kept = leaveRun(elsewhere, GOOD, goodRun());
  const directory = scratch('ci');
  const run = await kubewright(
    ['report', join(elsewhere, 'kubewright/runs', GOOD), '--html', 'report.html'],
    {},
    directory,
  );
  expect(run).toEqual({ exitCode: 0, stderr: '', stdout: `${directory}/report.html\n` });
  expect(readFileSync(`${directory}/report.html`, 'utf8')).toContain('<h1>');
  expect(readdirSync(kept)).toEqual(['events.jsonl']);
});

test('report: outputs that lie elsewhere are found with --out, and by a link to a run that is gone', async () => {
  const tree = copyOf('go-module');
  leaveRun(join(tree, 'out'), GOOD, goodRun());
  symlinkSync('20260101T000000Z-gone00', join(tree, 'out/kubewright/runs/latest'));
  const run = await kubewright(['report', '-C', tree, '--out', 'out', '--print']);
  expect(run.stdout).toContain('Done in 42.3 s');
});

test('report: a run that is not there is answered with the nearest', async () => {
  const tree = await treeWithRuns();
  const unknown = await kubewright(['report', '20261121T052100Z-77d0e2', '-C', tree]);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr.replaceAll(tree, 'TREE')).toBe(
    `error report/no-run: there is no run 20261121T052100Z-77d0e2
  TREE/_output/kubewright/runs
  why: of the 3 runs that are kept, these come nearest: 20261121T052101Z-77d0e2, 20261121T053000Z-c41b9a, 20261121T051936Z-3fa9c1
  help: take one of these, or list all with kubewright report --list
`,
  );
  const several = await kubewright(['report', '20261121', '-C', tree]);
  expect(several.stderr).toContain('error report/no-run: 3 runs fit 20261121\n');
});

test('report: a tree that was never built says what to do', async () => {
  const tree = copyOf('go-module');
  const run = await kubewright(['report', '-C', tree]);
  expect(run.exitCode).toBe(2);
  expect(run.stderr.replaceAll(tree, 'TREE')).toBe(
    `error report/no-run: no run has left a report here yet
  TREE/_output/kubewright/runs
  help: run kubewright build first; name another tree with -C, or another output directory with --out
`,
  );
});
