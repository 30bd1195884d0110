/**
 * On one line of a log or terminal, with nothing that moves the cursor, changes colours or turns the direction of the text:
 * what a file says, or is called, can otherwise look like what we say.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (odd) => `\\u{${odd.codePointAt(0)?.toString(16)}}`);
}
