import type { RequestTemplate } from '../definition/request-template.ts';
import { fillText, type Values } from './template.ts';

type Mail = NonNullable<RequestTemplate['mail']>;

/**
 * An email as RFC 5322 writes it. What is filled in can add neither a header nor a receiver by a line break, and stands in
 * plain ASCII whatever its letters are (RFC 2047, RFC 2045). A line without a value is left out.
 */
export function mailText(mail: Mail, values: Values): string {
  const filled = (template: string | undefined) =>
    template === undefined ? null : fillText(template, values);
  const lines: [string, string | null][] = [
    ['To', addresses(filled(mail.to))],
    ['Cc', addresses(filled(mail.cc))],
    ['Bcc', addresses(filled(mail.bcc))],
    ['Reply-To', addresses(filled(mail.replyTo))],
    ['Subject', words(oneLine(filled(mail.subject)))],
    ['MIME-Version', '1.0'],
    ['Content-Type', `text/${filled(mail.format) === 'html' ? 'html' : 'plain'}; charset=UTF-8`],
    ['Content-Transfer-Encoding', 'base64'],
  ];
  const body = Buffer.from(filled(mail.text) ?? '').toString('base64');
  const head = lines.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return [...head, '', ...(body.match(/.{1,76}/g) ?? [])].join('\r\n');
}

/**
 * Names before addresses may have any letters; addresses are left as they are. One receiver at a time: a pattern that looks for
 * the "<" behind any name takes hours for a long text without one.
 */
function addresses(text: string | null): string | null {
  const line = oneLine(text);
  return line?.split(',').map(receiver).join(',') ?? null;
}

function receiver(one: string): string {
  const end = one.indexOf('<');
  const start = Math.max(one.lastIndexOf('"', end), one.lastIndexOf('>', end)) + 1;
  const name = one.slice(start, Math.max(start, end));
  if (/^[\x20-\x7e]*$/.test(name)) return one;
  const space = /^ */.exec(name)?.[0] ?? '';
  return `${one.slice(0, start)}${space}${words(name.trim())} ${one.slice(end)}`;
}

function oneLine(text: string | null): string | null {
  const line = text?.replace(/\p{Cc}+/gu, ' ').trim();
  return line === undefined || line === '' ? null : line;
}

/** At most 75 characters a word, none of them cut inside a letter; the lines between are folded. */
function words(text: string | null): string | null {
  if (text === null || /^[\x20-\x7e]*$/.test(text)) return text;
  const pieces = text.match(/.{1,10}/gsu) ?? [];
  return pieces.map((piece) => `=?UTF-8?B?${Buffer.from(piece).toString('base64')}?=`).join('\r\n ');
}
