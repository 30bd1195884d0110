/** Cells as text with tabs and line ends, as spreadsheets put them on the clipboard. Never HTML. */
export function toTabbed(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(quote).join('\t')).join('\n');
}

function quote(text: string): string {
  return /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The reverse. A quote counts only where it opens a cell. */
export function fromTabbed(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
    row.push(cell.text);
    at = cell.end;
    if (text[at] === '\t') {
      at++;
      if (at === text.length) row.push('');
      continue;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

interface Cell {
  text: string;
  end: number;
}

function plainCell(text: string, start: number): Cell {
  let end = start;
  while (end < text.length && text[end] !== '\t' && text[end] !== '\n' && text[end] !== '\r') end++;
  return { text: text.slice(start, end), end };
}

function quotedCell(text: string, start: number): Cell {
  let at = start + 1;
  let content = '';
  while (at < text.length) {
    if (text[at] !== '"') {
      content += text[at++];
    } else if (text[at + 1] === '"') {
      content += '"';
      at += 2;
    } else {
      const rest = plainCell(text, at + 1);
      return { text: content + rest.text, end: rest.end };
    }
  }
  // No closing quote: it was a text that begins with one.
  return plainCell(text, start);
}
