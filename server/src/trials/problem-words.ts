import type { AppError } from '../lib/app-error.ts';

/** What a refusal of ours says, with the fields it is about. */
export function wordsOf(error: AppError): string {
  const fields = (error.fields ?? []).map(({ message }) => message).join(' ');
  return (
    [error.detail, fields].filter((text) => text !== undefined && text !== null && text !== '').join(' ') ||
    error.code
  );
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
