import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  failedRun,
  goodRun,
  largeRun,
  noOpRun,
  RunScript,
  releaseRun,
} from '../../../tests/fixtures/runs.ts';
import { expectGolden } from '../../../tests/golden.ts';
import { foldRun } from '../fold.ts';
import { summarise } from '../summary.ts';
import { escapeHtml, html } from './html.ts';
import { renderPage } from './page.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

const name = '20261121T051936Z-3fa9c1';

/** The page without its style and script, which are reviewed where they are written. */
function bodyOf(page: string): string {
  return page.replace(STYLE, '').replace(SCRIPT, '');
}

describe('the page', () => {
  test('of a run that built, compared with an earlier one', () => {
    const before = summarise(foldRun(goodRun()), '20261121T041936Z-aaaaaa');
    const outputs = before.outputs.map((output) => ({
      ...output,
      size: output.size - 1_048_576,
      digest: '0'.repeat(64),
    }));
    const page = renderPage(foldRun(goodRun()), { name, earlier: [{ ...before, outputs }] });
    expect(page).toContain('+1.0 MiB (+2.3 %)');
    expectGolden(import.meta.url, 'good.html', bodyOf(page));
  });

  test('of a run that failed', () => {
    expectGolden(
      import.meta.url,
      'failed.html',
      bodyOf(renderPage(foldRun(failedRun()), { name, earlier: [] })),
    );
  });

  test('of a release tells what changed since the one before', () => {
    const before = summarise(foldRun(releaseRun()), '20261121T041936Z-aaaaaa');
    const outputs = before.outputs.map((output) => ({
      ...output,
      size: output.size - 2_097_152,
      digest: '0',
    }));
    const page = renderPage(foldRun(releaseRun()), { name, earlier: [{ ...before, outputs }] });
    const section = page.slice(page.indexOf('<section id="release"'), page.indexOf('<section id="steps"'));
    expect(section).toContain('v1.20.2, 1 archive, 1 image');
    expect(section).toContain('+2.0 MiB (+0.7 %)');
    expectGolden(import.meta.url, 'release.html', section);
  });

  test('of a run with nothing to do', () => {
    expectGolden(
      import.meta.url,
      'no-op.html',
      bodyOf(renderPage(foldRun(noOpRun()), { name, earlier: [] })),
    );
  });

  test('of a run that was killed says so', () => {
    const page = renderPage(foldRun(goodRun().slice(0, -3)), { name, earlier: [] });
    expect(page).toContain('No end on record');
    expect(page).toContain('<b>2</b> never ended');
  });

  test('of a log without a single Event is a page still', () => {
    const page = renderPage(foldRun([]), { name, earlier: [] });
    expect(page).toContain('No step was planned');
    expect(page).not.toContain('NaN');
  });

  test('of a plan with thirty-one kinds of waiting stays a picture, not a wall', () => {
    const script = new RunScript().start();
    const steps = Array.from({ length: 40 }, (_, i) => ({
      id: `compile:c${i}@linux/amd64`,
      needs: ['generate:all'],
    }));
    script.plan(1, [{ id: 'generate:all' }, ...steps]);
    expect(renderPage(foldRun(script.events), { name, earlier: [] })).toContain('40 × compile linux/amd64');
  });
});

describe('the policy of the page', () => {
  const page = renderPage(foldRun(largeRun(50)), { name, earlier: [] });

  test('names the hashes of exactly its style and its script', () => {
    for (const [tag, text] of [
      ['style', STYLE],
      ['script', SCRIPT],
    ] as const) {
      const hash = createHash('sha256').update(text).digest('base64');
      expect(page.replaceAll('&#39;', "'")).toContain(`${tag}-src 'sha256-${hash}'`);
      expect(page).toContain(`<${tag}>${text}</${tag}>`);
    }
  });

  test('is not worked around: no style attribute, no handler, no address of elsewhere', () => {
    expect(bodyOf(page)).not.toMatch(/\sstyle=|\son[a-z]+=|\bsrc=|https?:/);
  });
});

describe('text from outside', () => {
  const hostile = `</script><script>alert(1)</script>"'><img src=x onerror=alert(1)>&amp;`;

  test('never becomes markup, wherever it stands', () => {
    const script = new RunScript().start(['kubewright', hostile]);
    script.plan(1, [
      { id: 's@linux/amd64', title: hostile },
      { id: 't', title: hostile, needs: ['s@linux/amd64'] },
    ]);
    script.begin(2, 's@linux/amd64', hostile).command(3, 1, ['s@linux/amd64'], [hostile]);
    script.add(4, { type: 'step-output', step: 's@linux/amd64', line: hostile });
    script.add(5, {
      ...{ type: 'step-finished', step: 's@linux/amd64', outcome: 'built', milliseconds: 3 },
      outputs: [{ path: hostile, size: 10, digest: hostile }],
    });
    script.problem(6, {
      code: 'build/compile-failed',
      severity: 'error',
      what: hostile,
      where: [{ file: hostile, line: 1, column: 1, text: hostile, note: hostile }],
      why: hostile,
      help: hostile,
    });
    const body = bodyOf(renderPage(foldRun(script.finish(9, 1).events), { name: hostile, earlier: [] }));
    expect(body).not.toMatch(/<img|<script>[^<]|alert\(1\)<\/script>/);
    expect(body.match(/<script>/g)).toHaveLength(1);
  });

  test('is escaped and nothing is lost', () => {
    void fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        const back = escaped
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&');
        expect(back).toBe(text);
        expect(html`${text}`.markup).toBe(escaped);
      }),
    );
  });
});
