"""The style sheet of the `html` format. The names of its classes are those of `scclint.report.html`."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f5f6f8; --line: #d5d9df; --text: #1d2126; --quiet: #555d68;
  --error: #b3201a; --warning: #855400; --info: #1a56b8; --help: #1b6336; --mark: #ffe9a8;
  --added: #e5f5ea; --removed: #fdeceb;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --panel: #1c2128; --line: #3a424d; --text: #e6e9ed; --quiet: #a6aeb9;
    --error: #ff9389; --warning: #efba53; --info: #8ab8ff; --help: #86d9a2; --mark: #5b4708;
    --added: #14311f; --removed: #3c1a18;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 75rem; margin: 0 auto; padding: 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1, h2, h3, h4 { margin: 0; line-height: 1.3; }
h1 { font-size: 1.6rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.3rem; }
h3, h4 { font-size: 1rem; }
p { margin: .5rem 0; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
pre { margin: .5rem 0; padding: .5rem .75rem; overflow-x: auto; background: var(--panel); overflow-wrap: normal; }
mark { background: var(--mark); color: var(--text); }
ins, del { text-decoration: none; }
ins { background: var(--added); }
del { background: var(--removed); }
.lead { font-size: 1.15rem; font-weight: 600; }
.quiet, caption, footer, .number { color: var(--quiet); }
.error .severity, td.error { color: var(--error); font-weight: 600; }
.warning .severity, td.warning { color: var(--warning); font-weight: 600; }
.info .severity { color: var(--info); font-weight: 600; }
.help > b { color: var(--help); }

table { width: 100%; border-collapse: collapse; font-size: .9rem; }
caption { padding-bottom: .5rem; text-align: left; }
/* The width keeps the words of scclint whole. Long names from manifests still break. */
th, td { min-width: 7.75rem; padding: .4rem .45rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--panel); white-space: nowrap; }
tbody th { font-weight: 600; }

.many th, .many td { min-width: 5rem; padding: .3rem .4rem; font-size: .8rem; }
.many thead th { white-space: normal; }

body:has(.wide) { max-width: none; }
.wide th, .wide td { min-width: 0; padding: .3rem .4rem; font-size: .8rem; overflow-wrap: break-word; }
.wide code { font-size: .75rem; overflow-wrap: anywhere; }
.wide tbody th { min-width: 9rem; }

fieldset { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 1rem; padding: .5rem .75rem; border: 1px solid var(--line); }
fieldset, fieldset > * { min-width: 0; max-width: 100%; }
label { min-height: 1.75rem; }
:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; }
body:has(#show-error:not(:checked)) .finding.error,
body:has(#show-warning:not(:checked)) .finding.warning,
body:has(#show-info:not(:checked)) .finding.info,
body:has(#only-problems:checked) tbody.fine { display: none; }

details { margin-bottom: 1rem; border: 1px solid var(--line); }
summary { padding: .5rem .75rem; background: var(--panel); cursor: pointer; }
summary h3 { display: inline; }
.finding { padding: .75rem; border-top: 1px solid var(--line); border-left: 4px solid var(--line); }
.finding.error { border-left-color: var(--error); }
.finding.warning { border-left-color: var(--warning); }
.finding.info { border-left-color: var(--info); }
.finding p, .finding li { white-space: pre-line; }
ul { margin: .5rem 0; padding-left: 1.25rem; }

select { max-width: 100%; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--quiet); }

.graph { display: grid; grid-template-columns: minmax(0, 1fr) 16rem; align-items: center; column-gap: 2rem; margin-bottom: 1.5rem; }
.graph > h3 { position: relative; grid-column: 2; grid-row: 1; }
.paths { grid-column: 1; grid-row: 1; margin: 0; padding: 0; list-style: none; border-right: 2px solid var(--quiet); }
.path { position: relative; display: grid; grid-template-columns: 1fr 1fr; align-items: center; column-gap: 2rem; padding: .4rem 2rem .4rem 0; }
.path::after { content: ""; position: absolute; top: 50%; right: 0; width: 2rem; border-top: 2px solid var(--quiet); }
.node { padding: .4rem .6rem; background: var(--panel); border: 1px solid var(--line); font-size: .9rem; }
.node ul { margin: 0; padding: 0; list-style: none; }
.node li + li { margin-top: .3rem; }
.node details { margin: .4rem 0 0; }
.through { position: relative; }
.through::before, .graph > h3::before { position: absolute; top: calc(50% - .75em); left: -1.5rem; color: var(--quiet); }
.through::before, .graph > h3::before { content: "\\2192" / ""; }
.danger { color: var(--error); font-weight: 600; }

@media screen and (max-width: 70rem) {
  .graph, .path { display: block; }
  .paths { margin-top: .5rem; padding-left: .75rem; border-right: 0; border-left: 2px solid var(--quiet); }
  .path { padding: 0 0 .75rem; }
  .path::after { display: none; }
  .through { margin-top: 1.25rem; }
  .through::before { top: -1.4rem; left: .6rem; content: "\\2193" / ""; }
  .graph > h3::before { content: none; }
  table, caption, thead, tbody, tr, th, td { display: block; }
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacked tbody { margin-bottom: .75rem; border: 1px solid var(--line); }
  .stacked th, .stacked td { border: 0; }
  .stacked tbody th { background: var(--panel); }
  .stacked tr + tr { border-top: 1px solid var(--line); }
  .stacked td { display: flex; gap: .6rem; padding: .15rem .6rem; }
  .stacked td.empty { display: none; }
  .stacked td[data-label]::before { flex: 0 0 8.5rem; color: var(--quiet); font-weight: 400; content: attr(data-label); }
}
@page wide { size: landscape; }
@media print {
  body:has(.wide) { page: wide; }
  .wide th, .wide td, .wide code { font-size: 7.5pt; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  fieldset { display: none; }
  table { font-size: 7.5pt; }
  th, td { min-width: 3.5rem; padding: .2rem .3rem; }
  thead th { white-space: normal; }
  .graph { grid-template-columns: minmax(0, 1fr) 9rem; }
  .node { font-size: 8pt; }
  .finding, tbody, .path { break-inside: avoid; }
  summary, h2 { break-after: avoid; }
  pre { white-space: pre-wrap; }
}
"""
