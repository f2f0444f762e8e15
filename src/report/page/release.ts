/** The release view: every artifact with its size, digest, platform and contents, and what each image consists of. */
import { shownPath } from '../closing.ts';
import type { DescribedArtifact, DescribedEntry, OutputFile } from '../events.ts';
import type { RunRecord } from '../fold.ts';
import type { RunSummary } from '../summary.ts';
import { formatBytes, formatCount } from '../units.ts';
import { type Html, html, joinHtml } from './html.ts';
import { copyButton, section } from './parts.ts';
import { renderChange, sizeBefore } from './sizes.ts';

interface Drawing {
  readonly run: RunRecord;
  readonly earlier: readonly RunSummary[];
  readonly files: ReadonlyMap<string, OutputFile>;
}

/** Undefined when the run made no release. */
export function renderRelease(run: RunRecord, earlier: readonly RunSummary[]): Html | undefined {
  const { release } = run;
  if (!release || release.artifacts.length === 0) return undefined;
  const outputs = [...run.steps.values()].flatMap((step) => step.outputs);
  const drawing = { run, earlier, files: new Map(outputs.map((file) => [file.path, file])) };
  const bytes = release.artifacts.reduce((sum, { path }) => sum + (drawing.files.get(path)?.size ?? 0), 0);
  const count = (kind: DescribedArtifact['kind']) =>
    release.artifacts.filter((artifact) => artifact.kind === kind).length;
  const note = [
    ...(release.version === '' ? [] : [release.version]),
    ...(count('archive') > 0 ? [formatCount(count('archive'), 'archive')] : []),
    ...(count('image') > 0 ? [formatCount(count('image'), 'image')] : []),
    formatBytes(bytes),
  ].join(', ');
  const rows = release.artifacts.map((artifact) => renderArtifact(artifact, drawing));
  return section('release', 'Release', note, html`<ul class="artifacts">${joinHtml(rows)}</ul>`);
}

function renderArtifact(artifact: DescribedArtifact, drawing: Drawing): Html {
  const { path, platform, kind } = artifact;
  const file = drawing.files.get(path);
  const before = file && sizeBefore(file, drawing.earlier);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const shown = shownPath(path, drawing.run.started?.tree);
  return html`
<li class="artifact"><details><summary><b title="${shown}">${name}</b><span class="where">${kind === 'image' ? 'image ' : ''}${platform ?? ''}</span><span class="amount">${file ? formatBytes(file.size) : 'not made'}</span><span class="delta">${before && renderChange(file.size, before)}</span></summary>
<div class="artifact-body">${file && html`<p class="digest"><code>sha256:${file.digest}</code> ${copyButton(file.digest, 'copy the digest')}</p>`}
${artifact.kind === 'image' && renderImage(artifact)}
${renderContents(artifact.contents, drawing)}</div></details></li>`;
}

/** Names, base, and our layers from the bottom up. */
function renderImage({ names = [], base, layers = [] }: DescribedArtifact): Html {
  const row = (label: string, text: Html | string, size?: number) =>
    html`<tr><th scope="row">${label}</th><td>${text}</td><td class="right">${size !== undefined && formatBytes(size)}</td></tr>`;
  return html`<table class="image-parts"><tbody>${joinHtml([
    ...names.map((name) => row('name', html`<code>${name}</code>`)),
    ...(base
      ? [
          row(
            'base',
            html`<code>${base.name}</code>${base.layers > 0 && ` (${formatCount(base.layers, 'layer')})`}${base.digest !== undefined && html`<br><code class="soft">${base.digest}</code>`}`,
            base.size,
          ),
        ]
      : []),
    ...layers.map(({ createdBy, size }) => row('layer', html`<code>${createdBy}</code>`, size)),
  ])}</tbody></table>`;
}

interface Branch {
  readonly branches: Map<string, Branch>;
  readonly leaves: DescribedEntry[];
}

function renderContents(contents: readonly DescribedEntry[], drawing: Drawing): Html {
  const root: Branch = { branches: new Map(), leaves: [] };
  for (const entry of contents) {
    let branch = root;
    for (const part of entry.path.replace(/\/$/, '').split('/').slice(0, -1)) {
      const next: Branch = branch.branches.get(part) ?? { branches: new Map(), leaves: [] };
      branch.branches.set(part, next);
      branch = next;
    }
    branch.leaves.push(entry);
  }
  return html`<div class="contents">${renderBranch(root, drawing)}</div>`;
}

function renderBranch({ branches, leaves }: Branch, drawing: Drawing): Html {
  const inner = [...branches].map(
    ([name, branch]) => html`<li><span class="folder">${name}/</span>${renderBranch(branch, drawing)}</li>`,
  );
  const files = leaves.map((entry) => {
    const name = entry.path.replace(/\/$/, '').split('/').at(-1) ?? '';
    const size = entry.size || drawing.files.get(entry.made ?? '')?.size;
    const isFolder = entry.path.endsWith('/');
    return html`<li><span class="${isFolder ? 'folder' : 'leaf'}">${name}${isFolder && '/'}</span>${isFolder && html` <span class="soft">${formatCount(entry.files, 'file')}</span>`} <span class="amount">${size ? formatBytes(size) : ''}</span></li>`;
  });
  return html`<ul>${joinHtml([...inner, ...files])}</ul>`;
}
