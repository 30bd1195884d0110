/** A claim as it was typed: numbers, true and false are sent as such; in double quotes, as text. */
export function claimOf(text: string): string | number | boolean {
  const typed = text.trim();
  if (typed === 'true' || typed === 'false') return typed === 'true';
  if (/^-?\d{1,15}(\.\d+)?$/.test(typed)) return Number(typed);
  return /^"(true|false|-?\d+(\.\d+)?)"$/.test(typed) ? typed.slice(1, -1) : text;
}
