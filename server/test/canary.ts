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
