/** Text as it is meant, whatever signs of Markdown or HTML are in it; on one line. */
export function text(words: string): string {
  return words
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\*`<[\]|]/g, (sign) => `\\${sign}`);
}

/** What stands between backticks, in a table too. */
export function code(words: string): string {
  return words.replace(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '\\|');
}

export function link(words: string, address: string): string {
  const safe = address.replace(/[<>\s]/g, encodeURIComponent);
  return `[${text(words)}](${/[()]/.test(safe) ? `<${safe}>` : safe})`;
}

export function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Columns in which no row has anything are left out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const line = (cells: readonly string[]) => `| ${cells.filter((_, column) => used[column]).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

export function codeList(words: readonly string[]): string {
  return [...new Set(words)].map(text).join(', ');
}
