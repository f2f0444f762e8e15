import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { foldRun } from '../../src/report/fold.ts';
import { renderPage } from '../../src/report/page/page.ts';
import { failedRun, goodRun, largeRun, noOpRun, releaseRun } from '../fixtures/runs.ts';
import { scratch } from '../trees.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const QUIET = ['background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`);

describe.skipIf(!CHROMIUM)('the page in a browser (wants chromium: apt-get install chromium)', () => {
  let browser: Browser;
  const directory = scratch('pages');

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...QUIET],
    });
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** Opens a run's page from a file; `complaints` collects console messages, errors and requests. */
  async function open(events: readonly Event[], options: { width?: number; dark?: boolean } = {}) {
    const path = join(directory, 'index.html');
    writeFileSync(path, renderPage(foldRun(events), { name: '20261121T051936Z-3fa9c1', earlier: [] }));
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1280, height: 900 },
      colorScheme: options.dark ? 'dark' : 'light',
    });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (problem) => complaints.push(`error: ${problem.message}`));
    page.on('request', (request) => {
      if (request.url() !== `file://${path}` && !request.url().startsWith('data:'))
        complaints.push(`request: ${request.url()}`);
    });
    await page.goto(`file://${path}`);
    return { page, complaints };
  }

  const firstColumn = (page: Page) =>
    page.locator('#steps tbody tr:visible td:first-child b').allTextContents();

  test.each([
    ['built', goodRun()],
    ['failed', failedRun()],
    ['found nothing to do', noOpRun(12)],
    ['has 400 steps', largeRun(400)],
    ['made a release', releaseRun()],
    ['was killed', goodRun().slice(0, 17)],
    ['left an empty log', []],
  ])('a run that %s: no complaint, no request, nothing wider than the window', async (_, events) => {
    for (const options of [{}, { width: 420, dark: true }]) {
      const { page, complaints } = await open(events, options);
      expect(await page.locator('h1').textContent()).not.toBe('');
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
      await page.close();
    }
  });

  test('the table sorts by name and by size, both ways, and tells screen readers', async () => {
    const { page } = await open(goodRun());
    const sizes = page.getByRole('button', { name: 'Size' });
    await page.getByRole('button', { name: 'Target' }).click();
    expect(await firstColumn(page)).toEqual([
      'kube-proxy',
      'kubeadm',
      'kubectl',
      'kubelet',
      'make generated_files',
    ]);
    await sizes.click();
    expect(await firstColumn(page)).toEqual([
      'kubelet',
      'kubectl',
      'kubeadm',
      'kube-proxy',
      'make generated_files',
    ]);
    expect(await page.locator('th', { has: sizes }).getAttribute('aria-sort')).toBe('descending');
    await sizes.click();
    expect((await firstColumn(page))[0]).toBe('make generated_files');
    await page.close();
  });

  test('the filter takes words of every column, a digest and outcomes', async () => {
    const { page } = await open(largeRun(400));
    await page.getByRole('searchbox').fill('s390x tool-00');
    expect(await firstColumn(page)).toEqual(['tool-003', 'tool-009']);
    expect(await page.locator('#shown').textContent()).toBe('2 of 400');
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'failed 2' }).click();
    expect(await firstColumn(page)).toEqual(['tool-003', 'tool-009']);
    await page.getByRole('button', { name: 'fresh 80' }).click();
    expect(await page.locator('#shown').textContent()).toBe('82 of 400');
    await page.getByRole('searchbox').fill('no such step');
    expect(await page.getByText('No step fits the filter.').isVisible()).toBe(true);
    await page.close();
  });

  test('a command opens and is copied with its environment', async () => {
    const { page, complaints } = await open(goodRun());
    await page.locator('summary', { hasText: 'go build' }).click();
    const script = page.locator('details[open] pre').first();
    expect(await script.textContent()).toContain('CGO_ENABLED=0 \\\n');
    const copy = page.locator('details[open] .copy');
    await copy.click();
    await page.locator('details[open] .copy', { hasText: 'copied' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('an artifact of a release opens: digest, contents, and what an image consists of', async () => {
    const { page, complaints } = await open(releaseRun());
    const archive = page.locator('.artifact', { hasText: 'kubernetes-server-linux-amd64.tar.gz' });
    expect(await archive.locator('.artifact-body').isVisible()).toBe(false);
    await archive.locator('summary').click();
    const words = await archive.innerText();
    expect(words).toContain(`sha256:${'b'.repeat(64)}`);
    expect(words).toContain('269 MiB');
    expect(words.replace(/\s+/g, ' ')).toContain('kube-apiserver.tar 115 MiB');
    expect(words.replace(/\s+/g, ' ')).toContain('LICENSES/ 311 files 2.3 MiB');
    const image = page.locator('.artifact').nth(1);
    await image.locator('summary').click();
    const rows = await image.locator('.image-parts tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual(['name', 'base', 'layer']);
    expect(rows.join()).toContain('go-runner:buster-v2.2.2 (2 layers)');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('without scripts it still says everything', async () => {
    const path = join(directory, 'index.html');
    writeFileSync(path, renderPage(foldRun(failedRun()), { name: 'x', earlier: [] }));
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`file://${path}`);
    expect(await page.locator('#steps tbody tr').count()).toBe(3);
    expect(await page.getByRole('searchbox').isVisible()).toBe(false);
    await context.close();
  });

  test('an injected script does not run: the policy is in force', async () => {
    const path = join(directory, 'injected.html');
    const page = renderPage(foldRun(goodRun()), { name: 'x', earlier: [] });
    writeFileSync(path, page.replace('</main>', '<script>document.title = "owned"</script></main>'));
    const tab = await browser.newPage();
    await tab.goto(`file://${path}`);
    expect(await tab.title()).toContain('Done');
    await tab.close();
  });
});
