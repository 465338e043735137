/**
 * A document of our own, to print or to show: title, facts, tables, signature lines. Laid out here as PDF, A4, with the fonts every
 * reader has; as HTML in html.ts. What it says comes from words/sheet.ts. The same document gives the same bytes.
 */
import type { Bytes } from '../bytes.ts';
import { type Fonts, Pen, printable } from './pen.ts';

/** A text, or one in a font whose characters are equally wide: hashes, paths, tags. */
export type Cell = string | { readonly mono: string };

export type Tone = 'good' | 'bad' | 'plain';

export type Block =
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [about: string, value: Cell])[] }
  /** @property widths share of the width for each column; together 1 */
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly widths: readonly number[];
      readonly rows: readonly (readonly Cell[])[];
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'banner'; readonly text: string; readonly says: string; readonly tone: Tone }
  /** lines to sign on */
  | { readonly kind: 'signatures'; readonly roles: readonly string[] };

export interface Section {
  readonly heading: string;
  readonly blocks: readonly Block[];
}

export interface Sheet {
  readonly title: string;
  readonly subtitle: string;
  /** what every page says at its foot */
  readonly foot: string;
  /** the date in the file's own data, from what the sheet is about: never the clock's */
  readonly date: Date;
  /** program that made it */
  readonly tool: string;
  readonly sections: readonly Section[];
}

/** The document as PDF. Loads the library when first called, which takes a moment. @param language of the texts; readers take English for granted */
export const sheetAsPdf = async (s: Sheet, language = 'en'): Promise<Bytes> => {
  const { PDFDocument, rgb, StandardFonts } = await import('@cantoo/pdf-lib');
  const document = await PDFDocument.create({ updateMetadata: false });
  const [text, bold, mono] = await Promise.all(
    [StandardFonts.Helvetica, StandardFonts.HelveticaBold, StandardFonts.Courier].map((f) => document.embedFont(f)),
  );
  document.setTitle(printable(s.title));
  if (language !== 'en') document.setLanguage(language);
  document.setSubject(printable(s.subtitle));
  document.setCreator(printable(s.tool));
  document.setProducer(printable(s.tool));
  document.setCreationDate(s.date);
  document.setModificationDate(s.date);
  const pen = new Pen(document, { text, bold, mono } as Fonts, rgb);
  pen.title(s);
  for (const section of s.sections) {
    if (section.heading !== '') pen.heading(section.heading);
    for (const b of section.blocks) pen.block(b);
  }
  pen.feet(s.foot);
  return await document.save({ useObjectStreams: true });
};
