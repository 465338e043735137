/** A document of sheet.ts as one HTML file: no script, nothing from elsewhere, everything escaped. */
import { type Bytes, utf8 } from '../bytes.ts';
import type { Block, Cell, Sheet } from './sheet.ts';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A text as it stands in HTML, inside elements and attributes alike; control characters become what is shown for them. */
export const escapeHtml = (text: string): string =>
  text
    .replace(/[&<>"']/g, (c) => ENTITIES[c] as string)
    .replace(/[^\P{Cc}\n\t]/gu, (c) => `\\u{${(c.codePointAt(0) as number).toString(16)}}`);

const STYLE = `
:root { color-scheme: light dark; --ink: #161616; --quiet: #525252; --line: #c6c6c6; --paper: #fff; --good: #0e6027; --bad: #a2191f; }
@media (prefers-color-scheme: dark) { :root { --ink: #f4f4f4; --quiet: #c6c6c6; --line: #525252; --paper: #161616; --good: #6fdc8c; --bad: #ff8389; } }
body { font: 14.5px/1.5 "IBM Plex Sans", system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.subtitle, footer { color: var(--quiet); } footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .7rem; font-size: .85rem; }
code { font: .85em/1.4 "IBM Plex Mono", ui-monospace, monospace; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(9rem, 24%) 1fr; gap: .25rem 1rem; margin: .5rem 0; } dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; min-width: 44rem; margin: .5rem 0; } .wide { overflow-x: auto; } th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.banner { border-left: 4px solid var(--quiet); padding: .7rem 1rem; margin: 1rem 0; background: color-mix(in srgb, var(--quiet) 10%, transparent); } .banner p { margin: 0; }
.banner strong { font-size: 1.2rem; } .good { border-color: var(--good); } .bad { border-color: var(--bad); } .good strong { color: var(--good); } .bad strong { color: var(--bad); }
.signatures { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; } .signatures p { border-top: 1px solid var(--ink); margin: 3.2rem 0 0; padding-top: .2rem; font-size: .85rem; }
@media print { table { min-width: 0; } body { margin: 0; max-width: none; font-size: 11px; } tr, .banner { break-inside: avoid; } h2 { break-after: avoid; } }
`.trim();

const cell = (c: Cell): string => (typeof c === 'string' ? escapeHtml(c) : `<code>${escapeHtml(c.mono)}</code>`);

const block = (b: Block): string => {
  switch (b.kind) {
    case 'facts':
      return `<dl>${b.rows.map(([about, value]) => `<dt>${escapeHtml(about)}</dt><dd>${cell(value)}</dd>`).join('')}</dl>`;
    case 'table': {
      const head = b.head.map((h) => `<th scope="col">${escapeHtml(h)}</th>`).join('');
      const rows = b.rows.map((r) => `<tr>${r.map((c) => `<td>${cell(c)}</td>`).join('')}</tr>`).join('\n');
      const columns = b.widths.map((w) => `<col style="width: ${Math.round(100 * w)}%">`).join('');
      return `<div class="wide"><table><colgroup>${columns}</colgroup><thead><tr>${head}</tr></thead>\n<tbody>${rows}</tbody></table></div>`;
    }
    case 'text':
      return `<p>${escapeHtml(b.text)}</p>`;
    case 'list':
      return `<ul>${b.items.map((i) => `<li>${escapeHtml(i)}</li>`).join('')}</ul>`;
    case 'banner':
      return `<div class="banner ${b.tone}"><p><strong>${escapeHtml(b.text)}</strong></p><p>${escapeHtml(b.says)}</p></div>`;
    case 'signatures':
      return `<div class="signatures">${b.roles.map((r) => `<p>${escapeHtml(r)}</p>`).join('')}</div>`;
  }
};

/** The policy forbids everything but the style in the file, so that even a mistake of ours could load or run nothing. */
const HEAD = `<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">`;

/** The document as HTML. @param language of the texts */
export const sheetAsHtml = (s: Sheet, language = 'en'): Bytes =>
  utf8(`<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
${HEAD}
<title>${escapeHtml(s.title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<header><h1>${escapeHtml(s.title)}</h1><p class="subtitle">${escapeHtml(s.subtitle)}</p></header>
<main>
${s.sections.map((x) => `<section>${x.heading === '' ? '' : `<h2>${escapeHtml(x.heading)}</h2>`}\n${x.blocks.map(block).join('\n')}</section>`).join('\n')}
</main>
<footer>${escapeHtml(s.foot)}</footer>
</body>
</html>
`);
