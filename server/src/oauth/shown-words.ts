const LONGEST = 300;

/** A provider's words as they may be shown: plain text on one line, cut. Whoever calls has taken the secrets out. */
export function shownWords(text: string): string | null {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  if (line === '') return null;
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1).trimEnd()}…` : line;
}
