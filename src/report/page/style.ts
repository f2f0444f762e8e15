/** The style of the page, light and dark. No attribute of the page holds style: its policy forbids it. */
export const STYLE = `
:root {
  --paper: #fbfbf9; --card: #ffffff; --ink: #1c2024; --soft: #5f6770; --faint: #8a929b; --line: #e4e4df; --track: #eeeeea;
  --built: #2e9e62; --restored: #3b7fd4; --fresh: #a9b1ba; --failed: #d3423e; --cancelled: #d4932a; --size: #6a7fd1;
  --built-bg: #e3f4ea; --restored-bg: #e4eefb; --fresh-bg: #eef0f2; --failed-bg: #fce8e7; --cancelled-bg: #fbf1de;
  --built-ink: #1b6b40; --restored-ink: #23568f; --fresh-ink: #5a636d; --failed-ink: #a02b28; --cancelled-ink: #87590f;
  --shadow: 0 1px 2px rgb(20 24 28 / 5%), 0 4px 16px rgb(20 24 28 / 4%);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1c2024; --ink: #e7e9ea; --soft: #a2aab2; --faint: #78818a; --line: #2d3338; --track: #282e33;
    --built: #3fb378; --restored: #5b9bea; --fresh: #5d6770; --failed: #e8625e; --cancelled: #dba545; --size: #7f93e3;
    --built-bg: #17372a; --restored-bg: #1a3050; --fresh-bg: #2a3036; --failed-bg: #43211f; --cancelled-bg: #3d301a;
    --built-ink: #7fd8a9; --restored-ink: #9cc4f7; --fresh-ink: #b0b8c0; --failed-ink: #ffa19d; --cancelled-ink: #f0cb88;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main { max-width: 1180px; margin: 0 auto; padding: 40px 28px 24px; }
code, pre { font-family: var(--mono); font-size: 0.87em; }
p, h1, h2, h3, dl, dd, ul, ol, pre { margin: 0; }
ul, ol { padding: 0; list-style: none; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--restored); outline-offset: 2px; }

.brand { font-weight: 650; letter-spacing: -0.01em; }
.brand span { color: var(--faint); font-weight: 400; margin-left: 4px; }
h1 { font-size: 38px; line-height: 1.15; letter-spacing: -0.025em; font-weight: 680; margin: 18px 0 10px; text-wrap: balance; }
.h1-time { color: var(--soft); font-weight: 400; }
.lamp { display: inline-block; width: 20px; height: 20px; border-radius: 50%; margin-right: 14px; vertical-align: 1px; }
.command { display: flex; gap: 10px; align-items: baseline; color: var(--soft); }
.command code { overflow-wrap: anywhere; font-size: 14px; }
.banner { margin-top: 16px; padding: 10px 14px; border-radius: 8px; background: var(--cancelled-bg); color: var(--cancelled-ink); }
.tiles { display: grid; grid-template-columns: 2.4fr 1fr 1fr; gap: 14px; margin: 28px 0 14px; }
.tile, .facts { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; box-shadow: var(--shadow); }
.label { font-size: 13px; color: var(--soft); }
.figure { font-size: 27px; line-height: 1.3; letter-spacing: -0.02em; font-weight: 620; }
.sub { font-size: 13px; color: var(--faint); }
.stacked { display: block; width: 100%; height: 14px; border-radius: 7px; margin: 10px 0 9px; background: var(--track); }
.stacked rect { stroke: var(--card); stroke-width: 1.5px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 14px; color: var(--soft); }
.legend b { color: var(--ink); font-weight: 620; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 7px; background: var(--track); }
.facts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px 28px; }
.facts dt { font-size: 13px; color: var(--faint); }
.facts dd { overflow-wrap: anywhere; font-size: 14px; }

section { margin-top: 52px; }
.section-head { display: flex; align-items: baseline; gap: 14px; margin-bottom: 14px; }
h2 { font-size: 21px; letter-spacing: -0.015em; font-weight: 650; }
.note { font-size: 14px; color: var(--faint); }
.empty { padding: 18px 20px; border: 1px dashed var(--line); border-radius: 12px; color: var(--soft); }

.is-built { background: var(--built); } .is-restored { background: var(--restored); } .is-fresh { background: var(--fresh); }
.is-failed { background: var(--failed); } .is-cancelled { background: var(--cancelled); }
.fill-built { fill: var(--built); } .fill-restored { fill: var(--restored); } .fill-fresh, .fill-waiting { fill: var(--fresh); }
.fill-failed { fill: var(--failed); } .fill-cancelled, .fill-running { fill: var(--cancelled); } .fill-size { fill: var(--size); }
.pill { display: inline-block; padding: 1px 10px; border-radius: 99px; font-size: 13px; font-weight: 560; white-space: nowrap; background: var(--fresh-bg); color: var(--fresh-ink); }
.pill.is-built { background: var(--built-bg); color: var(--built-ink); } .pill.is-restored { background: var(--restored-bg); color: var(--restored-ink); }
.pill.is-failed { background: var(--failed-bg); color: var(--failed-ink); } .pill.is-cancelled, .pill.is-running { background: var(--cancelled-bg); color: var(--cancelled-ink); }
.pill.is-fresh { background: var(--fresh-bg); color: var(--fresh-ink); }
.copy { border: 1px solid var(--line); background: var(--card); border-radius: 6px; padding: 0 8px; font-size: 12px; line-height: 20px; color: var(--soft); }
.copy:hover { color: var(--ink); border-color: var(--faint); }

.problem { position: relative; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px 16px 24px; margin-bottom: 12px; box-shadow: var(--shadow); overflow: hidden; }
.problem::before { content: ""; position: absolute; inset: 0 auto 0 0; width: 5px; background: var(--fresh); }
.problem.is-error::before { background: var(--failed); } .problem.is-warning::before { background: var(--cancelled); }
.problem h3 { font-size: 16px; font-weight: 620; overflow-wrap: anywhere; white-space: pre-wrap; }
.severity { color: var(--fresh-ink); } .is-error .severity { color: var(--failed-ink); } .is-warning .severity { color: var(--cancelled-ink); }
.problem .code { font: 13px var(--mono); color: var(--faint); margin-top: 2px; }
.place { margin-top: 10px; color: var(--soft); overflow-wrap: anywhere; }
.source { margin-top: 4px; padding: 10px 14px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; line-height: 1.45; }
.gutter { color: var(--faint); } .underline { color: var(--failed); font-weight: 700; }
.why { margin-top: 10px; color: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
.help { margin-top: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
.help b { color: var(--built-ink); margin-right: 6px; }

.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 10px; margin-bottom: 12px; }
#filter { flex: 1 1 300px; max-width: 460px; font: inherit; font-size: 14px; padding: 7px 12px; border-radius: 8px; border: 1px solid var(--line); background: var(--card); color: var(--ink); }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip { border: 1px solid var(--line); background: var(--card); border-radius: 99px; padding: 4px 13px; font-size: 13.5px; color: var(--soft); }
.chip:hover { border-color: var(--faint); } .chip[aria-pressed="true"] { background: var(--ink); color: var(--paper); border-color: var(--ink); }
.shown { color: var(--soft); font-size: 14px; }
.scroll { max-height: 620px; overflow: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
table { border-collapse: collapse; width: 100%; }
#steps { font-size: 14px; }
#steps th { position: sticky; top: 0; z-index: 1; background: var(--card); text-align: left; padding: 0; box-shadow: inset 0 -1px var(--line); }
#steps th button { border: 0; background: none; padding: 11px 14px; font-size: 13px; font-weight: 560; color: var(--soft); white-space: nowrap; }
#steps th.right { text-align: right; }
#steps th button::after { content: "↕"; color: var(--line); margin-left: 5px; }
#steps th[aria-sort="ascending"] button::after { content: "↑"; color: var(--ink); } #steps th[aria-sort="descending"] button::after { content: "↓"; color: var(--ink); }
#steps td { padding: 9px 14px; border-top: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
#steps tr:first-child td { border-top: 0; }
#steps tbody tr:hover td { background: var(--paper); }
#steps td b { font-weight: 600; }
#steps td:first-child { white-space: normal; min-width: 200px; }
.because { display: block; color: var(--faint); font-size: 13px; overflow-wrap: anywhere; }
.right { text-align: right; }
#steps td.files { white-space: normal; min-width: 240px; width: 36%; }
.file { display: block; } .file + .file { margin-top: 6px; }
.path { overflow-wrap: anywhere; } .digest { color: var(--faint); margin-right: 8px; }
.file .path { display: block; }
.file .copy { padding: 0 6px; line-height: 17px; font-size: 11px; opacity: 0; } tr:hover .copy, .copy:focus-visible { opacity: 1; }

.chart { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px 10px; box-shadow: var(--shadow); overflow: hidden; }
.timeline { display: block; width: 100%; }
.grid { stroke: var(--line); } .tick { font-size: 12px; fill: var(--faint); }
.bar text { font-size: 12.5px; fill: #fff; font-weight: 560; pointer-events: none; }
.bar rect { opacity: 0.8; width: calc(100% - 2px); } .bar:hover rect { opacity: 1; }
.bar .fill-fresh, .bar .fill-restored { opacity: 0.85; }
.bar.critical rect { opacity: 1; stroke: var(--ink); stroke-width: 2px; }
.curve { margin-top: 8px; border-top: 1px solid var(--line); padding-top: 8px; }
.curve svg { display: block; width: 100%; } .curve path { fill: var(--size); opacity: 0.45; } .curve .note { font-size: 12px; margin-top: 2px; }
div.path { margin-top: 14px; }
div.path ol { display: flex; flex-wrap: wrap; gap: 4px 8px; font-size: 14px; color: var(--soft); margin-top: 2px; }
div.path li + li::before { content: "→"; margin-right: 8px; color: var(--faint); } div.path b { color: var(--ink); font-weight: 600; }

.artifacts { border: 1px solid var(--line); border-radius: 12px; background: var(--card); box-shadow: var(--shadow); }
.artifact + .artifact { border-top: 1px solid var(--line); }
.artifact summary { display: grid; grid-template-columns: 1fr 150px 100px 150px; gap: 14px; align-items: baseline; padding: 9px 20px; cursor: pointer; }
.artifact summary::-webkit-details-marker { display: none; }
.artifact summary b { font-weight: 560; overflow-wrap: anywhere; } .artifact summary b::before { content: "▸"; color: var(--faint); margin-right: 9px; } .artifact details[open] summary b::before { content: "▾"; }
.artifact .where { color: var(--soft); font-size: 14px; } .artifact summary .amount, .artifact .delta { text-align: right; font-size: 14px; }
.artifact-body { padding: 2px 20px 16px 39px; } .digest { color: var(--soft); overflow-wrap: anywhere; margin-bottom: 8px; }
.image-parts { font-size: 14px; margin-bottom: 10px; width: 100%; } .image-parts th { text-align: left; font-weight: 400; color: var(--faint); padding: 2px 18px 2px 0; width: 1%; vertical-align: top; } .image-parts td { overflow-wrap: anywhere; padding: 2px 0; } .image-parts td.right { white-space: nowrap; padding-left: 18px; width: 1%; vertical-align: top; }
.soft { color: var(--soft); } .contents { font-size: 14px; } .contents ul ul { margin-left: 9px; padding-left: 14px; border-left: 1px solid var(--line); }
.contents li { line-height: 1.7; } .contents .folder { color: var(--soft); } .contents .soft { margin-left: 12px; color: var(--faint); } .contents .amount { margin-left: 12px; color: var(--soft); }
.sizes { font-size: 14px; } .sizes th { text-align: left; font-weight: 400; white-space: nowrap; padding: 4px 18px 4px 0; width: 1%; }
.sizes td { padding: 4px 0; white-space: nowrap; } .sizes td.right { width: 1%; padding-left: 18px; }
.size-bar svg { display: block; width: 100%; } .track { fill: var(--track); } .before { stroke: var(--ink); stroke-width: 2px; }
.delta { color: var(--faint); } .grown { color: var(--cancelled-ink); } .shrunk { color: var(--built-ink); }
.more { margin-top: 8px; } .more summary { cursor: pointer; color: var(--soft); font-size: 14px; padding: 4px 0; }

.graph { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px; box-shadow: var(--shadow); max-height: 620px; overflow-y: auto; }
.graph svg { display: block; } .graph text { font-size: 13px; fill: var(--ink); } .box { fill: var(--paper); stroke: var(--line); } .link { fill: none; stroke: var(--faint); stroke-width: 1.5px; opacity: 0.7; }

.command-row { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin-bottom: 8px; }
.command-row summary { display: flex; align-items: center; gap: 12px; padding: 11px 18px; cursor: pointer; list-style: none; }
.command-row summary::-webkit-details-marker { display: none; }
.command-row summary::before { content: "›"; color: var(--faint); font-size: 18px; line-height: 1; width: 10px; }
.command-row[open] summary::before { transform: rotate(90deg); }
.for { color: var(--faint); font-size: 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; } .spacer { flex: 1; } .time { font-size: 14px; min-width: 70px; text-align: right; white-space: nowrap; }
.command-row summary > code { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.script { position: relative; border-top: 1px solid var(--line); } .script .copy { position: absolute; top: 12px; right: 16px; padding: 2px 12px; }
.script pre, .output { padding: 14px 18px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.55; max-height: 460px; overflow: auto; }
.command-row .label { padding: 0 18px; } .output { color: var(--soft); }
footer { max-width: 1180px; margin: 0 auto; padding: 28px; color: var(--faint); font-size: 13px; }

@media (max-width: 860px) {
  main { padding: 24px 16px; } h1 { font-size: 29px; }
  .tiles { grid-template-columns: 1fr 1fr; } .tile.wide { grid-column: 1 / -1; } .facts { grid-template-columns: 1fr 1fr; }
  .for { display: none; }
  .section-head { flex-wrap: wrap; gap: 2px 14px; }
}
@media (max-width: 560px) {
  .artifact summary { grid-template-columns: 1fr auto; gap: 2px 14px; } .artifact summary .where { order: 3; } .artifact .delta { order: 4; }
  .sizes, .sizes tbody, .sizes tr { display: block; } .sizes tr { display: flex; flex-wrap: wrap; padding: 6px 0; }
  .sizes th { width: auto; flex: 1 1 auto; white-space: normal; overflow-wrap: anywhere; } .sizes td.right { width: auto; } .sizes td.size-bar { order: 9; flex: 1 0 100%; }
  .figure { font-size: 23px; } .tile, .facts { padding: 14px 16px; }
}
@media print { .controls, .copy { display: none !important; } .scroll { max-height: none; } section { break-inside: avoid-page; } }
`;
