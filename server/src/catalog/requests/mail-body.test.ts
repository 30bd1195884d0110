import { expect, test } from 'vitest';
import { workMs } from '../../../test/growth.ts';
import { requestTemplateSchema } from '../definition/request-template.ts';
import { mailText } from './mail-body.ts';
import { buildRequest } from './request.ts';

const MAIL = { at: 'raw', to: '{to}', cc: '{cc}', subject: '{subject}', text: '{text}', format: '{format}' };

function template(mail: object, more: object = {}) {
  return requestTemplateSchema.parse({ method: 'POST', path: '/send', mail, ...more });
}

function written(values: Record<string, string>) {
  const { mail } = template(MAIL);
  if (mail === undefined) throw new Error('no mail');
  const [head = '', body = ''] = mailText(mail, values).split('\r\n\r\n');
  return { head, text: Buffer.from(body, 'base64').toString('utf8') };
}

/** As a reader of mail does it: unfolded, and encoded words put together (RFC 2047 §6.2). */
function read(head: string, name: string): string | undefined {
  const line = head
    .replace(/\r\n /g, ' ')
    .split('\r\n')
    .find((one) => one.startsWith(`${name}: `));
  return line
    ?.slice(name.length + 2)
    .replace(/\?= (?==\?)/g, '?=')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, code: string) => Buffer.from(code, 'base64').toString('utf8'));
}

test('an email is read as it was written, whatever its letters are', () => {
  const subject = 'Grüße zum 25. Jubiläum, 東京 👩‍👩‍👧 und viel Glück in allem, was noch kommt';
  const text = `Guten Tag,\n\nes grüßt 🙂\n${'x'.repeat(2000)}`;
  const { head, text: got } = written({ to: 'Änne Groß <anne@example.com>', subject, text, format: 'html' });
  expect(read(head, 'Subject')).toBe(subject);
  expect(read(head, 'To')).toBe('Änne Groß <anne@example.com>');
  expect(read(head, 'Content-Type')).toBe('text/html; charset=UTF-8');
  expect(got).toBe(text);
  expect(head).toMatch(/^[\x20-\x7e\r\n]*$/);
  for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(90);
});

test('no line break that is filled in becomes a header or a receiver', () => {
  const evil = 'x\r\nBcc: eve@example.com\n\nHello\u0000\u0085';
  const { head } = written({ to: evil, cc: evil, subject: evil, text: 'Hello' });
  expect(head.split('\r\n').map((line) => line.split(':')[0])).toEqual([
    'To',
    'Cc',
    'Subject',
    'MIME-Version',
    'Content-Type',
    'Content-Transfer-Encoding',
  ]);
});

test('names with any letters stand before their addresses, each as it is, and a long text without one takes no time', () => {
  const to =
    'Änne <anne@example.com>, Bob <bob@example.com>, "Groß, Jörg" <joerg@example.com>,Łukasz<lukasz@example.com>';
  const { head } = written({ to, text: 'Hello' });
  expect(read(head, 'To')).toBe(
    'Änne <anne@example.com>, Bob <bob@example.com>, "Groß, Jörg" <joerg@example.com>,Łukasz <lukasz@example.com>',
  );
  const writeAll = () => {
    for (const one of ['é', 'é<', 'é>', 'é,', '"é', ' é'])
      written({ to: one.repeat(100_000), cc: one.repeat(100_000), text: 'Hello' });
  };
  expect(workMs(writeAll)).toBeLessThan(2_000);
});

test.each([
  ['raw', { threadId: 't1' }, (body: Record<string, unknown>) => body.raw],
  [
    'message.raw',
    { message: { threadId: 't1' } },
    (body: { message?: { raw?: unknown } }) => body.message?.raw,
  ],
])('an email stands at %s, in base64url, beside what else the body has', (at, body, raw) => {
  const address = { baseUrl: 'https://mail.example/v1', connectionFields: [], defaultHeaders: {} };
  const outcome = buildRequest(
    address,
    template({ ...MAIL, at }, { body }),
    { to: 'anna@example.com', text: 'a?>a?>a?>' },
    {},
  );
  if (outcome.kind !== 'ready') throw new Error(outcome.message);
  const sent = JSON.parse(outcome.request.body ?? '') as Record<string, unknown>;
  expect(sent).toMatchObject(body);
  expect(raw(sent)).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(Buffer.from(`${raw(sent)}`, 'base64url').toString()).toMatch(
    /^To: anna@example.com\r\nMIME-Version: 1.0\r\n/,
  );
});
