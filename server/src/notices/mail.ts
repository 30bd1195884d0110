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

/** RFC 3834: nobody's auto-reply is wanted; RFC 2919: people sort by it. */
export function mailOf(content: Content, deliveryId: string, to: string, ownHost: string): Mail {
  const { title, message, url, workspaceId, workspaceName } = content;
  const host = ownHost.replaceAll(/[^a-zA-Z0-9.-]/g, '') || 'localhost';
  const why = `You get this because your address is entered for notices of the workspace ${line(workspaceName)} in Keyrail. Change that at ${new URL('/settings/notifications', url).href}`;
  return {
    messageId: `<${deliveryId}@${host}>`,
    to,
    subject: line(title).slice(0, 200),
    text: `${line(title)}\n\n${line(message)}\n\n${url}\n\n-- \n${why}\n`,
    html: html(line(title), line(message), url, why),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-ID': `<${workspaceId.replaceAll('_', '-')}.notices.${host}>`,
    },
  };
}

/** One line without control characters: what people name things may hold anything. */
function line(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
}

function html(title: string, message: string, url: string, why: string): string {
  return `<!doctype html><html><body style="font-family:sans-serif;max-width:36em">
<p><strong>${escaped(title)}</strong></p>
<p>${escaped(message)}</p>
<p><a href="${escaped(url)}">Open Keyrail</a></p>
<p style="color:#666;font-size:0.85em">${escaped(why)}</p>
</body></html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
