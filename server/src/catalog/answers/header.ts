/** One header of an answer, whatever case a file writes its name in. `constructor` may be one, and is none where it was not sent. */
export function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(headers, lower) ? headers[lower] : undefined;
}
