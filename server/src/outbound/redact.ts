import type { Secret } from '../lib/secret.ts';

const MASK = '[secret]';
/** Shorter ones would tear holes into ordinary words; nobody uses them as keys. */
const MIN_LENGTH = 4;

/**
 * A function that takes every given secret out of a text: all occurrences, in every form a third party may echo
 * it in (as it is, URL-encoded, JSON-escaped, HTML-escaped, hex, base64 and base64url at each alignment).
 */
export function redactor(secrets: readonly Secret<string>[]): (text: string) => string {
  // Made at first use: nearly every answer of the proxy is never shown.
  return (text) => formsOfAll(secrets).reduce(removeAll, text);
}

/** A run redacts thousands of answers with one credential: its forms are made once, and go when it goes. */
const known = new WeakMap<readonly Secret<string>[], readonly string[]>();

/** Every form a third party may echo a secret in, longest first; none shorter than 4 characters. */
export function formsOfAll(secrets: readonly Secret<string>[]): readonly string[] {
  let forms = known.get(secrets);
  if (forms === undefined) {
    forms = [...new Set(secrets.flatMap((secret) => formsOf(secret.reveal())))]
      .filter((form) => form.length >= MIN_LENGTH)
      .sort((a, b) => b.length - a.length);
    known.set(secrets, forms);
  }
  return forms;
}

function removeAll(text: string, form: string): string {
  if (text.includes(form)) return text.replaceAll(form, MASK);
  return text;
}

function formsOf(secret: string): string[] {
  if (secret.length < MIN_LENGTH) return [];
  const bytes = Buffer.from(secret, 'utf8');
  const encoded = encodeURIComponent(secret);
  return [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encoded.replaceAll('%20', '+'),
    new URLSearchParams({ s: secret }).toString().slice(2),
    ...jsonForms(secret),
    // JSON in a text of JSON: an error that quotes the request it was sent.
    ...jsonForms(secret).flatMap(jsonForms),
    htmlEscaped(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64Forms(bytes),
  ];
}

/** As the writers of several languages escape it: slashes (PHP), angle brackets and ampersands (Go), all but ASCII (Python), all. */
function jsonForms(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const escaped = [
    plain,
    escapedAs(plain, /[<>&]/g),
    escapedAs(plain, /[^\0-\x7f]/g),
    escapedAs(text, /[\s\S]/g),
  ];
  return [...new Set([...escaped, ...escaped.map((form) => form.replaceAll('/', '\\/'))])];
}

function escapedAs(text: string, characters: RegExp): string {
  return text.replace(characters, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Base64 of a text that contains the secret: the characters that the secret alone decides, at each of the three
 * offsets it can have in its group.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = offset === 0 ? 0 : offset + 1;
    const surplusBits = ((offset + bytes.length) * 8) % 6;
    const inner = padded.slice(first, surplusBits === 0 ? undefined : -1);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function htmlEscaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
