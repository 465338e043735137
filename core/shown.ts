/** Text out of somebody else's file, made fit to be shown. */

/**
 * Characters that steer a terminal or turn the direction of writing are spelled out, and the text has an end.
 * @param longest most characters that are shown
 */
export const shown = (text: string, longest = 200): string => {
  const plain = text
    .slice(0, longest)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) as number).toString(16)}}`);
  return text.length > longest ? `${plain}...` : plain;
};
