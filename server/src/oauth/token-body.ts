/** What a token endpoint answered, read as JSON whatever its content type says, else as a form; null: neither. */
export type TokenBody = Readonly<Record<string, unknown>> | null;

export function parseTokenBody(text: string): TokenBody {
  const json = parseJson(text);
  if (json !== undefined) return isRecord(json) ? json : null;
  // RFC 6749 knows JSON alone; several still answer as drafts of it did.
  if (!/^\s*[\w.-]+=/.test(text)) return null;
  const form = new URLSearchParams(text.trim());
  return form.has('access_token') || form.has('error') ? Object.fromEntries(form) : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A parser's complaint would quote the tokens it could not read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
