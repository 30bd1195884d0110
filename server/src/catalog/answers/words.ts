import { readPath } from './path.ts';

const SHOWN_CHARACTERS = 300;

/** Where answers usually have their words, most telling first. A file's own paths come before these. */
const USUAL_PATHS = [
  'error.message',
  'error.details',
  'error_description',
  'error.description',
  'error.code',
  'errors[0].details',
  'errors[0].detail',
  'errors[0].message',
  'message',
  'detail.message',
  'detail',
  'error',
  'errors[0]',
  'reason',
  'title',
];

/**
 * The provider's own words in a failing answer: a JSON message, else a short plain-text body. Never a page of HTML.
 * Secrets are not known here: the caller removes them.
 */
export function wordsOf(answer: { text: string; json: unknown }, paths: readonly string[]): string | null {
  for (const path of [...paths, ...USUAL_PATHS]) {
    const value = readPath(answer.json, path);
    const text = Array.isArray(value) ? value.filter((part) => typeof part === 'string').join(' ') : value;
    if (typeof text === 'string' && text.trim() !== '') return tidy(text);
  }
  if (typeof answer.json === 'string' && answer.json.trim() !== '') return tidy(answer.json);
  const isPlain = answer.json === undefined && !looksLikeHtml(answer.text);
  return isPlain && answer.text.trim() !== '' ? tidy(answer.text) : null;
}

export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype html|<html|<head|<body|<\?xml)/i.test(text.slice(0, 1000));
}

/** One line, no control or direction-changing characters, at most 300 characters. */
function tidy(text: string): string {
  const line = text
    .slice(0, 4 * SHOWN_CHARACTERS)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...line];
  if (characters.length <= SHOWN_CHARACTERS) return line;
  return `${characters.slice(0, SHOWN_CHARACTERS - 1).join('')}…`;
}
