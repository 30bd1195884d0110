import type { Reply } from '../request.ts';

export function xml(status: number, text: string): Reply {
  return {
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}`,
    headers: { 'content-type': 'application/xml' },
  };
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');
}
