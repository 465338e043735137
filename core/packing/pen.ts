/** Lays out a document of ours on A4 pages: wraps, breaks pages, repeats the head of a table, numbers the pages. */
import type { PDFDocument, PDFFont, PDFPage, RGB } from '@cantoo/pdf-lib';
import type { Block, Cell, Sheet } from './sheet.ts';

const A4 = { width: 595.28, height: 841.89 } as const;
const MARGIN = 48;
const FOOT = 40;
const WIDTH = A4.width - 2 * MARGIN;
/** Sizes of text, in points, and of a line as a multiple of it. */
const SIZE = { title: 17, subtitle: 9.5, heading: 10.5, text: 8.5, mono: 7.4, foot: 7 } as const;
const LEADING = 1.32;
const GAP = { section: 9, block: 4, row: 1.5, column: 8 } as const;
const FACTS_SHARE = 0.26;

/** Characters of WinAnsi beyond Latin-1, which the standard fonts have too. */
const WIN_ANSI = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';

/** A text the standard fonts can show: others become what stands for them, so that nothing vanishes. */
export const printable = (text: string): string =>
  [...text.normalize('NFC')]
    .map((c) => {
      const code = c.codePointAt(0) as number;
      const known = (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xff) || WIN_ANSI.includes(c);
      return known ? c : code === 0x0a || code === 0x09 ? ' ' : `\\u{${code.toString(16)}}`;
    })
    .join('');

export interface Fonts {
  readonly text: PDFFont;
  readonly bold: PDFFont;
  readonly mono: PDFFont;
}

interface Style {
  readonly font: PDFFont;
  readonly size: number;
}

const widthOf = (text: string, { font, size }: Style): number => font.widthOfTextAtSize(text, size);

/** As many characters of a word as fit; at least one. */
const fitting = (word: string, style: Style, width: number): number => {
  let count = 1;
  while (count < word.length && widthOf(word.slice(0, count + 1), style) <= width) count++;
  return count;
};

/** Breaks a text into lines: between words, and inside a word that is wider than a line. */
const wrap = (text: string, style: Style, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer, style) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line, style) > width) {
      const count = fitting(line, style, width);
      lines.push(line.slice(0, count));
      line = line.slice(count);
    }
  }
  return [...lines, line];
};

/** Lays out one document: a pen that goes down the page and on to the next. */
export class Pen {
  readonly #document: PDFDocument;
  readonly #fonts: Fonts;
  readonly #color: (r: number, g: number, b: number) => RGB;
  #page: PDFPage;
  #y = 0;

  constructor(document: PDFDocument, fonts: Fonts, color: (r: number, g: number, b: number) => RGB) {
    this.#document = document;
    this.#fonts = fonts;
    this.#color = color;
    this.#page = this.#newPage();
  }

  #newPage(): PDFPage {
    this.#y = A4.height - MARGIN;
    return this.#document.addPage([A4.width, A4.height]);
  }

  /** Makes sure that so much is left, on this page or the next. */
  #need(height: number): void {
    if (this.#y - height < MARGIN + FOOT) this.#page = this.#newPage();
  }

  #style(cell: Cell): Style {
    return typeof cell === 'string' ? { font: this.#fonts.text, size: SIZE.text } : { font: this.#fonts.mono, size: SIZE.mono };
  }

  #lines(cell: Cell, width: number, style = this.#style(cell)): string[] {
    return wrap(typeof cell === 'string' ? cell : cell.mono, style, width);
  }

  /** Lines of text below each other; the pen stays. */
  #draw(lines: readonly string[], x: number, top: number, style: Style, grey = 0): void {
    lines.forEach((line, i) => {
      this.#page.drawText(line, {
        x,
        y: top - style.size - i * style.size * LEADING,
        size: style.size,
        font: style.font,
        color: this.#color(grey, grey, grey),
      });
    });
  }

  #rule(y: number, x = MARGIN, width = WIDTH, thickness = 0.5, grey = 0.6): void {
    this.#page.drawLine({
      start: { x, y },
      end: { x: x + width, y },
      thickness,
      color: this.#color(grey, grey, grey),
    });
  }

  #paragraph(text: string, style: Style, grey = 0, indent = 0): void {
    for (const line of wrap(text, style, WIDTH - indent)) {
      const height = style.size * LEADING;
      this.#need(height);
      this.#draw([line], MARGIN + indent, this.#y, style, grey);
      this.#y -= height;
    }
  }

  #heightOf(cells: readonly Cell[], widths: readonly number[], styles = cells.map((c) => this.#style(c))): number {
    const heights = cells.map((c, i) => {
      const style = styles[i] as Style;
      return this.#lines(c, (widths[i] as number) - GAP.column, style).length * style.size * LEADING;
    });
    return Math.max(...heights) + GAP.row;
  }

  /** Cells beside each other, as high as the highest; never torn between two pages. */
  #row(cells: readonly Cell[], widths: readonly number[], bold = false): void {
    const styles = cells.map((c) => (bold ? { font: this.#fonts.bold, size: SIZE.text } : this.#style(c)));
    const lines = cells.map((c, i) => this.#lines(c, (widths[i] as number) - GAP.column, styles[i]));
    const height = this.#heightOf(cells, widths, styles);
    this.#need(height);
    let x = MARGIN;
    cells.forEach((_, i) => {
      // the two fonts differ in size: their first lines stand on one line
      const drop = SIZE.text - (styles[i] as Style).size;
      this.#draw(lines[i] as string[], x, this.#y - drop, styles[i] as Style);
      x += widths[i] as number;
    });
    this.#y -= height;
  }

  title(s: Sheet): void {
    this.#paragraph(s.title, { font: this.#fonts.bold, size: SIZE.title });
    this.#paragraph(s.subtitle, { font: this.#fonts.text, size: SIZE.subtitle }, 0.35);
    this.#y -= GAP.block;
    this.#rule(this.#y, MARGIN, WIDTH, 1, 0.2);
    this.#y -= 2 * GAP.block;
  }

  heading(text: string): void {
    this.#y -= GAP.section;
    // not alone at the foot of a page
    this.#need(5 * SIZE.text * LEADING);
    this.#paragraph(text, { font: this.#fonts.bold, size: SIZE.heading });
    this.#y -= GAP.row;
  }

  block(b: Block): void {
    switch (b.kind) {
      case 'facts':
        for (const [about, value] of b.rows) this.#row([about, value], [FACTS_SHARE * WIDTH, (1 - FACTS_SHARE) * WIDTH]);
        break;
      case 'table':
        this.#table(b);
        break;
      case 'text':
        this.#paragraph(b.text, { font: this.#fonts.text, size: SIZE.text });
        break;
      case 'list':
        for (const item of b.items) this.#item(item);
        break;
      case 'banner':
        this.#banner(b);
        break;
      case 'signatures':
        this.#signatures(b.roles);
        break;
    }
    this.#y -= GAP.block;
  }

  #table({ head, widths, rows }: Extract<Block, { kind: 'table' }>): void {
    const columns = widths.map((w) => w * WIDTH);
    const headRow = (): void => {
      this.#row(head, columns, true);
      this.#rule(this.#y + GAP.row);
      this.#y -= GAP.row;
    };
    headRow();
    for (const r of rows) {
      const page = this.#page;
      this.#need(this.#heightOf(r, columns));
      if (this.#page !== page) headRow();
      this.#row(r, columns);
      this.#rule(this.#y + GAP.row / 2, MARGIN, WIDTH, 0.25, 0.85);
      this.#y -= GAP.row / 2;
    }
  }

  #item(text: string): void {
    const style = { font: this.#fonts.text, size: SIZE.text };
    this.#need(style.size * LEADING);
    this.#draw(['•'], MARGIN, this.#y, style);
    this.#paragraph(text, style, 0, 10);
  }

  #banner({ text, says, tone }: Extract<Block, { kind: 'banner' }>): void {
    const big = { font: this.#fonts.bold, size: SIZE.heading + 2 };
    const small = { font: this.#fonts.text, size: SIZE.text };
    const inner = WIDTH - 20;
    const lines = wrap(says, small, inner);
    const height = 16 + big.size * LEADING + lines.length * small.size * LEADING;
    this.#need(height);
    const [r, g, b] = tone === 'good' ? [0.9, 0.96, 0.9] : tone === 'bad' ? [0.99, 0.9, 0.9] : [0.94, 0.94, 0.94];
    const [er, eg, eb] = tone === 'good' ? [0.1, 0.5, 0.2] : tone === 'bad' ? [0.75, 0.1, 0.15] : [0.4, 0.4, 0.4];
    this.#page.drawRectangle({ x: MARGIN, y: this.#y - height, width: WIDTH, height, color: this.#color(r, g, b) });
    this.#page.drawRectangle({ x: MARGIN, y: this.#y - height, width: 3, height, color: this.#color(er, eg, eb) });
    this.#draw([printable(text)], MARGIN + 12, this.#y - 7, big);
    this.#draw(lines, MARGIN + 12, this.#y - 9 - big.size * LEADING, small);
    this.#y -= height;
  }

  /** Two lines to sign on beside each other, with place, date and name below. */
  #signatures(roles: readonly string[]): void {
    const width = (WIDTH - 2 * GAP.column) / 2;
    const height = 44;
    for (let i = 0; i < roles.length; i += 2) {
      this.#need(height);
      const y = this.#y - height + 14;
      for (const [side, role] of roles.slice(i, i + 2).entries()) {
        const x = MARGIN + side * (width + 2 * GAP.column);
        this.#rule(y, x, width, 0.7, 0.2);
        this.#draw([printable(role)], x, y - 2, { font: this.#fonts.text, size: SIZE.foot + 0.5 }, 0.3);
      }
      this.#y -= height;
    }
  }

  /** On every page, when all of them are there. */
  feet(text: string): void {
    const style = { font: this.#fonts.text, size: SIZE.foot };
    const pages = this.#document.getPages();
    pages.forEach((page, i) => {
      this.#page = page;
      this.#rule(MARGIN + FOOT / 2, MARGIN, WIDTH, 0.4, 0.7);
      const number = `${i + 1} / ${pages.length}`;
      const room = WIDTH - widthOf(number, style) - GAP.column;
      this.#draw(wrap(text, style, room).slice(0, 2), MARGIN, MARGIN + FOOT / 2 - 4, style, 0.4);
      this.#draw([number], MARGIN + WIDTH - widthOf(number, style), MARGIN + FOOT / 2 - 4, style, 0.4);
    });
  }
}
