import type { Content } from './message.ts';

/** A mail before it is sent. */
export interface Mail {
  /** Stays the same at every attempt: a mail that arrives twice is shown once. */
  messageId: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
}

/** About one event or several, for one person. RFC 3834: nobody's auto-reply is wanted; RFC 2919: people sort by it. */
export function mailOf(contents: readonly Content[], deliveryId: string, to: string, ownHost: string): Mail {
  const [first] = contents;
  if (first === undefined) throw new Error('a mail about nothing');
  const { workspaceId, workspaceName, url } = first;
  const host = ownHost.replaceAll(/[^a-zA-Z0-9.-]/g, '') || 'localhost';
  const why = `You get this because your address is entered for notices of the workspace ${line(workspaceName)} in Keyrail. Change that at ${new URL('/settings/notifications', url).href}`;
  const more = contents.length > 1 ? ` (and ${contents.length - 1} more)` : '';
  return {
    messageId: `<${deliveryId}@${host}>`,
    to,
    subject: `${line(first.title).slice(0, 200)}${more}`,
    text: `${contents.map(textOf).join('\n\n')}\n\n-- \n${why}\n`,
    html: `<!doctype html><html><body style="font-family:sans-serif;max-width:36em">
${contents.map(htmlOf).join('\n<hr>\n')}
<p style="color:#666;font-size:0.85em">${escaped(why)}</p>
</body></html>
`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-ID': `<${workspaceId.replaceAll('_', '-')}.notices.${host}>`,
    },
  };
}

function textOf({ title, message, url }: Content): string {
  return `${line(title)}\n\n${line(message)}\n\n${url}`;
}

function htmlOf({ title, message, url }: Content): string {
  return `<p><strong>${escaped(line(title))}</strong></p>
<p>${escaped(line(message))}</p>
<p><a href="${escaped(url)}">Open Keyrail</a></p>`;
}

/** One line without control characters: what people name things may hold anything. */
function line(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
