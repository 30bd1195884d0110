import { randomBytes } from 'node:crypto';
import type { Answer } from './app.ts';

/** One secret to look for: what it is called in a finding, and how it reads. */
export interface Canary {
  name: string;
  secret: string;
}

/** Where something was found, and in which form; never the text around it. */
export interface Finding {
  place: string;
  canary: string;
  form: string;
}

/** Every form a text is kept or sent in: as it is, encoded for addresses, JSON and HTML, hex, base64 at each alignment, UTF-16. */
export function formsOf(secret: string): [form: string, text: string][] {
  const bytes = Buffer.from(secret, 'utf8');
  const inBase64 = [0, 1, 2].flatMap((offset): [string, string][] => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const isWhole = ((offset + bytes.length) * 8) % 6 === 0;
    const inner = text.slice(offset === 0 ? 0 : offset + 1, isWhole ? undefined : -1);
    const forUrls = inner.replaceAll('+', '-').replaceAll('/', '_');
    return [
      [`base64 at ${offset}`, inner],
      [`base64url at ${offset}`, forUrls],
    ];
  });
  const forms: [string, string][] = [
    ['plain', secret],
    ['in an address', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ a: secret }).toString().slice(2)],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in HTML', secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['UTF-16', Buffer.from(secret, 'utf16le').toString('latin1')],
    ...inBase64,
  ];
  return forms;
}

/** Looks for all canaries in one text or file. */
export function search(place: string, content: string | Buffer, canaries: readonly Canary[]): Finding[] {
  return canaries.flatMap(({ name, secret }) => {
    const found = formsOf(secret).find(([, text]) => content.includes(text));
    return found === undefined ? [] : [{ place, canary: name, form: found[0] }];
  });
}

/** Secrets that nobody else has, and all that was answered to whoever sent them. */
export interface Canaries {
  /** Stands in each of those that are planted. */
  mark: string;
  all: readonly Canary[];
  /** A new one; `more`: what it ends with. */
  plant(name: string, more?: string): string;
  /** One that the server made. */
  know(name: string, secret: string): void;
  /** Writes down an answer that may hold none. */
  heard(asked: Promise<Answer>): Promise<Answer>;
  transcript(): string;
}

export function createCanaries(): Canaries {
  const mark = `cnry${randomBytes(6).toString('hex')}`;
  const all: Canary[] = [];
  let transcript = '';
  const know = (name: string, secret: string) => void all.push({ name, secret });
  return {
    mark,
    all,
    know,
    plant: (name, more = '') => {
      const secret = `${mark}${name.replaceAll(/\W/g, '')}${randomBytes(9).toString('hex')}${more}`;
      know(name, secret);
      return secret;
    },
    // Cookies and the token shown once are meant for whoever asked; all else is searched.
    heard: async (asked) => {
      const answer = await asked;
      const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie');
      transcript += `${JSON.stringify(headers)}\n${answer.text}\n`;
      return answer;
    },
    transcript: () => transcript,
  };
}
